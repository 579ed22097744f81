package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// grow plans more cores and RAM, in one step for each server. A server with alerts
// of its own grows until its workload is at the target; all servers grow to the
// size that the fleet's load needs. A warming server grows before BigBlueButton
// answers on it. A draining server grows in drain, for the people still on it.
func (d *decision) grow() {
	level := d.level()
	d.each(fleet.StateActive, func(s *fleet.Server) {
		switch high := toGrow(s, d.cfg.Asks); {
		case len(high) == 0, len(d.low) > 0 && d.stuck(s) && !slices.ContainsFunc(high, ofOther):
			d.growTo(s, level) // scaleIn says more of one that cannot grow
		default:
			d.growBusy(s, high, hotPlugged(s, level))
		}
	})
	d.each(fleet.StateWarming, func(s *fleet.Server) {
		if !s.Probe.Answered() { // one that answers is enabled first
			d.growTo(s, level)
			d.settle(s)
		}
	})
}

// level returns the minimum size of each server in service or on its way into
// service, so that together they carry the load in the alerts; zero when no alert
// has a load. It is the same for all, because the balancer spreads meetings by
// their number: servers of equal size get equal workload.
func (d *decision) level() fleet.Size {
	if d.want.size == (fleet.Size{}) {
		return fleet.Size{}
	}
	return d.equal(d.tolerated(d.want.size), d.active+d.coming)
}

// equal returns the size of each of n servers that have a total room of all: at least
// Sizes.Default, and at most what servers grow to together.
func (d *decision) equal(all fleet.Size, n int) fleet.Size {
	z, room := d.cfg.Sizes, d.room(d.cfg.Sizes.Default)
	most := z.Together()
	n = max(1, n)
	return fleet.Size{
		Cores: min(most.Cores, z.Default.Cores+steps(int(all.Cores), n, int(z.Default.Cores), z.Step.Cores)),
		RAM:   min(most.RAM, z.Default.RAM+steps(int(all.RAM), n, int(room.RAM), z.Step.RAM)),
	}
}

// steps returns how much each of n servers of size have must grow so that their
// total is all, rounded up to whole steps.
func steps[T fleet.Cores | fleet.MiB](all, n, have int, step T) T {
	return T(max(0, divideUp(divideUp(all, n)-have, int(step)))) * step
}

// reachOf returns the size to which the server can grow for the fleet's load while
// it runs: its present size if it is on hold or backs off.
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

// hotPlugged returns the server's size after growing to the size to while it runs:
// a resource grows only if its hot-plug flag is set, and neither does on a server
// whose size a template sets.
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

// toGrow returns the server's alerts that ask for a larger server. It leaves out CPU
// alerts of a server whose balancer load is 0: its boot or its recordings use the
// cores, not people.
func toGrow(s *fleet.Server, asks map[string]rules.Meaning) []fleet.Alert {
	deserted := s.Balancer != nil && s.Balancer.LoadKnown && s.Balancer.Load == 0
	return slices.DeleteFunc(s.AlertsAsking(asks, rules.AskGrow), func(a fleet.Alert) bool {
		return deserted && ofCPU(a)
	})
}

// ofMemory reports whether an alert is about a server's memory workload.
func ofMemory(a fleet.Alert) bool { return rules.MeaningOf(a.Name).Measure == rules.MeasureMemory }

// ofOther reports whether an alert is not about a server's memory workload.
func ofOther(a fleet.Alert) bool { return !ofMemory(a) }

// ofCPU reports whether an alert is about a server's CPU workload.
func ofCPU(a fleet.Alert) bool { return rules.MeaningOf(a.Name).Measure == rules.MeasureCPU }

// risingTo returns the words before the value in the reason of an alert about a
// predicted workload, and "" for a measured one.
func risingTo(a fleet.Alert) string {
	if rules.MeaningOf(a.Name).Rising {
		return "rising to "
	}
	return ""
}

// growBusy plans the growth of a server for its own alerts, at least to the size
// least.
func (d *decision) growBusy(s *fleet.Server, high []fleet.Alert, least fleet.Size) {
	to, why := d.larger(s, high)
	d.growOne(s, to.Max(least), high, why)
}

// growTo plans the growth of a server to level for the fleet's load.
func (d *decision) growTo(s *fleet.Server, level fleet.Size) {
	if to := hotPlugged(s, level); to != s.Size {
		d.growOne(s, to, d.want.alerts, d.want.why+fmt.Sprintf(": grows to %s", to))
	}
}

// settle plans the growth of a server that starts while an alert asks for less capacity:
// it replaces another one, and gets the size that it needs from then on.
func (d *decision) settle(s *fleet.Server) {
	if to := hotPlugged(s, d.settled()); len(d.low) > 0 && d.open(s) && to != s.Size {
		_, why := d.keep()
		d.growOne(s, to, d.low, why+fmt.Sprintf(": grows to %s", to))
	}
}

// growOne plans a growth to the size to, or sets the reason why it must wait.
func (d *decision) growOne(s *fleet.Server, to fleet.Size, alerts []fleet.Alert, why string) {
	wanted := to
	to, until := d.cooled(s, to)
	switch {
	case wanted == s.Size:
		d.say(s, "%s", why)
	case s.Busy:
		d.say(s, "waits to grow: another change to it is pending in the cloud")
	case to == s.Size:
		d.say(s, "waits to grow: cooldown until %s", fleet.Clock(until))
	case !d.fits(to.Sub(s.Size)):
		d.limit(fleet.HoldContract, "contract: no room to grow to %s", to)
		d.say(s, "cannot grow to %s: the contract or the budget has no room", to)
	default:
		d.take(to.Sub(s.Size))
		d.step(s, fleet.Grow, s.Record.Aim, to, alerts, "%s", why)
	}
}

