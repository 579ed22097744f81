package actions_test

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// arrives checks a write when the cloud or the balancer gets it: the store has the
// intention, no write has arrived for it before, and it does not repeat the last write of
// this kind for the server while the server is as that one made it. intended returns what
// identifies the intention in the server's record, or "".
func (check *promiseChecker) arrives(r sim.Reading, kind, aim string, holds bool, intended func(fleet.Record) string) {
	m, err := check.fx.store.Load(check.fx.t.Context())
	must(check.fx.t, err)
	key := intended(m.Records[r.ID])
	check.mu.Lock()
	twice, again := check.arrived[r.ID+key] != "", check.arrived[r.ID+kind] == aim
	check.arrived[r.ID+key], check.arrived[r.ID+kind] = aim, aim
	check.mu.Unlock()
	switch {
	case key == "":
		check.say(r, "%s without an intention in the store", aim)
	case twice:
		check.say(r, "%s twice for one intention", aim)
	case again && holds:
		check.say(r, "%s although that was done already", aim)
	}
}

// inFlight returns what identifies the step in flight, if it is one of the kinds.
func inFlight(kinds ...fleet.Kind) func(fleet.Record) string {
	return func(r fleet.Record) string {
		for _, k := range kinds {
			if r.InFlight(k) {
				return string(k) + r.Flight.At.String()
			}
		}
		return ""
	}
}

// wrote returns what identifies the last write to the balancer, if it was of the state.
func wrote(to fleet.BalancerState) func(fleet.Record) string {
	return func(r fleet.Record) string {
		if r.Wrote != to {
			return ""
		}
		return string(to) + r.WroteAt.String()
	}
}
