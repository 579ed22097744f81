package plan

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// findNotTaken returns the servers that answer and are enabled, but that the balancer
// has not brought online before their deadline, except for the first of them. If
// the balancer's poller has stopped or is too slow, further servers would not come
// online either, so the returned ones still count as capacity on its way and are
// not replaced. The first is replaced, since the fault may be its own. Servers that
// the balancer skipped while it brought later ones online are replaced, too.
func (all *shared) findNotTaken() []*fleet.Server {
	taken := all.lastTaken()
	var out []*fleet.Server
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if s.NotTaken() && s.Record.At.After(taken) {
			out = append(out, s)
		}
	}
	if len(out) < 2 {
		return nil
	}
	all.limit(fleet.HoldPoller, "poller: %d servers answer and are enabled, but the balancer does not bring them online: check that its poller runs and has enough threads", len(out))
	return out[1:]
}

// lastTaken returns when the last server came into service.
func (all *shared) lastTaken() (taken time.Time) {
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if s.State == fleet.StateActive && s.Record.At.After(taken) {
			taken = s.Record.At
		}
	}
	return taken
}

// giveBack drains the servers that the balancer does not bring online, once the fleet's
// workload is low: nobody can use them. That too many servers are not seen does not keep
// them, since they are among these.
func (d *decision) giveBack() {
	d.each(fleet.StateDown, func(s *fleet.Server) {
		switch {
		case !s.NotTaken():
		case d.givesBack(s):
			d.step(s, fleet.Cordon, fleet.AimDrain, fleet.Size{}, d.low, "the balancer has not brought it online, and the fleet does not need it")
		default:
			d.say(s, "BigBlueButton answers and the server is enabled, but the balancer has not brought it online: "+
				"check that the balancer's poller runs and reaches the server")
		}
	})
}

// givesBack reports whether the fleet can do without a server that is not in service.
func (d *decision) givesBack(s *fleet.Server) bool {
	kept := slices.ContainsFunc(d.brakes, func(h fleet.Hold) bool { return h.Kind != fleet.HoldUnseen })
	return len(d.low) > 0 && d.active >= d.floor && !kept && s.HoldIn == "" && !s.Busy && s.Probe.Empty()
}

// skipped returns 1 if the balancer did not bring the server online the last time, or 0.
func skipped(s *fleet.Server) int {
	if s.Record.Skipped {
		return 1
	}
	return 0
}
