package actions

import (
	"fmt"
	"math"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// load is what all servers in service have to do together, in busy cores and
// MiB in use.
type load struct{ cores, ram float64 }

// String is for people.
func (l load) String() string { return fmt.Sprintf("%.1f cores and %.0f MiB", l.cores, l.ram) }

// load returns the fleet's load that the alert tells of, if it does.
func (a Alert) load() (load, bool) {
	l := load{a.Annotation(rules.AnnotationCores), a.Annotation(rules.AnnotationRAM)}
	return l, l.cores >= 0 && l.ram >= 0 // not so for NaN
}

// carrying is how much the servers must have together so that the load fills
// them no further than their target.
func (c Config) carrying(l load) Size {
	return Size{
		Cores: Cores(roundUp(l.cores / c.target(c.Thresholds.CPU))),
		RAM:   MiB(roundUp(l.ram / c.target(c.Thresholds.Memory))),
	}
}

// target is the workload that scaling aims at, with headroom below a band's top.
func (c Config) target(b rules.Band) float64 { return b.Max * (1 - c.Capacity.Headroom) }

// tolerated is how much is still enough where size is wanted.
func (c Config) tolerated(size Size) Size {
	share := 1 + c.Capacity.Tolerance
	return Size{Cores(math.Round(float64(size.Cores) / share)), MiB(math.Round(float64(size.RAM) / share))}
}

// roundUp is x rounded up, and bounded, since it comes from outside.
func roundUp(x float64) int { return int(min(math.Ceil(x-1e-9), math.MaxInt32)) }

// divideUp is a/b rounded up, for b above 0.
func divideUp(a, b int) int { return int(math.Ceil(float64(a) / float64(b))) }

// wanted is all that the fleet is to have, and why.
type wanted struct {
	servers int  // in service or on their way
	size    Size // of all of them together; zero: no load asks for any
	why     string
	alerts  []Alert
}

// wanted is the most that the floor or any alert asks for; the reason is that
// of who asks for the most servers.
func (d *decision) wanted() wanted {
	have := d.active + d.coming
	w := wanted{servers: d.floor, why: fmt.Sprintf("floor of %d active servers, %d in service or on their way", d.floor, have)}
	most := d.missing(w, d.reach)
	for _, a := range d.asks {
		one := d.wantedBy(a)
		if n := d.missing(one, d.reach); n > most || (most == 0 && w.alerts == nil) {
			most, w.why, w.alerts = n, one.why, one.alerts
		}
		w.servers, w.size = max(w.servers, one.servers), w.size.Max(one.size)
	}
	return w
}

// wantedBy is what one alert asks for: as much as carries the load that it
// tells of, or one server more if it tells of none.
func (d *decision) wantedBy(a Alert) wanted {
	l, told := a.load()
	switch {
	case a.Name == rules.FleetBelowMinimum:
		return wanted{} // the floor is counted by ourselves
	case !told:
		return wanted{servers: d.active + 1, why: a.Name + " asks for another server", alerts: []Alert{a}}
	}
	size := d.cfg.carrying(l)
	return wanted{size: size, why: fmt.Sprintf("%s: a load of %s wants %s in all", a.Name, l, size), alerts: []Alert{a}}
}

// missing is how many servers more are wanted, if those that there are come to
// have so much together. A load's lack is made up for once it is beyond the
// tolerance, and then whole.
func (d *decision) missing(w wanted, have Size) int {
	lack, unit := w.size.Sub(have), d.cfg.Sizes.Together()
	if d.cfg.tolerated(w.size).Fits(have) {
		lack = Size{}
	}
	return max(0, w.servers-d.active-d.coming,
		divideUp(int(lack.Cores), int(unit.Cores)), divideUp(int(lack.RAM), int(unit.RAM)))
}

// atMost is how large the server gets for the fleet's load without a stop.
func (d *decision) atMost(s *Server) Size {
	size := s.Size
	if s.inFlight(Grow) {
		size = size.Max(s.Record.Flight.Step.To)
	}
	if s.Hold != "" || d.v.Now.Before(s.Record.RetryAt) {
		return size
	}
	return size.Max(s.plugged(d.cfg.Sizes.Together()))
}

// plugged is the server's size, grown to another where hot-plug allows.
func (s *Server) plugged(to Size) Size {
	size := s.Size
	if s.HotPlug.CPU && s.Template == "" {
		size.Cores = max(size.Cores, to.Cores)
	}
	if s.HotPlug.RAM && s.Template == "" {
		size.RAM = max(size.RAM, to.RAM)
	}
	return size
}

// level is the size that all servers in service or on their way must have at
// least to carry the load that is asked for; zero, when none is. The balancer
// deals meetings out by number, so that equal servers are filled equally.
func (d *decision) level() Size {
	n, z, all := max(1, d.active+d.coming), d.cfg.Sizes, d.cfg.tolerated(d.want.size)
	if d.want.size == (Size{}) {
		return Size{}
	}
	most := z.Together()
	return Size{
		Cores: min(most.Cores, z.Default.Cores+steps(int(all.Cores), n, int(z.Default.Cores), z.Step.Cores)),
		RAM:   min(most.RAM, z.Default.RAM+steps(int(all.RAM), n, int(z.Default.RAM), z.Step.RAM)),
	}
}

// steps is what n servers of have each need, in whole steps, to come to all.
func steps[T Cores | MiB](all, n, have int, step T) T {
	return T(max(0, divideUp(divideUp(all, n)-have, int(step)))) * step
}
