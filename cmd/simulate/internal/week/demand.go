package week

import (
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Demand is the number of people in meetings, of their webcams, and of the webcams
// that they see, over time, independent of the servers that carry them.
type Demand struct {
	Start  time.Time
	Step   time.Duration // time between two values
	Crowds []sim.Crowd   // of all meetings

	least bool // see LeastDemand
}

// defaultFill is the time in which people join a meeting without a Fill of its own:
// the default of sim.World.
const defaultFill = 3 * time.Minute

// NewDemand adds up the people of all arrivals from start until end. They join
// at a constant rate over the meeting's Fill; sim.World lets them join a little
// earlier, so that Demand never exceeds what its servers carry.
func NewDemand(arrivals []sim.Arrival, m sim.LoadModel, start, end time.Time, step time.Duration) Demand {
	d := Demand{Start: start, Step: step, Crowds: make([]sim.Crowd, int(end.Sub(start)/step))}
	for _, a := range arrivals {
		d.add(a, m)
	}
	return d
}

// LeastDemand is NewDemand, but each value is never above the demand at any time of its
// step, as sim.World plays the arrivals: a meeting counts in the steps that it lasts for
// entirely, with whole webcams.
func LeastDemand(arrivals []sim.Arrival, m sim.LoadModel, start, end time.Time, step time.Duration) Demand {
	d := Demand{Start: start, Step: step, Crowds: make([]sim.Crowd, int(end.Sub(start)/step)), least: true}
	for _, a := range arrivals {
		d.add(a, m)
	}
	return d
}

func (d *Demand) add(a sim.Arrival, m sim.LoadModel) {
	fill := a.Fill
	if fill == 0 {
		fill = defaultFill
	}
	fill = min(fill, a.Duration)
	begin, end := a.At.Sub(d.Start), a.At.Add(a.Duration).Sub(d.Start)
	if d.least {
		end -= d.Step - 1 // the last step ends with the meeting or before
	}
	for i := max(0, int(begin/d.Step)); i < len(d.Crowds); i++ {
		at := time.Duration(i) * d.Step
		if at >= end {
			return
		}
		if at >= begin {
			share := min(1, float64(at-begin)/float64(fill))
			people, cams := share*float64(a.Participants), share*float64(a.Webcams)
			if d.least {
				cams = math.Floor(cams)
			}
			c := &d.Crowds[i]
			c.Participants += people
			c.Webcams += cams
			c.Streams += m.Streams(people, cams)
		}
	}
}

// At returns the time of the i-th value.
func (d Demand) At(i int) time.Time { return d.Start.Add(time.Duration(i) * d.Step) }

// load is the load that people cause on servers, in cores and MiB.
type load struct{ cores, ram float64 }

func (d Demand) load(i int, m sim.LoadModel) load {
	cores, ram := m.Caused(d.Crowds[i])
	return load{cores, ram}
}
