package week

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Demand is the number of people in meetings and of their webcams over time,
// independent of the servers that carry them.
type Demand struct {
	Start  time.Time
	Step   time.Duration // time between two values
	People []float64     // people in all meetings
	Cams   []float64     // webcams that these people send
}

// defaultFill is the time in which people join a meeting without a Fill of its own:
// the default of sim.World.
const defaultFill = 3 * time.Minute

// NewDemand adds up the people of all arrivals from start until end. They join
// at a constant rate over the meeting's Fill; sim.World lets them join a little
// earlier, so that Demand never exceeds what its servers carry.
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

// At returns the time of the i-th value.
func (d Demand) At(i int) time.Time { return d.Start.Add(time.Duration(i) * d.Step) }

// load is the load that people cause on servers, in cores and MiB.
type load struct{ cores, ram float64 }

func (d Demand) load(i int, m sim.LoadModel) load {
	return load{
		d.People[i]*m.ParticipantCores + d.Cams[i]*m.WebcamCores,
		d.People[i]*m.ParticipantRAM + d.Cams[i]*m.WebcamRAM,
	}
}
