package plan

import (
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// onlyFloor reports whether only the floor keeps the server in service.
func (d *decision) onlyFloor(s *fleet.Server) bool {
	return d.active <= d.floor && len(d.brakes) == 0 && s.HoldIn == ""
}

// mustReplace reports whether the floor needs another server in place of s, now or once
// the servers have left that the load does not need. stay servers keep their size. A
// substitute that starts before the others stop saves a start after them.
func (d *decision) mustReplace(s *fleet.Server, stay int) bool {
	if len(d.brakes) > 0 || s.HoldIn != "" || stay+d.coming >= d.floor {
		return false
	}
	keep, _ := d.keep()
	return d.active <= d.floor || keep.Fits(d.room(d.settled()).Times(d.floor))
}

// tooLarge reports whether a running server should shrink: nobody is on it, it is in
// service for Cooldowns.Shrink, and it is larger than what it will need.
func (d *decision) tooLarge(s *fleet.Server, need fleet.Size) bool {
	return d.open(s) && d.oversized(s) && s.Balancer.LoadKnown && (s.Balancer.Load == 0 || d.idles(s)) && smaller(need, s) &&
		d.v.Now.Sub(s.Record.Since) >= d.cfg.Cooldowns.Shrink
}

// idles reports whether both the CPU and the memory workload of the server are low. A
// balancer whose poller does not reach the server keeps the load of all meetings that it
// has ever placed on it.
func (d *decision) idles(s *fleet.Server) bool {
	low := s.AlertsAsking(d.cfg.Asks, rules.AskShrink)
	return slices.ContainsFunc(low, ofCPU) && slices.ContainsFunc(low, ofMemory)
}

// settled returns the size that each of the servers which the floor asks for needs to
// carry the load in the alerts that ask for less capacity. The balancer spreads meetings
// by their number, so that all of them need the same. A substitute grows to it before
// BigBlueButton answers on it.
func (d *decision) settled() fleet.Size {
	keep, _ := d.keep()
	return d.equal(keep, d.floor)
}

// smaller reports whether a server of size saves at least a quarter of the cores or of
// the RAM of s. For less, a start and a drain are not worth it.
func smaller(size fleet.Size, s *fleet.Server) bool {
	return 4*size.Cores <= 3*s.Size.Cores || 4*size.RAM <= 3*s.Size.RAM
}

// exchange starts a server to replace s, which the floor does not allow to drain. It
// says that s waits to do something, and what becomes of it. No exchange begins while
// other servers are on their way into service, and none if s could not drain after it
// either: the new server would be drained instead, and the next exchange would begin.
func (d *decision) exchange(s *fleet.Server, low []fleet.Alert, to, then string) {
	substitute := *s
	substitute.Size = d.cfg.Sizes.Default
	reach := d.without(s).Add(d.room(d.reachOf(&substitute)))
	keep, why := d.keep()
	if !keep.Fits(reach) {
		d.say(s, "waits to %s: with a server of %s instead of it, %s", to, substitute.Size, why)
		return
	}
	if calm := d.lastStop.Add(d.cfg.Cooldowns.Shrink); d.v.Now.Before(calm) {
		d.say(s, "waits to %s: another server may replace it from %s on, since one was stopped before", to, fleet.Clock(calm))
		return
	}
	d.say(s, "waits to %s until another server has replaced it", to)
	if d.coming > d.exchanges || d.need > 0 {
		return
	}
	for _, other := range d.stopped() {
		if !d.oversized(other) && !other.Record.Skipped && d.mayStart() && d.start(other, low, "replaces %s, which will be %s", s.Name, then) {
			d.exchanges, d.reach = d.exchanges+1, reach
			return
		}
	}
}

// without returns the total room of the servers in service and on their way into
// service without s, once they have grown.
func (d *decision) without(s *fleet.Server) fleet.Size { return d.reach.Sub(d.room(d.reachOf(s))) }
