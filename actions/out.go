package actions

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// scaleOut adds servers: first those that drain are taken back, which is
// instant and free, then sleeping ones are started.
func (d *decision) scaleOut() {
	need, why, alerts := d.need()
	d.plan.Need = need
	if need <= 0 {
		return
	}
	need -= d.reclaim(need, why, alerts)
	if need > 0 {
		d.start(need, why, alerts)
	}
}

// need is how many servers are wanted beyond those in service or on their way:
// the most that the floor or any alert asks for.
func (d *decision) need() (need int, why string, alerts []Alert) {
	have := d.active + d.coming
	need, why = d.floor-have, fmt.Sprintf("floor of %d active servers, %d in service or on their way", d.floor, have)
	for _, a := range d.asks {
		n, because := d.needOf(a)
		if n > need {
			need, why, alerts = n, because, []Alert{a}
		}
	}
	return need, why, alerts
}

// needOf is how many more servers bring the fleet's workload to the middle of
// its band, by what the alert carries; one at a time if it carries nothing.
func (d *decision) needOf(a Alert) (int, string) {
	th := d.cfg.Thresholds
	switch a.Name {
	case rules.FleetBelowMinimum:
		return 0, "" // the floor is counted by ourselves
	case rules.FleetCPUHigh:
		return d.needFor("CPU", a.Value(), th.CPU, a)
	case rules.FleetMemoryHigh:
		return d.needFor("memory", a.Value(), th.Memory, a)
	case rules.FleetForecastHigh:
		cpu, why := d.needFor("forecast CPU", a.Annotation(rules.AnnotationCPU), th.CPU, a)
		if memory, because := d.needFor("forecast memory", a.Annotation(rules.AnnotationMemory), th.Memory, a); memory > cpu {
			return memory, because
		}
		return cpu, why
	}
	return 1 - d.coming, a.Name + " asks for another server"
}

func (d *decision) needFor(what string, workload float64, band rules.Band, a Alert) (int, string) {
	if !known(workload) || workload <= 0 {
		return 1 - d.coming, fmt.Sprintf("%s carries no %s workload: one more server", a.Name, what)
	}
	measured := d.activeAt(a.SeenAt)
	total := int(math.Ceil(float64(measured)*workload/band.Middle() - 1e-9))
	return total - d.active - d.coming, fmt.Sprintf("fleet's %s workload %.2f on %d servers: %d bring it to %.2f",
		what, workload, measured, total, band.Middle())
}

// measureDelay is how long before an alert was seen its value had been
// measured: about two scrapes and an evaluation, which keep the pace of the
// looks (one minute by default).
func (d *decision) measureDelay() time.Duration { return 2 * d.cfg.Fleet.EvaluationInterval }

// activeAt is how many servers were in service when a value seen at t had been
// measured. Without it, capacity added since would be counted as load.
func (d *decision) activeAt(t time.Time) int {
	n := d.active
	for i := len(d.v.Active) - 1; i >= 0; i-- {
		n = d.v.Active[i].N
		if !d.v.Active[i].At.After(t.Add(-d.measureDelay())) {
			break
		}
	}
	return max(1, n)
}

// reclaim takes draining servers back: first the cordoned ones, whose meetings
// come again at once.
func (d *decision) reclaim(need int, why string, alerts []Alert) (taken int) {
	var back []*Server
	for i := range d.v.Servers {
		if s := &d.v.Servers[i]; d.reclaimable(s) {
			back = append(back, s)
		}
	}
	slices.SortStableFunc(back, func(a, b *Server) int { return cmp.Compare(rank(a), rank(b)) })
	for _, s := range back[:min(need, len(back))] {
		d.step(s, Reclaim, AimServe, Size{}, alerts, "taken back from draining: %s", why)
		d.leaving--
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
