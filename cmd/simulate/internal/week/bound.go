package week

import (
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Bound returns a lower bound for the figures of every scheduler that keeps the
// floor and fills no server above the maximum thresholds, even if it knows the
// future. boot is the minimum time from switching a server on until it carries
// people.
//
// At any time the people in meetings cause a load L, in cores and in memory. Each
// server that is on has an additional base load B. A server of the maximum size C
// that is filled to the threshold T carries T·C − B of L; no server carries more.
// The need is therefore at least L / (T·C − B) servers, rounded up: the greater
// number of those for cores and for memory. The n servers that are needed must have at least
// (L + n·B) / T cores and memory, and at least n times the default size. The bound
// is the integral of these over the week, plus the result of bootHours for the
// server-hours.
//
// The bound cannot be reached: it assumes that meetings move between servers, that
// their beginning, end and webcams are known in advance, and that servers change their
// size without delay. A scheduler that fills servers above the thresholds can go
// below it, at the cost of overload.
func Bound(d Demand, capacity CapacityModel, c fleet.Config, servers int, p sim.Prices, boot time.Duration) sim.Figures {
	var f sim.Figures
	hours := d.Step.Hours()
	need := make([]int, len(d.Crowds))
	for i := range d.Crowds {
		l := d.load(i, capacity.Load)
		need[i] = max(c.Capacity.FloorAt("", d.At(i), servers), capacity.servers(l, c.Sizes.Max))
		n := float64(need[i])
		cores := max(n*float64(c.Sizes.Default.Cores), (l.cores+n*capacity.Load.BaseCores)/(capacity.Max.CPU-capacity.Load.BaseCoresPerCore))
		ram := max(n*float64(c.Sizes.Default.RAM), (l.ram+n*capacity.Load.BaseRAM)/(capacity.Max.Memory-capacity.Load.BaseRAMPerGiB/1024))
		f.ServerHours += n * hours
		f.CoreHours += cores * hours
		f.RAMGiBHours += ram / 1024 * hours
		f.ParticipantMinutes += d.Crowds[i].Participants * d.Step.Minutes()
	}
	f.ServerHours += bootHours(need, d.Step, boot)
	f.Cost = f.CoreHours*p.CoreHour + f.RAMGiBHours*p.GiBHour
	f.ParticipantMinutes = math.Round(f.ParticipantMinutes)
	return f
}

// bootHours returns the minimum time in hours that servers are on beyond the need.
// A server that starts is on for boot before it carries people. For each level k,
// consider the times at which at least k servers are needed. In a gap between two
// of them, either a server stayed on for the whole gap, or one was stopped and
// started again, which costs boot; the bound counts the shorter of the two. The
// number of servers that are on at the start is free.
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
