package plan

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// count computes the totals of the view.
func (d *decision) count() {
	d.on = d.v.Unknown
	if d.v.Contract != nil {
		d.free = *d.v.Contract
	}
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		switch {
		case serving(s):
			d.active++
		case coming(s):
			d.coming++
		}
		if (serving(s) || coming(s)) && !d.unmeasured(s) {
			d.serves, d.reach = d.serves.Add(s.Size), d.reach.Add(d.reachOf(s))
		}
		if leaving(s) {
			d.leaving++
		}
		if s.Power != fleet.PowerOff || s.InFlight(fleet.Start) {
			d.on++
			d.used = d.used.Add(s.Size)
		}
		if s.InFlight(fleet.Grow) {
			d.used = d.used.Add(pending(s))
		}
		d.free.Free = d.free.Free.Sub(pending(s))
	}
	for _, s := range d.notTaken() {
		d.coming++
		d.reach = d.reach.Add(d.reachOf(s))
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
func (d *decision) unmeasured(s *fleet.Server) bool {
	return len(s.AlertsAsking(d.cfg.Asks, rules.AskDisable)) > 0
}

// usable returns the number of servers that the scaler may use: all except the
// excluded, unjoined and manual ones.
func usable(servers []fleet.Server) (n int) {
	for i := range servers {
		switch servers[i].State {
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
func (d *decision) fits(more fleet.Size) bool {
	if d.v.Contract != nil && !more.Fits(d.free.Free) {
		return false
	}
	total, b := d.used.Add(more), d.cfg.Fleet.Budget
	return (b.Cores == 0 || total.Cores <= b.Cores) && (b.RAM == 0 || total.RAM <= b.RAM)
}

// take reserves the additional size more in the contract and the budget for a step
// of this plan.
func (d *decision) take(more fleet.Size) {
	d.free.Free = d.free.Free.Sub(more)
	d.used = d.used.Add(more)
}
