package actions

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// grow gives servers more cores and RAM, in one step: busy ones as much as
// brings their workload down to its target, and all of them what the fleet's
// load asks for. A server that starts grows before BigBlueButton is up on it.
// One that drains is grown for those who are still on it, by drain.
func (d *decision) grow() {
	level := d.level()
	d.each(StateActive, func(s *Server) {
		if high := s.toGrow(d.cfg.Asks); len(high) > 0 {
			d.growBusy(s, high, s.plugged(level))
		} else {
			d.growTo(s, level)
		}
	})
	d.each(StateWarming, func(s *Server) {
		if !s.Probe.answered() { // else it is to be enabled first
			d.growTo(s, level)
		}
	})
}

// toGrow returns the alerts that ask for a larger server. What keeps the cores of
// one busy that nobody is on is its boot, or its recordings.
func (s *Server) toGrow(asks map[string]rules.Meaning) []Alert {
	deserted := s.Balancer != nil && s.Balancer.LoadKnown && s.Balancer.Load == 0
	return slices.DeleteFunc(s.asked(asks, rules.AskGrow), func(a Alert) bool {
		return deserted && ofCPU(a)
	})
}

// ofMemory and ofCPU tell what of a server's an alert speaks of, now or soon.
func ofMemory(a Alert) bool {
	return a.Name == rules.ServerMemoryHigh || a.Name == rules.ServerMemoryRising
}
func ofCPU(a Alert) bool { return a.Name == rules.ServerCPUHigh || a.Name == rules.ServerCPURising }

// risingTo is for reasons.
func risingTo(a Alert) string {
	if a.Name == rules.ServerMemoryRising || a.Name == rules.ServerCPURising {
		return "rising to "
	}
	return ""
}

// growBusy grows a server for its own load, to no less than least.
func (d *decision) growBusy(s *Server, high []Alert, least Size) {
	to, why := d.larger(s, high)
	d.growOne(s, to.Max(least), high, why)
}

// growTo grows a server to what the fleet's load asks for.
func (d *decision) growTo(s *Server, level Size) {
	if to := s.plugged(level); to != s.Size {
		d.growOne(s, to, d.want.alerts, d.want.why+fmt.Sprintf(": grows to %s", to))
	}
}

func (d *decision) growOne(s *Server, to Size, alerts []Alert, why string) {
	until := s.Record.Up.Add(d.cfg.Cooldowns.ServerUp)
	switch {
	case to == s.Size:
		d.say(s, "%s", why)
	case s.Busy:
		d.say(s, "is to grow; the cloud has another change of it pending")
	case d.v.Now.Before(until):
		d.say(s, "is to grow; cooling down until %s", clock(until))
	case !d.fits(to.Sub(s.Size)):
		d.limit("contract: no room to grow to " + to.String())
		d.say(s, "is to grow to %s; the contract or the budget has no room", to)
	default:
		d.take(to.Sub(s.Size))
		d.step(s, Grow, s.Record.Aim, to, alerts, "%s", why)
	}
}

// larger is the size that the alerts ask for, within what may grow while the
// server runs; or its present size, and why it cannot grow.
func (d *decision) larger(s *Server, high []Alert) (to Size, why string) {
	if s.Template != "" {
		return s.Size, "cannot grow: its type " + s.Template + " is sized by a template"
	}
	to = s.Size
	for _, a := range high {
		switch {
		case ofMemory(a) && s.HotPlug.RAM:
			to.RAM = max(to.RAM, MiB(d.scaled(int(s.Size.RAM), int(d.sizes().Step.RAM), int(d.sizes().Max.RAM), a.Value()/d.cfg.target(d.cfg.Thresholds.Memory))))
			why = fmt.Sprintf("memory workload %s%.2f", risingTo(a), a.Value())
		case ofCPU(a) && s.HotPlug.CPU:
			to.Cores = max(to.Cores, Cores(d.scaled(int(s.Size.Cores), int(d.sizes().Step.Cores), int(d.sizes().Max.Cores), a.Value()/d.cfg.target(d.cfg.Thresholds.CPU))))
			why = fmt.Sprintf("CPU workload %s%.2f", risingTo(a), a.Value())
		case !ofMemory(a) && !ofCPU(a):
			to = d.oneStep(s, to)
			why = a.Name + " asks for more"
		}
	}
	switch {
	case to != s.Size:
		return to, fmt.Sprintf("%s: grows to %s", why, to)
	case why == "":
		return to, "cannot grow while it runs: its boot volume has no hot-plug for it"
	}
	return to, fmt.Sprintf("%s, and already at its greatest size, %s", why, s.Size)
}

