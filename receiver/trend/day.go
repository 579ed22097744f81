package trend

import (
	"math"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Step is the time between two points.
const Step = 5 * time.Minute

const (
	// kept is how many points are kept: those of the longest day.
	kept = int(25 * time.Hour / Step)
	// longestGap is the longest time between two cycles that still counts as
	// observed.
	longestGap = 5 * time.Minute
)

// Load is the load of the servers in service, as Prometheus measures it.
type Load struct {
	// Cores is the number of busy cores; NaN: not known.
	Cores float64
	// Forecast is the greatest number of busy cores that is expected within Within
	// from now; NaN: not known.
	Forecast float64
	Within   time.Duration
}

// NoLoad is the load where nothing measures it.
func NoLoad() Load { return Load{Cores: math.NaN(), Forecast: math.NaN()} }

// Point is the fleet at the end of a step, or now for the last one.
type Point struct {
	At time.Time // the end of the step that was observed
	// People are counted by the balancer, see fleet.BalancerServer.Load.
	People float64
	Active int // servers in service
	Coming int // servers on their way into service
	Floor  int
	// Capacity is the number of cores of the servers in service.
	Capacity fleet.Cores
	Load     Load
	used     Usage // during the step
}

// Usage is how much was switched on, and how much the fleet has. The fleet's servers
// count with their present size, also while they are off.
type Usage struct {
	On, All Hours
	// Observed is the time that is counted.
	Observed time.Duration
}

// Hours are servers × hours, cores × hours and GiB of RAM × hours.
type Hours struct{ Servers, Cores, GiB float64 }

func (h Hours) add(servers int, size fleet.Size, d time.Duration) Hours {
	t := d.Hours()
	return Hours{h.Servers + float64(servers)*t, h.Cores + float64(size.Cores)*t, h.GiB + float64(size.RAM)/1024*t}
}

func (h Hours) plus(o Hours) Hours {
	return Hours{h.Servers + o.Servers, h.Cores + o.Cores, h.GiB + o.GiB}
}

// Day is the last day of one fleet. Its zero value is an empty day. It is safe for
// concurrent use.
type Day struct {
	mu     sync.Mutex
	points []Point // oldest first; the last one is of the step in progress
	last   totals
}

// totals is what one status has together.
type totals struct {
	at            time.Time
	on, all       int
	sizeOn, sizes fleet.Size
}

// Note adds the status of a cycle and the load measured then. A status that is not
// newer than the last one is ignored.
func (d *Day) Note(st fleet.Status, load Load) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !st.At.After(d.last.at) {
		return
	}
	p, now := of(st, load)
	begin := st.At.Truncate(Step)
	n := len(d.points)
	if n == 0 || !d.points[n-1].At.Truncate(Step).Equal(begin) {
		d.points = append(d.points, p)
		if n = len(d.points); n > kept {
			d.points = append(d.points[:0], d.points[n-kept:]...)
			n = kept
		}
	} else {
		p.used = d.points[n-1].used
		d.points[n-1] = p
	}
	d.points[n-1].used.count(d.last, st.At)
	d.last = now
}

// count adds what was there since the last status.
func (u *Usage) count(last totals, now time.Time) {
	took := now.Sub(last.at)
	if last.at.IsZero() || took > longestGap {
		return
	}
	u.On, u.All = u.On.add(last.on, last.sizeOn, took), u.All.add(last.all, last.sizes, took)
	u.Observed += took
}

func of(st fleet.Status, load Load) (Point, totals) {
	p, t := Point{At: st.At, Floor: st.Floor, Load: load}, totals{at: st.At}
	for _, s := range st.Servers {
		if s.Balancer == fleet.Enabled || s.Balancer == fleet.Cordoned {
			p.People += s.Load
		}
		switch s.State {
		case fleet.StateActive:
			p.Active++
			p.Capacity += s.Size.Cores
		case fleet.StateStarting, fleet.StateWarming:
			p.Coming++
		}
		t.all, t.sizes = t.all+1, t.sizes.Add(s.Size)
		if s.Power != fleet.PowerOff && s.Power != "" {
			t.on, t.sizeOn = t.on+1, t.sizeOn.Add(s.Size)
		}
	}
	return p, t
}

// Points returns the last day, oldest first.
func (d *Day) Points() []Point {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Point(nil), d.points...)
}

// Used returns what was switched on since a time, at most a day ago.
func (d *Day) Used(since time.Time) (u Usage) {
	for _, p := range d.Points() {
		if p.At.After(since) {
			u.On, u.All, u.Observed = u.On.plus(p.used.On), u.All.plus(p.used.All), u.Observed+p.used.Observed
		}
	}
	return u
}

// Expected returns the load that is expected from now on: what the last forecast
// says, at the end of the time that it is for.
func (d *Day) Expected(until time.Time) []Expectation {
	points := d.Points()
	if len(points) == 0 {
		return nil
	}
	last := points[len(points)-1]
	at := last.At.Add(last.Load.Within)
	if math.IsNaN(last.Load.Forecast) || at.After(until) {
		return nil
	}
	return []Expectation{{At: at, Cores: last.Load.Forecast}}
}

// Expectation is the load that is expected at a time, in busy cores.
type Expectation struct {
	At    time.Time
	Cores float64
}

// ForecastError returns the mean distance of the forecasts in points from the load
// that came, as a share of the mean load; NaN if no forecast can be compared yet.
func ForecastError(points []Point) float64 {
	var wrong, came float64
	for i, p := range points {
		if math.IsNaN(p.Load.Forecast) || p.Load.Within <= 0 {
			continue
		}
		if highest := highest(points[i+1:], p.At.Add(p.Load.Within)); highest >= 0 {
			wrong, came = wrong+math.Abs(p.Load.Forecast-highest), came+highest
		}
	}
	if came == 0 {
		return math.NaN()
	}
	return wrong / came
}

// highest returns the greatest load of the points until a time, or -1 if that time
// has not come or nothing was measured.
func highest(points []Point, until time.Time) float64 {
	top := -1.0
	for _, p := range points {
		if p.At.After(until) {
			return top
		}
		if p.Load.Cores > top {
			top = p.Load.Cores
		}
	}
	return -1
}
