package week

import (
	"math"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// CapacityModel computes how much load of people a server carries when it is
// filled to a maximum workload.
type CapacityModel struct {
	Load sim.LoadModel
	Max  sim.Workload // CPU and memory, from 0 to 1, up to which a server is filled
}

// NewCapacityModel returns the model that fills servers to the maxima of the
// thresholds.
func NewCapacityModel(m sim.LoadModel, t rules.Thresholds) CapacityModel {
	return CapacityModel{m, sim.Workload{CPU: t.CPU.Max, Memory: t.Memory.Max}}
}

// targetOf returns the model that fills servers to the target workload of scaling: to the
// maxima of the thresholds, without the headroom.
func targetOf(m sim.LoadModel, c fleet.Config) CapacityModel {
	free := 1 - c.Capacity.Headroom
	return CapacityModel{m, sim.Workload{CPU: free * c.Thresholds.CPU.Max, Memory: free * c.Thresholds.Memory.Max}}
}

// carries returns the load of people that a server of size s carries in addition
// to what it holds while it is idle.
func (capacity CapacityModel) carries(s fleet.Size) load {
	cores, ram := capacity.Load.Idle(s)
	return load{max(0, capacity.Max.CPU*float64(s.Cores)-cores), max(0, capacity.Max.Memory*float64(s.RAM)-ram)}
}

// servers returns the minimum number of servers of size s that carry l.
func (capacity CapacityModel) servers(l load, s fleet.Size) int {
	c := capacity.carries(s)
	return int(math.Ceil(max(l.cores/c.cores, l.ram/c.ram) - 1e-9))
}

// inServers returns the capacity of servers of several sizes for l's mix of CPU
// and memory, as the number of servers of size unit with the same capacity: of
// all servers that are on, and of those that take meetings.
func (capacity CapacityModel) inServers(counts []SizeCount, unit fleet.Size, l load) (on, takes float64) {
	var sumOn, sumTakes load
	for _, t := range counts {
		c := capacity.carries(t.Size)
		sumOn = sumOn.plus(c, t.On)
		sumTakes = sumTakes.plus(c, t.Takes)
	}
	c := capacity.carries(unit)
	if l == (load{}) {
		l = c // without load, every mix gives the same result
	}
	one := max(l.cores/c.cores, l.ram/c.ram) // the load, in servers of size unit
	return one * min(sumOn.cores/l.cores, sumOn.ram/l.ram), one * min(sumTakes.cores/l.cores, sumTakes.ram/l.ram)
}

func (l load) plus(c load, times int) load {
	return load{l.cores + float64(times)*c.cores, l.ram + float64(times)*c.ram}
}
