package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// grow gives servers more cores and RAM, in one step: busy ones as much as
// brings their workload down to the target, and all of them the size that the
// fleet's load asks for. A server that starts grows before BigBlueButton is up
// on it. One that drains grows for the people still on it, in drain.
func (d *decision) grow() {
	level := d.level()
	d.each(fleet.StateActive, func(s *fleet.Server) {
		if high := toGrow(s, d.cfg.Asks); len(high) > 0 {
			d.growBusy(s, high, hotPlugged(s, level))
		} else {
			d.growTo(s, level)
		}
	})
	d.each(fleet.StateWarming, func(s *fleet.Server) {
		if !s.Probe.Answered() { // otherwise it is enabled first
			d.growTo(s, level)
		}
	})
}

// level is the size that all servers in service or on their way need at least to
// carry the load that is asked for; zero when no load is. The balancer spreads
// meetings by their number, so that servers of equal size fill equally.
func (d *decision) level() fleet.Size {
	n, z, all := max(1, d.active+d.coming), d.cfg.Sizes, d.tolerated(d.want.size)
	if d.want.size == (fleet.Size{}) {
		return fleet.Size{}
	}
	most := z.Together()
	return fleet.Size{
		Cores: min(most.Cores, z.Default.Cores+steps(int(all.Cores), n, int(z.Default.Cores), z.Step.Cores)),
		RAM:   min(most.RAM, z.Default.RAM+steps(int(all.RAM), n, int(z.Default.RAM), z.Step.RAM)),
	}
}

// steps is what each of n servers must add to have, in whole steps, for a total
// of all.
func steps[T fleet.Cores | fleet.MiB](all, n, have int, step T) T {
	return T(max(0, divideUp(divideUp(all, n)-have, int(step)))) * step
}

// reachOf is the size to which the server can grow for the fleet's load while it runs.
func (d *decision) reachOf(s *fleet.Server) fleet.Size {
	size := s.Size
	if s.InFlight(fleet.Grow) {
		size = size.Max(s.Record.Flight.Step.To)
	}
	if s.Hold != "" || d.v.Now.Before(s.Record.RetryAt) {
		return size
	}
	return size.Max(hotPlugged(s, d.cfg.Sizes.Together()))
}

// hotPlugged is the server's size after it has grown to another one, as far as
// its hot-plug flags allow that while it runs.
func hotPlugged(s *fleet.Server, to fleet.Size) fleet.Size {
	size := s.Size
	if s.HotPlug.CPU && s.Template == "" {
		size.Cores = max(size.Cores, to.Cores)
	}
	if s.HotPlug.RAM && s.Template == "" {
		size.RAM = max(size.RAM, to.RAM)
	}
	return size
}

// toGrow returns the alerts that ask for a larger server. A CPU alert about a
// server that nobody is on does not count: its boot, or its recordings, keep the
// cores busy.
func toGrow(s *fleet.Server, asks map[string]rules.Meaning) []fleet.Alert {
	deserted := s.Balancer != nil && s.Balancer.LoadKnown && s.Balancer.Load == 0
	return slices.DeleteFunc(s.AlertsAsking(asks, rules.AskGrow), func(a fleet.Alert) bool {
		return deserted && ofCPU(a)
	})
}

// ofMemory and ofCPU report which workload of a server an alert is about.
func ofMemory(a fleet.Alert) bool { return rules.MeaningOf(a.Name).Measure == rules.MeasureMemory }
func ofCPU(a fleet.Alert) bool    { return rules.MeaningOf(a.Name).Measure == rules.MeasureCPU }

// risingTo is for reasons.
func risingTo(a fleet.Alert) string {
	if rules.MeaningOf(a.Name).Rising {
		return "rising to "
	}
	return ""
}

// growBusy grows a server for its own load, at least to the size least.
func (d *decision) growBusy(s *fleet.Server, high []fleet.Alert, least fleet.Size) {
	to, why := d.larger(s, high)
	d.growOne(s, to.Max(least), high, why)
}

// growTo grows a server for the fleet's load.
func (d *decision) growTo(s *fleet.Server, level fleet.Size) {
	if to := hotPlugged(s, level); to != s.Size {
		d.growOne(s, to, d.want.alerts, d.want.why+fmt.Sprintf(": grows to %s", to))
	}
}

func (d *decision) growOne(s *fleet.Server, to fleet.Size, alerts []fleet.Alert, why string) {
	until := s.Record.Up.Add(d.cfg.Cooldowns.ServerUp)
	switch {
	case to == s.Size:
		d.say(s, "%s", why)
	case s.Busy:
		d.say(s, "is to grow; the cloud has another change of it pending")
	case d.v.Now.Before(until):
		d.say(s, "is to grow; cooling down until %s", fleet.Clock(until))
	case !d.fits(to.Sub(s.Size)):
		d.limit(fleet.HoldContract, "contract: no room to grow to %s", to)
		d.say(s, "is to grow to %s; the contract or the budget has no room", to)
	default:
		d.take(to.Sub(s.Size))
		d.step(s, fleet.Grow, s.Record.Aim, to, alerts, "%s", why)
	}
}

