package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// scaleOut adds capacity, what comes first and costs least first: servers that
// drain are taken back, those that run are grown (by grow, later in the plan),
// and only what that leaves is started.
func (d *decision) scaleOut() {
	d.want = d.wanted()
	taken := d.reclaim()
	need := d.missing(d.want, d.reach)
	d.plan.Need = taken + need
	if need > 0 {
		d.start(need, d.want.why, d.want.alerts)
	}
}

// reclaim takes draining servers back: first the cordoned ones, whose meetings
// come again at once.
func (d *decision) reclaim() (taken int) {
	var back []*Server
	for i := range d.v.Servers {
		if s := &d.v.Servers[i]; d.reclaimable(s) {
			back = append(back, s)
		}
	}
	slices.SortStableFunc(back, func(a, b *Server) int { return cmp.Compare(rank(a), rank(b)) })
	for _, s := range back {
		if d.missing(d.want, d.serves) == 0 {
			break
		}
		d.step(s, Reclaim, AimServe, Size{}, d.want.alerts, "taken back from draining: %s", d.want.why)
		d.leaving--
		d.coming++
		d.serves, d.reach = d.serves.Add(s.Size), d.reach.Add(d.atMost(s))
		taken++
	}
	return taken
}

func rank(s *Server) int {
	if s.Balancer.State == Disabled {
		return 1
	}
	return 0
}

// reclaimable reports whether a draining server may be taken back. One with a
// change pending may not: it could be a stop that was given up and comes late.
func (d *decision) reclaimable(s *Server) bool {
	return (s.State == StateDraining || s.State == StateEmpty) && d.idle(s) && s.Probe.answered() && !s.Busy
}

// start switches sleeping servers on, spread over the datacenters, as far as
// max step, ceiling, contract and the number of servers allow.
func (d *decision) start(need int, why string, alerts []Alert) {
	room := d.room(need)
	for _, s := range d.sleeping() {
		if room == 0 {
			return
		}
		if !d.fits(s.Size) {
			d.limit("contract: no room for another " + s.Size.String())
			d.say(s, "off: the contract or the budget has no room for %s", s.Size)
			continue
		}
		d.take(s.Size)
		d.step(s, Start, AimServe, Size{}, alerts, "%s", why)
		d.on++
		d.coming++
		room--
	}
	if room > 0 && len(d.plan.Limits) == 0 && len(d.v.Servers) > 0 {
		d.limit("fleet: " + plural(room, "more server is", "more servers are") + " wanted, and none is left to start")
	}
}

// room is how many servers may start now.
func (d *decision) room(need int) int {
	room := need
	if c := d.cfg.Capacity.Ceiling; c > 0 && c-d.on < room {
		room = max(0, c-d.on)
		d.limit(fmt.Sprintf("ceiling: %d servers on, of at most %d", d.on, c))
	}
	recent := 0
	for _, at := range d.v.Fleet.Outs {
		if d.v.Now.Sub(at) < d.cfg.Cooldowns.Out {
			recent++
		}
	}
	return min(room, max(0, d.cfg.Capacity.MaxStep-recent))
}

func (d *decision) limit(what string) {
	if !slices.Contains(d.plan.Limits, what) {
		d.plan.Limits = append(d.plan.Limits, what)
	}
}

// sleeping returns the servers that may be started, ordered so that the
// datacenters with the least under way come first and take turns; within one,
// those that failed least, then those that have slept longest.
func (d *decision) sleeping() []*Server {
	busy := map[string]int{}
	byDC := map[string][]*Server{}
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		if s.Record.Flight != nil || s.Busy {
			busy[s.Datacenter]++
		}
		if s.State == StateOff && d.idle(s) && !s.Busy {
			byDC[s.Datacenter] = append(byDC[s.Datacenter], s)
		}
	}
	for _, list := range byDC {
		slices.SortStableFunc(list, func(a, b *Server) int {
			return cmp.Or(cmp.Compare(a.Record.Failures, b.Record.Failures), a.Record.At.Compare(b.Record.At))
		})
	}
	return takeTurns(byDC, busy)
}

// takeTurns merges the lists so that the datacenter with the least taken so
// far is always next.
func takeTurns(byDC map[string][]*Server, taken map[string]int) (out []*Server) {
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
