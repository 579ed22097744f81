package week

import (
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Demand is what people want of a fleet, whatever serves them: how many there
// are and how many send their webcam, at even distances in time.
type Demand struct {
	Start  time.Time
	Step   time.Duration
	People []float64
	Cams   []float64
}

// defaultFill is over which time people come into a meeting that names none,
// the World's default.
const defaultFill = 3 * time.Minute

// NewDemand adds up arrivals from start until end. People come in evenly over
// a meeting's time to fill; the World lets them in a little earlier, so that
// Demand is never more than what servers carry.
func NewDemand(arrivals []sim.Arrival, start, end time.Time, step time.Duration) Demand {
	n := int(end.Sub(start) / step)
	d := Demand{start, step, make([]float64, n), make([]float64, n)}
	for _, a := range arrivals {
		d.add(a)
	}
	return d
}

func (d *Demand) add(a sim.Arrival) {
	fill := a.Fill
	if fill == 0 {
		fill = defaultFill
	}
	fill = min(fill, a.Duration)
	begin, end := a.At.Sub(d.Start), a.At.Add(a.Duration).Sub(d.Start)
	for i := max(0, int(begin/d.Step)); i < len(d.People); i++ {
		at := time.Duration(i) * d.Step
		if at >= end {
			return
		}
		if at >= begin {
			share := min(1, float64(at-begin)/float64(fill))
			d.People[i] += share * float64(a.Participants)
			d.Cams[i] += share * float64(a.Webcams)
		}
	}
}

// At returns the time of a step.
func (d Demand) At(i int) time.Time { return d.Start.Add(time.Duration(i) * d.Step) }

// load is what people add to servers, in cores and MiB.
type load struct{ cores, ram float64 }

func (d Demand) load(i int, m sim.LoadModel) load {
	return load{
		d.People[i]*m.ParticipantCores + d.Cams[i]*m.WebcamCores,
		d.People[i]*m.ParticipantRAM + d.Cams[i]*m.WebcamRAM,
	}
}

// Yard measures servers by how much load of people each carries at a workload.
type Yard struct {
	Model sim.LoadModel
	Top   sim.Workload // up to which a server is filled
}

// YardOf fills servers up to the maxima of the thresholds.
func YardOf(m sim.LoadModel, t rules.Thresholds) Yard {
	return Yard{m, sim.Workload{CPU: t.CPU.Max, Memory: t.Memory.Max}}
}

// carries is the load that a server of a size carries beside its own.
func (y Yard) carries(s fleet.Size) load {
	return load{
		max(0, y.Top.CPU*float64(s.Cores)-y.Model.BaseCores),
		max(0, y.Top.Memory*float64(s.RAM)-y.Model.BaseRAM),
	}
}

// servers is the least number of servers of a size that carry l.
func (y Yard) servers(l load, s fleet.Size) int {
	c := y.carries(s)
	return int(math.Ceil(max(l.cores/c.cores, l.ram/c.ram) - 1e-9))
}

// capacity is what servers of all sizes carry of a load, in servers of one
// size that carry as much of its mix of CPU and memory: those that are on, and
// those in service.
func (y Yard) capacity(counts []SizeCount, unit fleet.Size, l load) (on, takes float64) {
	var sumOn, sumTakes load
	for _, t := range counts {
		c := y.carries(t.Size)
		sumOn = sumOn.plus(c, t.On)
		sumTakes = sumTakes.plus(c, t.Takes)
	}
	c := y.carries(unit)
	if l == (load{}) {
		l = c // of no load at all, any mix will do
	}
	one := max(l.cores/c.cores, l.ram/c.ram) // the load, in such servers
	return one * min(sumOn.cores/l.cores, sumOn.ram/l.ram), one * min(sumTakes.cores/l.cores, sumTakes.ram/l.ram)
}

func (l load) plus(c load, times int) load {
	return load{l.cores + float64(times)*c.cores, l.ram + float64(times)*c.ram}
}
