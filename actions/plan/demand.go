package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// load is the measured load of all servers in service together: busy cores, and the
// memory that people use in MiB. Idle memory is not in it.
type load struct{ cores, ram float64 }

// String returns the load as "12.5 cores and 40960 MiB", for reasons.
func (l load) String() string { return fmt.Sprintf("%.1f cores and %.0f MiB", l.cores, l.ram) }

// loadOf returns the fleet's load from the annotations of an alert. The second
// result is false when they are missing or not valid numbers.
func loadOf(a fleet.Alert) (load, bool) {
	l := load{a.Annotation(rules.AnnotationCores), a.Annotation(rules.AnnotationRAM)}
	return l, l.cores >= 0 && l.ram >= 0 // false for NaN
}

// idleOf returns the idle memory of a server according to the annotations of alerts:
// what an average server in service holds while nobody is on it. It is 0 if none has
// it; then idle memory is part of the load in the annotations.
func idleOf(alerts ...[]fleet.Alert) (idle fleet.MiB) {
	for _, a := range slices.Concat(alerts...) {
		if mib := a.Annotation(rules.AnnotationIdle); mib > 0 { // false for NaN
			idle = max(idle, fleet.MiB(min(mib, math.MaxInt32)))
		}
	}
	return idle
}

// room returns what people can use of a size: all cores, and the memory without the
// idle memory, but at least rules.LeastRoom of it. The generated rules divide the load
// by the same.
func (d *decision) room(size fleet.Size) fleet.Size {
	least := fleet.MiB(math.Ceil(rules.LeastRoom * float64(size.RAM)))
	return fleet.Size{Cores: size.Cores, RAM: max(size.RAM-d.idle, least)}
}

// demand is the capacity that the fleet needs, and the reason for it.
type demand struct {
	servers int        // servers in service or on their way into service
	size    fleet.Size // total room of these servers (decision.room); zero: no alert has a load
	why     string
	alerts  []fleet.Alert
}

// demand returns the maximum of the floor and of what each alert asks for. The
// reason is that of the one which needs the most additional servers.
func (d *decision) demand() demand {
	have := d.active + d.coming
	w := demand{servers: d.floor, why: fmt.Sprintf("floor of %d active servers%s, %d in service or starting", d.floor, d.in(), have)}
	most := d.missing(w, d.reach)
	for _, a := range d.asks {
		one := d.demandOf(a)
		if n := d.missing(one, d.reach); n > most || (most == 0 && w.alerts == nil) {
			most, w.why, w.alerts = n, one.why, one.alerts
		}
		w.servers, w.size = max(w.servers, one.servers), w.size.Max(one.size)
	}
	return w
}

// demandOf returns what one alert asks for: the total room needed for the load in
// its annotations, or one more server when it has no load.
func (d *decision) demandOf(a fleet.Alert) demand {
	l, told := loadOf(a)
	switch {
	case a.Name == rules.FleetBelowMinimum:
		return demand{} // decision.floor already includes it
	case !told:
		return demand{servers: d.active + 1, why: a.Name + " asks for another server", alerts: []fleet.Alert{a}}
	}
	size := d.carrying(l)
	return demand{size: size, why: fmt.Sprintf("%s: a load of %s needs %s in total%s", a.Name, l, size, d.besides()), alerts: []fleet.Alert{a}}
}

// missing returns the number of servers to add for a demand when the present
// servers have a total room of have. A shortage within Capacity.Tolerance counts
// as zero; a larger one counts in full.
func (d *decision) missing(w demand, have fleet.Size) int {
	lack, unit := w.size.Sub(have), d.room(d.cfg.Sizes.Together())
	if d.tolerated(w.size).Fits(have) {
		lack = fleet.Size{}
	}
	return max(0, w.servers-d.active-d.coming,
		divideUp(int(lack.Cores), int(unit.Cores)), divideUp(int(lack.RAM), int(unit.RAM)))
}

// besides says in reasons that sizes are without idle memory.
func (d *decision) besides() string {
	if d.idle == 0 {
		return ""
	}
	return fmt.Sprintf(", besides %d MiB of idle memory for each server", d.idle)
}

// carrying returns the total room at which the load is exactly the target
// workload, in cores and MiB, each rounded up.
func (d *decision) carrying(l load) fleet.Size {
	return fleet.Size{
		Cores: fleet.Cores(fleet.RoundUp(l.cores / d.target(d.cfg.Thresholds.CPU))),
		RAM:   fleet.MiB(fleet.RoundUp(l.ram / d.target(d.cfg.Thresholds.Memory))),
	}
}

// target returns the workload that scaling aims at: the band's maximum times
// (1 - Capacity.Headroom).
func (d *decision) target(b rules.Band) float64 { return b.Max * (1 - d.cfg.Capacity.Headroom) }

// tolerated returns the smallest size that counts as enough when size is needed:
// size / (1 + Capacity.Tolerance), rounded.
func (d *decision) tolerated(size fleet.Size) fleet.Size {
	share := 1 + d.cfg.Capacity.Tolerance
	return fleet.Size{Cores: fleet.Cores(math.Round(float64(size.Cores) / share)), RAM: fleet.MiB(math.Round(float64(size.RAM) / share))}
}

// divideUp returns a / b, rounded up. b must be above 0.
func divideUp(a, b int) int { return int(math.Ceil(float64(a) / float64(b))) }
