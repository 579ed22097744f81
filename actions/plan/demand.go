package plan

import (
	"fmt"
	"math"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// load is what all servers in service have to carry together: busy cores, and
// MiB of memory in use.
type load struct{ cores, ram float64 }

// String is for people.
func (l load) String() string { return fmt.Sprintf("%.1f cores and %.0f MiB", l.cores, l.ram) }

// loadOf returns the fleet's load from an alert's annotations, if they hold one.
func loadOf(a fleet.Alert) (load, bool) {
	l := load{a.Annotation(rules.AnnotationCores), a.Annotation(rules.AnnotationRAM)}
	return l, l.cores >= 0 && l.ram >= 0 // not so for NaN
}

// demand is what the fleet should have, and why.
type demand struct {
	servers int        // in service or on their way
	size    fleet.Size // of all of them together; zero: no load asks for any
	why     string
	alerts  []fleet.Alert
}

// demand is the greatest that the floor or any alert asks for. Its reason is
// that of the one that asks for the most servers.
func (d *decision) demand() demand {
	have := d.active + d.coming
	w := demand{servers: d.floor, why: fmt.Sprintf("floor of %d active servers%s, %d in service or on their way", d.floor, d.in(), have)}
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

// demandOf is what one alert asks for: the size that carries the load in its
// annotations, or one more server when it has none.
func (d *decision) demandOf(a fleet.Alert) demand {
	l, told := loadOf(a)
	switch {
	case a.Name == rules.FleetBelowMinimum:
		return demand{} // the floor is counted from the view
	case !told:
		return demand{servers: d.active + 1, why: a.Name + " asks for another server", alerts: []fleet.Alert{a}}
	}
	size := d.carrying(l)
	return demand{size: size, why: fmt.Sprintf("%s: a load of %s wants %s in all", a.Name, l, size), alerts: []fleet.Alert{a}}
}

// missing is the number of servers to add for a demand when the present ones
// have a total size of have. A lack of size within the tolerance counts as none;
// beyond it, all of it counts.
func (d *decision) missing(w demand, have fleet.Size) int {
	lack, unit := w.size.Sub(have), d.cfg.Sizes.Together()
	if d.tolerated(w.size).Fits(have) {
		lack = fleet.Size{}
	}
	return max(0, w.servers-d.active-d.coming,
		divideUp(int(lack.Cores), int(unit.Cores)), divideUp(int(lack.RAM), int(unit.RAM)))
}

// carrying is the total size with which the load gives the target workload.
func (d *decision) carrying(l load) fleet.Size {
	return fleet.Size{
		Cores: fleet.Cores(fleet.RoundUp(l.cores / d.target(d.cfg.Thresholds.CPU))),
		RAM:   fleet.MiB(fleet.RoundUp(l.ram / d.target(d.cfg.Thresholds.Memory))),
	}
}

// target is the workload that scaling aims at: a band's maximum less the headroom.
func (d *decision) target(b rules.Band) float64 { return b.Max * (1 - d.cfg.Capacity.Headroom) }

// tolerated is the smallest size that counts as enough where size is wanted.
func (d *decision) tolerated(size fleet.Size) fleet.Size {
	share := 1 + d.cfg.Capacity.Tolerance
	return fleet.Size{Cores: fleet.Cores(math.Round(float64(size.Cores) / share)), RAM: fleet.MiB(math.Round(float64(size.RAM) / share))}
}

// divideUp is a/b rounded up, for b above 0.
func divideUp(a, b int) int { return int(math.Ceil(float64(a) / float64(b))) }
