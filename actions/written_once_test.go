package actions_test

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// arrives checks a write when the cloud or the balancer gets it: the store has the
// intention, no write has arrived for it before, and it does not repeat the last write of
// this kind for the server while the server is as that one made it. intended returns what
// identifies the intention in the server's record, or "", and what the server is for
// afterwards.
func (check *promiseChecker) arrives(r sim.Reading, kind, to string, holds bool, intended func(fleet.Record) (key string, aim fleet.Aim)) {
	m, err := check.fx.store.Load(check.fx.t.Context())
	must(check.fx.t, err)
	key, aim := intended(m.Records[r.ID])
	done := to + " " + string(aim)
	check.mu.Lock()
	twice, again := check.arrived[r.ID+key] != "", check.arrived[r.ID+kind] == done
	check.arrived[r.ID+key], check.arrived[r.ID+kind] = done, done
	check.mu.Unlock()
	switch {
	case key == "":
		check.say(r, "%s without an intention in the store", to)
	case twice:
		check.say(r, "%s twice for one intention", to)
	case again && holds:
		check.say(r, "%s although that was done already", to)
	}
}

// inFlight returns what identifies the step in flight, if it is one of the kinds.
func inFlight(kinds ...fleet.Kind) func(fleet.Record) (string, fleet.Aim) {
	return func(r fleet.Record) (string, fleet.Aim) {
		for _, k := range kinds {
			if r.InFlight(k) {
				return string(k) + r.Flight.At.String(), ""
			}
		}
		return "", ""
	}
}

// wrote returns what identifies the last write to the balancer, if it was of the state,
// and its aim: a server that is enabled to be cordoned again, since its cordon got lost,
// may be needed immediately afterwards, and is enabled to serve.
func wrote(to fleet.BalancerState) func(fleet.Record) (string, fleet.Aim) {
	return func(r fleet.Record) (string, fleet.Aim) {
		if r.Wrote != to {
			return "", ""
		}
		return string(to) + r.WroteAt.String(), r.Aim
	}
}
