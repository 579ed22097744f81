package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// scaleOut plans the missing capacity, the fastest and cheapest first: it takes
// draining servers back, leaves to grow what running servers can add, and starts
// stopped servers for the rest.
func (all *shared) scaleOut(pools []*decision) {
	each(pools, (*decision).wish)
	all.startAll(pools)
}

// wish computes the demand of the pool, and takes draining servers back for it.
func (d *decision) wish() {
	d.want = d.demand()
	taken := d.reclaim()
	d.lack = d.missing(d.want, d.reach)
	d.need = taken + d.lack
}

// reclaim takes draining servers back until the demand is met, and returns how many.
// Cordoned servers come before disabled ones.
func (d *decision) reclaim() (taken int) {
	var back []*fleet.Server
	for _, s := range d.servers {
		if d.reclaimable(s) {
			back = append(back, s)
		}
	}
	disabled := func(s *fleet.Server) int {
		if s.Balancer.State == fleet.Disabled {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(back, func(a, b *fleet.Server) int { return cmp.Compare(disabled(a), disabled(b)) })
	for _, s := range back {
		if d.missing(d.want, d.serves) == 0 {
			break
		}
		d.step(s, fleet.Reclaim, fleet.AimServe, fleet.Size{}, d.want.alerts, "taken back from draining: %s", d.want.why)
		d.leaving--
		d.coming++
		d.serves, d.reach = d.serves.Add(d.room(s.Size)), d.reach.Add(d.room(d.reachOf(s)))
		taken++
	}
	return taken
}

// reclaimable reports whether a draining server may be taken back. One with a
// pending change may not: the change could be a stop that failed at its deadline
// and is still carried out.
func (d *decision) reclaimable(s *fleet.Server) bool {
	return (s.State == fleet.StateDraining || s.State == fleet.StateEmpty) && d.open(s) && s.Probe.Answered() && !s.Busy
}

// startAll plans the starts that the pools need, spread over the datacenters. The
// pools take turns, so that one does not use up a limit that they share, and all
// floors are filled before anything else.
func (all *shared) startAll(pools []*decision) {
	off := map[string][]*fleet.Server{}
	for _, d := range pools {
		if d.lack > 0 {
			off[d.pool] = d.stopped()
		}
	}
	for _, lacks := range []func(*decision) bool{(*decision).lacksFloor, (*decision).lacks} {
		for all.takeTurn(pools, off, lacks) {
		}
	}
	each(pools, (*decision).tellLack)
}

// takeTurn lets each pool that lacks a start try its next stopped server, and reports
// whether any did.
func (all *shared) takeTurn(pools []*decision, off map[string][]*fleet.Server, lacks func(*decision) bool) (tried bool) {
	for _, d := range pools {
		if lacks(d) && len(off[d.pool]) > 0 && all.mayStart() {
			d.startNext(off[d.pool][0])
			off[d.pool], tried = off[d.pool][1:], true
		}
	}
	return tried
}

// lacks reports whether the pool needs another start.
func (d *decision) lacks() bool { return d.lack > 0 }

// lacksFloor reports whether the pool needs another start for its floor.
func (d *decision) lacksFloor() bool { return d.lack > 0 && d.active+d.coming < d.floor }

// startNext plans the start of a server, unless the contract or the budget has no room.
func (d *decision) startNext(s *fleet.Server) {
	if d.start(s, d.want.alerts, "%s", d.want.why) {
		d.lack--
	}
}

// tellLack adds the limit that no stopped server of the pool is left to start.
func (d *decision) tellLack() {
	other := func(h fleet.Hold) bool { return h.Kind != fleet.HoldFleet }
	if d.lack > 0 && d.mayStart() && !slices.ContainsFunc(d.plan.Limits, other) && len(d.v.Servers) > 0 {
		d.note(d.hold(fleet.HoldFleet, "fleet: "+fleet.Plural(d.lack, "more server is", "more servers are")+" needed, but no stopped server is left to start"+d.leftToPeople()))
	}
}

// leftToPeople names the number of servers that were stopped by somebody else and
// could start if they were released.
func (d *decision) leftToPeople() string {
	n := 0
	for _, s := range d.servers {
		if s.State == fleet.StateManual && s.Power == fleet.PowerOff {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %s stopped by somebody else could be released with bbb-scaler release", fleet.Plural(n, "server", "servers"))
}

// start plans the start of one server and returns true, unless the contract or the
// budget has no room for it. Every start is planned here, so that the contract and
// the totals are right for all of them. Callers check mayStart first.
func (d *decision) start(s *fleet.Server, alerts []fleet.Alert, format string, args ...any) bool {
	if !d.fits(s.Size) {
		d.limit(fleet.HoldContract, "contract: no room for another %s", s.Size)
		d.say(s, "off: the contract or the budget has no room for %s", s.Size)
		return false
	}
	d.take(s.Size)
	d.step(s, fleet.Start, fleet.AimServe, fleet.Size{}, alerts, format, args...)
	d.on++
	d.coming++
	d.starts++
	return true
}

// mayStart reports whether Capacity.Ceiling and Capacity.MaxStep allow one more
// start.
func (all *shared) mayStart() bool {
	if c := all.cfg.Capacity.Ceiling; c > 0 && all.on >= c {
		all.limit(fleet.HoldCeiling, "ceiling: %d servers are on, at most %d are allowed", all.on, c)
		return false
	}
	recent := 0
	for _, at := range all.v.Fleet.Outs {
		if all.v.Now.Sub(at) < all.cfg.Cooldowns.Out {
			recent++
		}
	}
	return all.starts+recent < all.cfg.Capacity.MaxStep
}

// stopped returns the servers that may be started, in the order in which to start
// them. The datacenters alternate, starting with the one that has the fewest changes
// in progress. Within a datacenter, servers with fewer failures come first, then those
// that the balancer did not skip the last time, then those that have been off longer.
func (d *decision) stopped() []*fleet.Server {
	busy := map[string]int{}
	byDC := map[string][]*fleet.Server{}
	for i := range d.v.Servers {
		if s := &d.v.Servers[i]; s.Record.Flight != nil || s.Busy {
			busy[s.Datacenter]++
		}
	}
	for _, s := range d.servers {
		if s.State == fleet.StateOff && d.open(s) && !s.Busy {
			byDC[s.Datacenter] = append(byDC[s.Datacenter], s)
		}
	}
	for _, list := range byDC {
		slices.SortStableFunc(list, func(a, b *fleet.Server) int {
			return cmp.Or(cmp.Compare(a.Record.Failures, b.Record.Failures), cmp.Compare(skipped(a), skipped(b)), a.Record.At.Compare(b.Record.At))
		})
	}
	return takeTurns(byDC, busy)
}

// takeTurns merges the lists of the datacenters. The next server is always one of
// the datacenter with the lowest count in taken, which takeTurns increments.
func takeTurns(byDC map[string][]*fleet.Server, taken map[string]int) (out []*fleet.Server) {
	for len(byDC) > 0 {
		next := ""
		for dc := range byDC {
			if next == "" || cmp.Or(cmp.Compare(taken[dc], taken[next]), strings.Compare(dc, next)) < 0 {
				next = dc
			}
		}
		out = append(out, byDC[next][0])
		taken[next]++
		if byDC[next] = byDC[next][1:]; len(byDC[next]) == 0 {
			delete(byDC, next)
		}
	}
	return out
}

// warm enables started servers once BigBlueButton answers on them.
func (d *decision) warm() {
	d.each(fleet.StateWarming, func(s *fleet.Server) {
		switch {
		case s.Balancer.State == fleet.Enabled:
			d.say(s, "enabled; waits for the next poll of the balancer")
		case s.Probe.Answered():
			d.step(s, fleet.Enable, fleet.AimServe, fleet.Size{}, nil, "BigBlueButton answers: enabled")
		default:
			d.say(s, "waits for BigBlueButton to answer, until %s",
				fleet.Clock(s.Record.At.Add(d.cfg.Deadlines.Warm)))
		}
	})
}