func (d *decision) sizes() Sizes { return d.cfg.Sizes }

// oneStep is to grown by one step where hot-plug and the maximum allow.
func (d *decision) oneStep(s *Server, to Size) Size {
	z := d.sizes()
	if s.HotPlug.CPU {
		to.Cores = max(s.Size.Cores, min(s.Size.Cores+z.Step.Cores, z.Max.Cores))
	}
	if s.HotPlug.RAM {
		to.RAM = max(s.Size.RAM, min(s.Size.RAM+z.Step.RAM, z.Max.RAM))
	}
	return to
}

// scaled is have grown in whole steps, at least one, until it is so many times
// as much, within most; never less than have.
func (d *decision) scaled(have, step, most int, times float64) int {
	steps := 1.0
	if known(times) {
		steps = max(1, math.Ceil(float64(have)*(times-1)/float64(step)-1e-9))
	}
	steps = min(steps, math.Floor(float64(most-have)/float64(step)))
	return have + int(max(0, steps))*step
}

// shrink makes grown servers smaller again, and only while they are off: what a
// decrease does to a running server is not known, and nothing can be on one
// that is off. Running ones that are low and without load are drained for it.
func (d *decision) shrink() {
	d.each(StateOff, d.shrinkOff)
	d.each(StateActive, d.shrinkRunning)
}

func (d *decision) shrinkOff(s *Server) {
	if s.Record.Aim != AimOff || !d.oversized(s) || s.Busy {
		return
	}
	if len(d.plan.Brakes) > 0 || s.HoldIn != "" { // it may be wanted, and could not start meanwhile
		d.say(s, "off; not made smaller: %s", slices.Concat(d.plan.Brakes, []string{s.HoldIn})[0])
		return
	}
	def := d.sizes().Default
	to := Size{min(s.Size.Cores, def.Cores), min(s.Size.RAM, def.RAM)}
	d.step(s, Shrink, AimOff, to, nil, "off and larger than the default size: back to %s", to)
}

func (d *decision) oversized(s *Server) bool {
	return s.Template == "" && !s.Size.Fits(d.sizes().Default)
}

func (d *decision) shrinkRunning(s *Server) {
	low := s.asked(d.cfg.Asks, rules.AskShrink)
	if len(low) == 0 || !d.oversized(s) || d.cfg.NoBalancer || s.Balancer.Load > 0 {
		return
	}
	keep, why := d.keep()
	switch no := d.cannotLeave(s); {
	case len(d.low) == 0:
		d.say(s, "is to shrink, once the fleet's workload is low")
	case no == "" && keep.Fits(d.serves.Sub(s.Size)):
		d.leave(s, AimDrain, low, "low, without load, and larger than the default size: drained to be made smaller")
	case d.active <= d.floor && len(d.plan.Brakes) == 0 && s.HoldIn == "":
		d.exchange(s, low)
	default:
		d.say(s, "is to shrink; %s", cmp.Or(no, why))
	}
}

// exchange starts a server of the default size, so that one that the floor
// needs can leave. One at a time.
func (d *decision) exchange(s *Server, low []Alert) {
	d.say(s, "is to shrink, once another takes its place")
	if d.coming > 0 || d.plan.Need > 0 || d.exchanged {
		return
	}
	d.exchanged = true
	for _, other := range d.sleeping() {
		if !d.oversized(other) && d.room(1) == 1 && d.fits(other.Size) {
			d.step(other, Start, AimServe, Size{}, low, "takes the place of %s, which is to be made smaller", s.Name)
			return
		}
	}
}
