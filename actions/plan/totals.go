package plan

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// count computes what the servers of all pools have together.
func (all *shared) count() {
	all.on = all.v.Unknown
	if c := all.v.Contract; c != nil {
		all.free = *c
		all.cfg.Sizes = all.cfg.Sizes.Within(c.PerServer)
	}
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if s.Power != fleet.PowerOff || s.InFlight(fleet.Start) {
			all.on++
			all.used = all.used.Add(s.Size)
		}
		if s.InFlight(fleet.Grow) {
			all.used = all.used.Add(pending(s))
		}
		all.free.Free = all.free.Free.Sub(pending(s))
	}
	all.notTaken = all.findNotTaken()
}

// count computes the totals of the pool.
func (d *decision) count() {
	for _, s := range d.servers {
		switch {
		case serving(s):
			d.active++
		case coming(s):
			d.coming++
		}
		switch unheard := (serving(s) || coming(s)) && d.unmeasured(s); {
		case unheard && serving(s):
			d.unheard++
		case !unheard && (serving(s) || coming(s)):
			d.serves, d.reach = d.serves.Add(d.room(s.Size)), d.reach.Add(d.room(d.reachOf(s)))
		}
		if leaving(s) {
			d.leaving++
		}
		if s.State == fleet.StateDraining {
			d.draining++
		}
		d.noteStop(s)
	}
	d.countNotTaken()
}

// noteStop notes when the scaler stopped the server: now while it stops it.
func (d *decision) noteStop(s *fleet.Server) {
	switch r := s.Record; {
	case s.InFlight(fleet.Stop):
		d.lastStop = d.v.Now
	case r.Aim == fleet.AimOff && r.At.After(d.lastStop):
		d.lastStop = r.At
	}
}

// countNotTaken counts the servers that the balancer does not bring online as coming.
func (d *decision) countNotTaken() {
	for _, s := range d.notTaken {
		if s.Pool() == d.pool {
			d.coming++
			d.reach = d.reach.Add(d.room(d.reachOf(s)))
		}
	}
}

// serving reports whether the server is in service.
func serving(s *fleet.Server) bool { return s.State == fleet.StateActive }

// coming reports whether the server is on its way into service.
func coming(s *fleet.Server) bool {
	return s.State == fleet.StateStarting || s.State == fleet.StateWarming
}

// leaving reports whether the scaler drains the server and it still runs.
func leaving(s *fleet.Server) bool {
	return s.Record.Aim == fleet.AimDrain && s.Power != fleet.PowerOff
}

// unmeasured reports whether Prometheus cannot scrape the server, so that the
// fleet's measured load does not include it.
func (all *shared) unmeasured(s *fleet.Server) bool {
	return len(s.AlertsAsking(all.cfg.Asks, rules.AskDisable)) > 0
}

// usable returns the number of servers that the scaler may use: all except the
// excluded, unjoined and manual ones.
func usable(servers []*fleet.Server) (n int) {
	for _, s := range servers {
		switch s.State {
		case fleet.StateExcluded, fleet.StateUnjoined, fleet.StateManual:
		default:
			n++
		}
	}
	return n
}

// pending returns the size that a step in flight takes from the contract and that
// the cloud's list does not show yet.
func pending(s *fleet.Server) fleet.Size {
	switch {
	case s.InFlight(fleet.Start) && s.Power == fleet.PowerOff:
		return s.Size
	case s.InFlight(fleet.Grow):
		return s.Record.Flight.Step.To.Sub(s.Size)
	}
	return fleet.Size{}
}

// fits reports whether the contract and the configured budget have room for the
// additional size more.
func (all *shared) fits(more fleet.Size) bool {
	if all.v.Contract != nil && !more.Fits(all.free.Free) {
		return false
	}
	total, b := all.used.Add(more), all.cfg.Fleet.Budget
	return (b.Cores == 0 || total.Cores <= b.Cores) && (b.RAM == 0 || total.RAM <= b.RAM)
}

// take reserves the additional size more in the contract and the budget for a step
// of this plan.
func (all *shared) take(more fleet.Size) {
	all.free.Free = all.free.Free.Sub(more)
	all.used = all.used.Add(more)
}