// larger is the size that the alerts ask for, within what can grow while the
// server runs; or its present size, and why it cannot grow.
func (d *decision) larger(s *fleet.Server, high []fleet.Alert) (to fleet.Size, why string) {
	if s.Template != "" {
		return s.Size, "cannot grow: its type " + s.Template + " is sized by a template"
	}
	to = s.Size
	z, memory, cpu := d.cfg.Sizes, d.target(d.cfg.Thresholds.Memory), d.target(d.cfg.Thresholds.CPU)
	for _, a := range high {
		switch {
		case ofMemory(a) && s.HotPlug.RAM:
			to.RAM = max(to.RAM, scaled(s.Size.RAM, z.Step.RAM, z.Max.RAM, a.Value()/memory))
			why = fmt.Sprintf("memory workload %s%.2f", risingTo(a), a.Value())
		case ofCPU(a) && s.HotPlug.CPU:
			to.Cores = max(to.Cores, scaled(s.Size.Cores, z.Step.Cores, z.Max.Cores, a.Value()/cpu))
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

// oneStep is to, grown by one step where hot-plug and the maximum allow.
func (d *decision) oneStep(s *fleet.Server, to fleet.Size) fleet.Size {
	z := d.cfg.Sizes
	if s.HotPlug.CPU {
		to.Cores = max(s.Size.Cores, min(s.Size.Cores+z.Step.Cores, z.Max.Cores))
	}
	if s.HotPlug.RAM {
		to.RAM = max(s.Size.RAM, min(s.Size.RAM+z.Step.RAM, z.Max.RAM))
	}
	return to
}

// scaled returns have × factor, rounded up to whole steps, at least one step
// more than have and at most most. A factor of NaN adds one step.
func scaled[T fleet.Cores | fleet.MiB](have, step, most T, factor float64) T {
	n := 1.0
	if !math.IsNaN(factor) {
		n = max(1, math.Ceil(float64(have)*(factor-1)/float64(step)-1e-9))
	}
	n = min(n, math.Floor(float64(most-have)/float64(step)))
	return have + T(max(0, n))*step
}

// shrink makes stopped servers smaller, and drains running ones that are low and
// without load so that they can be. Servers shrink only while they are off: what
// a decrease does to a running server is not documented, and nobody can be on
// one that is off.
func (d *decision) shrink() {
	d.each(fleet.StateOff, d.shrinkOff)
	d.each(fleet.StateActive, d.shrinkRunning)
}

func (d *decision) shrinkOff(s *fleet.Server) {
	if s.Record.Aim != fleet.AimOff || !d.oversized(s) || s.Busy {
		return
	}
	if len(d.brakes) > 0 || s.HoldIn != "" { // it may be wanted, and could not start meanwhile
		d.say(s, "off; not made smaller: %s", d.kept(s))
		return
	}
	def := d.cfg.Sizes.Default
	to := fleet.Size{Cores: min(s.Size.Cores, def.Cores), RAM: min(s.Size.RAM, def.RAM)}
	d.step(s, fleet.Shrink, fleet.AimOff, to, nil, "off and larger than the default size: back to %s", to)
}

func (d *decision) oversized(s *fleet.Server) bool {
	return s.Template == "" && !s.Size.Fits(d.cfg.Sizes.Default)
}

func (d *decision) shrinkRunning(s *fleet.Server) {
	low := s.AlertsAsking(d.cfg.Asks, rules.AskShrink)
	if len(low) == 0 || !d.oversized(s) || d.cfg.NoBalancer || s.Balancer.Load > 0 {
		return
	}
	keep, why := d.keep(0)
	switch no := d.cannotLeave(s); {
	case len(d.low) == 0:
		d.say(s, "is to shrink, once the fleet's workload is low")
	case no == "" && keep.Fits(d.serves.Sub(s.Size)):
		d.leave(s, fleet.AimDrain, low, "low, without load, and larger than the default size: drained to be made smaller")
	case d.active <= d.floor && len(d.brakes) == 0 && s.HoldIn == "":
		d.exchange(s, low)
	default:
		d.say(s, "is to shrink; %s", cmp.Or(no, why))
	}
}

// exchange starts a server of the default size, so that one that the floor
// needs can leave. There is one exchange at a time, and none if the large server
// could not leave then either: the new one would leave again in its stead, and
// the next exchange would begin.
func (d *decision) exchange(s *fleet.Server, low []fleet.Alert) {
	keep, why := d.keep(1)
	if !keep.Fits(d.serves.Add(d.cfg.Sizes.Default).Sub(s.Size)) {
		d.say(s, "is to shrink; with a server of %s in its place, %s", d.cfg.Sizes.Default, why)
		return
	}
	d.say(s, "is to shrink, once another takes its place")
	if d.coming > 0 || d.need > 0 {
		return
	}
	for _, other := range d.stopped() {
		if !d.oversized(other) && d.mayStart() && d.start(other, low, "takes the place of %s, which is to be made smaller", s.Name) {
			return
		}
	}
}
