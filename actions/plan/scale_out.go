package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// scaleOut adds the capacity that is in demand, the fastest and cheapest first:
// draining servers are taken back, running servers grow (in grow, later in the
// plan), and stopped servers start for the rest.
func (all *shared) scaleOut(pools []*decision) {
	each(pools, (*decision).wish)
	all.startAll(pools)
}

// wish finds what is in demand, and takes draining servers back for it.
func (d *decision) wish() {
	d.want = d.demand()
	taken := d.reclaim()
	d.lack = d.missing(d.want, d.reach)
	d.need = taken + d.lack
}

// reclaim takes draining servers back until the demand is met. Cordoned ones
// come first, since they take meetings at once.
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
		d.serves, d.reach = d.serves.Add(s.Size), d.reach.Add(d.reachOf(s))
		taken++
	}
	return taken
}

// reclaimable reports whether a draining server may be taken back. One with a
// change pending may not: that could be a stop that was given up and comes late.
func (d *decision) reclaimable(s *fleet.Server) bool {
	return (s.State == fleet.StateDraining || s.State == fleet.StateEmpty) && d.open(s) && s.Probe.Answered() && !s.Busy
}

// findNotTaken returns the servers that answer and are enabled and that the balancer
// has not taken into service in time, beyond the first of them: if the poller is
// dead or starved, no other server that starts would be taken either, so they go
// on counting for the demand that they were started for. The first is replaced,
// since it may be the one that is sick. So are those that the balancer left out
// while it took others that came after them.
func (all *shared) findNotTaken() []*fleet.Server {
	var taken time.Time // when the balancer took a server last
	var out []*fleet.Server
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if s.State == fleet.StateActive && s.Record.At.After(taken) {
			taken = s.Record.At
		}
	}
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if s.State == fleet.StateDown && s.Record.Aim == fleet.AimServe && s.Balancer.State == fleet.Enabled &&
			s.Probe.Answered() && s.Record.At.After(taken) {
			out = append(out, s)
		}
	}
	if len(out) < 2 {
		return nil
	}
	all.limit(fleet.HoldPoller, "poller: %d servers answer and are enabled, and the balancer does not take them: is its poller running, with threads enough?", len(out))
	return out[1:]
}

// startAll starts stopped servers for what the pools lack. They take turns, so that
// none uses up what they share, and what their floors lack comes before all else.
func (all *shared) startAll(pools []*decision) {
	off := map[string][]*fleet.Server{}
	for _, d := range pools {
		if d.lack > 0 {
			off[d.pool] = d.stopped()
		}
	}
	for _, lacks := range []func(*decision) bool{(*decision).lacksFloor, (*decision).lacks} {
		for turn := true; turn; {
			turn = false
			for _, d := range pools {
				if lacks(d) && len(off[d.pool]) > 0 && all.mayStart() {
					d.startNext(off[d.pool][0])
					off[d.pool], turn = off[d.pool][1:], true
				}
			}
		}
	}
	each(pools, (*decision).tellLack)
}

// lacks reports whether the pool wants another server to start.
func (d *decision) lacks() bool { return d.lack > 0 }

// lacksFloor reports whether it wants one for its floor.
func (d *decision) lacksFloor() bool { return d.lack > 0 && d.active+d.coming < d.floor }

// startNext starts a server for what is in demand, if there is room for it.
func (d *decision) startNext(s *fleet.Server) {
	if d.start(s, d.want.alerts, "%s", d.want.why) {
		d.lack--
	}
}

// tellLack notes that servers are in demand and none is left to start.
func (d *decision) tellLack() {
	other := func(h fleet.Hold) bool { return h.Kind != fleet.HoldFleet }
	if d.lack > 0 && d.mayStart() && !slices.ContainsFunc(d.plan.Limits, other) && len(d.v.Servers) > 0 {
		d.note(d.hold(fleet.HoldFleet, "fleet: "+fleet.Plural(d.lack, "more server is", "more servers are")+" wanted, and none is left to start"))
	}
}

// start plans the start of one server, unless the contract or the budget has no
// room for it. Every start is planned here, so that the ceiling, the max step,
// the contract and the totals hold for all of them; callers ask mayStart first.
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

// mayStart reports whether the ceiling and the max step allow one more start.
func (all *shared) mayStart() bool {
	if c := all.cfg.Capacity.Ceiling; c > 0 && all.on >= c {
		all.limit(fleet.HoldCeiling, "ceiling: %d servers on, of at most %d", all.on, c)
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

// stopped returns the servers that may be started. Datacenters take turns, the
// one with the fewest changes under way first; within one, the servers that
// failed least come first, then those that have been off longest.
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
			return cmp.Or(cmp.Compare(a.Record.Failures, b.Record.Failures), a.Record.At.Compare(b.Record.At))
		})
	}
	return takeTurns(byDC, busy)
}

// takeTurns merges the lists so that the datacenter with the fewest taken so
// far is always next.
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

// warm enables started servers once BigBlueButton itself answers.
func (d *decision) warm() {
	d.each(fleet.StateWarming, func(s *fleet.Server) {
		switch {
		case s.Balancer.State == fleet.Enabled:
			d.say(s, "enabled; waits for the balancer's next poll")
		case s.Probe.Answered():
			d.step(s, fleet.Enable, fleet.AimServe, fleet.Size{}, nil, "BigBlueButton answers: into service")
		default:
			d.say(s, "waits for BigBlueButton to answer, until %s",
				fleet.Clock(s.Record.At.Add(d.cfg.Deadlines.Warm)))
		}
	})
}
