package plan

import (
	"fmt"
	"math"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// load is the measured load of all servers in service together: busy cores, and
// memory in use in MiB.
type load struct{ cores, ram float64 }

// String returns the load as "12.5 cores and 40960 MiB", for reasons.
func (l load) String() string { return fmt.Sprintf("%.1f cores and %.0f MiB", l.cores, l.ram) }

// loadOf returns the fleet's load from the annotations of an alert. The second
// result is false when they are missing or not valid numbers.
func loadOf(a fleet.Alert) (load, bool) {
	l := load{a.Annotation(rules.AnnotationCores), a.Annotation(rules.AnnotationRAM)}
	return l, l.cores >= 0 && l.ram >= 0 // false for NaN
}

// demand is the capacity that the fleet needs, and the reason for it.
type demand struct {
	servers int        // servers in service or on their way into service
	size    fleet.Size // total size of these servers; zero: no alert has a load
	why     string
	alerts  []fleet.Alert
}

// demand returns the maximum of the floor and of what each alert asks for. The
// reason is that of the one which needs the most additional servers.
func (d *decision) demand() demand {
	have := d.active + d.coming
	w := demand{servers: d.floor, why: fmt.Sprintf("floor of %d active servers, %d in service or starting", d.floor, have)}
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

// demandOf returns what one alert asks for: the total size needed for the load in
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
	return demand{size: size, why: fmt.Sprintf("%s: a load of %s needs %s in total", a.Name, l, size), alerts: []fleet.Alert{a}}
}

// missing returns the number of servers to add for a demand when the present
// servers have a total size of have. A shortage within Capacity.Tolerance counts
// as zero; a larger one counts in full.
func (d *decision) missing(w demand, have fleet.Size) int {
	lack, unit := w.size.Sub(have), d.cfg.Sizes.Together()
	if d.tolerated(w.size).Fits(have) {
		lack = fleet.Size{}
	}
	return max(0, w.servers-d.active-d.coming,
		divideUp(int(lack.Cores), int(unit.Cores)), divideUp(int(lack.RAM), int(unit.RAM)))
}

// carrying returns the total size at which the load is exactly the target
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
