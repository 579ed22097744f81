package actions_test

import (
	"fmt"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// arrived is the last write of a kind for a server.
type arrived struct {
	intention string // what identifies it in the server's record
	done      string
	seq       uint64 // of the newest journal entry about the server at that time
}

// arrives checks a write when the cloud or the balancer gets it: the store has the
// intention, the last write of this kind for the server was not for it, either, and that
// write is not repeated while the server is as it made it. A state may be written again
// after the intention to write another one, which may never have been sent. intended returns what identifies
// the intention in the server's record, or "", and what the server is for afterwards.
func (check *promiseChecker) arrives(r sim.Reading, kind, to string, holds bool, intended func(fleet.Record) (intention string, aim fleet.Aim)) {
	m, err := check.fx.store.Load(check.fx.t.Context())
	must(check.fx.t, err)
	intention, aim := intended(m.Records[r.ID])
	lines, err := check.fx.store.Journal(check.fx.t.Context(), 1<<20, r.ID)
	must(check.fx.t, err)
	now := arrived{check.epoch() + intention, to + " " + string(aim), 0}
	if len(lines) > 0 {
		now.seq = lines[0].Seq
	}
	check.mu.Lock()
	last := check.arrived[r.ID+kind]
	check.arrived[r.ID+kind] = now
	check.mu.Unlock()
	switch {
	case intention == "":
		check.say(r, "%s without an intention in the store", to)
	case last.intention == now.intention:
		check.say(r, "%s twice for one intention", to)
	case last.done == now.done && holds && (kind != "state" || !slices.ContainsFunc(lines, last.undoneBy(to))):
		check.say(r, "%s although that was done already", to)
	}
}

// undoneBy returns whether an entry of the journal begins to write another state than the
// given one to the balancer after the write a arrived.
func (a arrived) undoneBy(state string) func(fleet.Entry) bool {
	return func(e fleet.Entry) bool {
		other := e.Step.Kind.BalancerState()
		return e.Seq > a.seq && e.Outcome == fleet.Begun && other != "" && string(other) != state
	}
}

// epoch returns the epoch of the daemon that leads a pair. Intentions have the time of the
// daemon that has them, and two daemons whose clocks differ may have two with one time.
func (check *promiseChecker) epoch() string {
	if check.fx.pair == nil {
		return ""
	}
	newest, err := check.fx.pair.shared.Newest(check.fx.t.Context())
	must(check.fx.t, err)
	return fmt.Sprintf("epoch %d: ", newest.Epoch)
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