// cooled returns the size to without what is in its cooldown, the cores or the RAM, and
// when the last of these ends.
func (d *decision) cooled(s *fleet.Server, to fleet.Size) (now fleet.Size, until time.Time) {
	if end := s.Record.UpCores.Add(d.cfg.Cooldowns.ServerUp); d.v.Now.Before(end) && to.Cores > s.Size.Cores {
		to.Cores, until = s.Size.Cores, end
	}
	if end := s.Record.UpRAM.Add(d.cfg.Cooldowns.ServerUp); d.v.Now.Before(end) && to.RAM > s.Size.RAM {
		to.RAM, until = s.Size.RAM, end
	}
	return to, until
}

// larger returns the size that the alerts ask for, limited to what hot-plug and
// Sizes.Max allow, and the reason. If the server cannot grow, it returns the present
// size and why.
func (d *decision) larger(s *fleet.Server, high []fleet.Alert) (to fleet.Size, why string) {
	if s.Template != "" {
		return s.Size, "cannot grow: its type " + s.Template + " is sized by a template"
	}
	to = s.Size
	z := d.cfg.Sizes
	for _, a := range high {
		memory, cpu := d.aim(a, d.cfg.Thresholds.Memory), d.aim(a, d.cfg.Thresholds.CPU)
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
	return to, fmt.Sprintf("%s, and already at its maximum size, %s", why, s.Size)
}

// aim returns the workload that a server grows to for an alert of its own: the target
// for a measured workload, and the band's maximum for an extrapolated one. Meetings
// fill within minutes, so that a line through the first of them leads too high, and
// cores that are not used stay until the server is stopped.
func (d *decision) aim(a fleet.Alert, b rules.Band) float64 {
	if rules.MeaningOf(a.Name).Rising {
		return b.Max
	}
	return d.target(b)
}

// oneStep returns the size to with one step added to the server's cores and RAM,
// where hot-plug and Sizes.Max allow it.
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

// scaled returns have × factor, rounded up to whole steps: at least one step more
// than have, and capped at most. A factor of NaN adds one step.
func scaled[T fleet.Cores | fleet.MiB](have, step, most T, factor float64) T {
	n := 1.0
	if !math.IsNaN(factor) {
		n = max(1, math.Ceil(float64(have)*(factor-1)/float64(step)-1e-9))
	}
	n = min(n, math.Floor(float64(most-have)/float64(step)))
	return have + T(max(0, n))*step
}

// shrink plans the return of grown servers to Sizes.Default. Servers shrink only
// while they are off: the cloud does not document what a smaller size does to a
// running server, and nobody uses one that is off. A running server with a low
// workload is drained first.
func (d *decision) shrink() {
	d.each(fleet.StateOff, d.shrinkOff)
	larger := func(a, b *fleet.Server) int {
		return cmp.Or(cmp.Compare(b.Size.RAM, a.Size.RAM), cmp.Compare(b.Size.Cores, a.Size.Cores))
	}
	if d.cfg.NoBalancer {
		return
	}
	need := d.settled()
	large := slices.DeleteFunc(slices.Clone(d.byState[fleet.StateActive]), func(s *fleet.Server) bool { return !d.tooLarge(s, need) })
	slices.SortStableFunc(large, larger)
	stay := d.active - len(large)
	for _, s := range large {
		d.shrinkRunning(s, stay)
	}
}

// shrinkOff plans the shrink of a server that the scaler has stopped.
func (d *decision) shrinkOff(s *fleet.Server) {
	if s.Record.Aim != fleet.AimOff || !d.oversized(s) || s.Busy {
		return
	}
	if len(d.brakes) > 0 || s.HoldIn != "" { // it may be needed, and cannot start while it shrinks
		d.say(s, "off; not shrunk: %s", d.kept(s))
		return
	}
	def := d.cfg.Sizes.Default
	to := fleet.Size{Cores: min(s.Size.Cores, def.Cores), RAM: min(s.Size.RAM, def.RAM)}
	d.step(s, fleet.Shrink, fleet.AimOff, to, nil, "off and larger than the default size: shrinks to %s", to)
}

// oversized reports whether the server is larger than Sizes.Default and can shrink.
func (d *decision) oversized(s *fleet.Server) bool {
	return s.Template == "" && !s.Size.Fits(d.cfg.Sizes.Default)
}

// shrinkRunning drains a server in service so that it can shrink once it is off. stay
// servers in service have about the size that they will need.
func (d *decision) shrinkRunning(s *fleet.Server, stay int) {
	low := s.AlertsAsking(d.cfg.Asks, rules.AskShrink)
	keep, why := d.keep()
	switch no := d.cannotLeave(s); {
	case len(d.low) == 0 && len(low) > 0:
		d.say(s, "waits to shrink until the fleet's workload is low")
	case len(d.low) == 0:
	case no == "" && len(low) > 0 && keep.Fits(d.without(s)):
		d.leave(s, fleet.AimDrain, low, "low workload, and larger than the default size: drained, then shrunk")
	case d.mustReplace(s, stay):
		d.exchange(s, d.low, "shrink", "drained and shrunk")
	case len(low) > 0:
		d.say(s, "waits to shrink: %s", cmp.Or(no, why))
	}
}
