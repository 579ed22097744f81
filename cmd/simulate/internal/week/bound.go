package week

import (
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Bound is a lower bound of what any scheduler can reach that knows the future,
// keeps the floor, and fills no server above the maximum thresholds. A server
// takes at least boot from being switched on until it carries anyone.
//
// At any time the people who are in meetings put a load L on the servers that
// are on, beside what each server needs for itself, B. A server of the greatest
// size, C, that is filled exactly to the threshold T carries T·C − B of it, in
// cores and in memory, and none carries more; so at least L / (T·C − B) servers
// carry it, rounded up, by whichever of the two asks for more: the need. Their
// cores, filled to the threshold, must hold L and the servers' own needs: at
// least (L + n·B) / T, and at least the default size of each. The integral of
// these over the week is what nobody can go below, and for server-hours the
// boots are added, as bootHours derives.
//
// It is not reachable: it moves meetings between servers at will, knows when
// each begins and ends and how many webcams it will have, and lets every server
// grow and shrink without waiting. A scheduler that fills servers above the
// thresholds can go below it, at the cost of overload.
func Bound(d Demand, capacity CapacityModel, c fleet.Config, servers int, p sim.Prices, boot time.Duration) sim.Figures {
	var f sim.Figures
	hours := d.Step.Hours()
	need := make([]int, len(d.People))
	for i := range d.People {
		l := d.load(i, capacity.Load)
		need[i] = max(c.Capacity.FloorAt(d.At(i), servers), capacity.servers(l, c.Sizes.Max))
		n := float64(need[i])
		cores := max(n*float64(c.Sizes.Default.Cores), (l.cores+n*capacity.Load.BaseCores)/capacity.Max.CPU)
		ram := max(n*float64(c.Sizes.Default.RAM), (l.ram+n*capacity.Load.BaseRAM)/capacity.Max.Memory)
		f.ServerHours += n * hours
		f.CoreHours += cores * hours
		f.RAMGiBHours += ram / 1024 * hours
		f.ParticipantMinutes += d.People[i] * d.Step.Minutes()
	}
	f.ServerHours += bootHours(need, d.Step, boot)
	f.Cost = f.CoreHours*p.CoreHour + f.RAMGiBHours*p.GiBHour
	f.ParticipantMinutes = math.Round(f.ParticipantMinutes)
	return f
}

// bootHours is the least time that servers are on beyond the need. Whenever a
// scheduler has more servers that can carry people than the moment before, each
// of those that came was on for boot without. Taken level by level — the times
// at which there are at least k of them, which hold those at which k are needed
// — each gap between two needs of a level was either bridged, by a server that
// stayed on, or closed with one such start, whichever is shorter. A week begins
// with as many servers on as a scheduler likes.
func bootHours(need []int, step, boot time.Duration) float64 {
	var sum time.Duration
	var last []int // step of each level's last need
	for i, n := range need {
		for k := range n {
			if k == len(last) {
				last = append(last, -1)
			}
			sum += min(boot, time.Duration(i-last[k]-1)*step)
			last[k] = i
		}
	}
	return sum.Hours()
}
