package week

import (
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Bound returns a lower bound for the figures of every scheduler that keeps the
// floor and fills no server above the maximum thresholds, even if it knows the
// future. d is the least demand (LeastDemand); boot is the minimum time from switching
// a server on until it carries people.
//
// The number of servers. At any time the people in meetings cause a load L, in cores
// and in memory. A server of size C holds B + b·C while it is idle, so that with the
// threshold T it carries (T − b)·C − B of L; none carries more than one of the maximum
// size. The need n is therefore at least L divided by that, rounded up: the greater of
// the numbers for cores and for memory, and of the floor.
//
// The cost. The sizes of the k servers that carry L add up to at least
// s(k) = (L + k·B) / (T − b), and to at least k times the default size. At the prices
// of a core and of a GiB, that costs at least p(k), which increases with k, and by more
// from each k to the next. It is therefore at least p(n).
//
// Gaps. A server that starts is on for boot before it carries people. For each level
// k, consider the times at which at least k servers are needed. In a gap between two of
// them, either a server stayed on for the whole gap, or one was stopped and started
// again within it. The first costs the time of the gap, at p(n+1) − p(n) or more; the
// second costs boot, at the price of the default size, since a booting server carries
// nothing. The bound adds the lower of the two. The number of servers that are on at
// the start is free.
//
// The bound holds for schedulers that move meetings between servers and change sizes
// at any time, and so for those that cannot; it cannot be reached by these. It counts a
// meeting only while it has begun and not ended for a whole step of d, and no leak. A
// scheduler that fills servers above the thresholds can go below it, at the cost of
// overload.
func Bound(d Demand, capacity CapacityModel, c fleet.Config, servers int, p sim.Prices, boot time.Duration) sim.Figures {
	var f sim.Figures
	hours := d.Step.Hours()
	need := make([]int, len(d.Crowds))
	// Sums, over the steps before each one, of the hours and of the cost of one server
	// more than needed.
	moreHours, moreCost := make([]float64, len(need)+1), make([]float64, len(need)+1)
	for i := range need {
		l := d.load(i, capacity.Load)
		need[i] = max(c.Capacity.FloorAt("", d.At(i), servers), capacity.servers(l, c.Sizes.Max))
		sum := capacity.together(need[i], l, c.Sizes.Default)
		f.ServerHours += float64(need[i]) * hours
		f.CoreHours += sum.cores * hours
		f.RAMGiBHours += sum.ram / 1024 * hours
		f.Cost += sum.cost(p) * hours
		moreHours[i+1] = moreHours[i] + hours
		moreCost[i+1] = moreCost[i] + (capacity.together(need[i]+1, l, c.Sizes.Default).cost(p)-sum.cost(p))*hours
		f.ParticipantMinutes += d.Crowds[i].Participants * d.Step.Minutes()
	}
	f.ServerHours += gaps(need, moreHours, boot.Hours())
	f.Cost += gaps(need, moreCost, boot.Hours()*sizeOf(c.Sizes.Default).cost(p))
	f.ParticipantMinutes = math.Round(f.ParticipantMinutes)
	return f
}

// together returns the least sum of the sizes of n servers that carry l, each of at
// least the given size.
func (capacity CapacityModel) together(n int, l load, least fleet.Size) load {
	m, k := capacity.Load, float64(n)
	return load{
		max(k*float64(least.Cores), (l.cores+k*m.BaseCores)/(capacity.Max.CPU-m.BaseCoresPerCore)),
		max(k*float64(least.RAM), (l.ram+k*m.BaseRAM)/(capacity.Max.Memory-m.BaseRAMPerGiB/1024)),
	}
}

// sizeOf returns a size as cores and MiB.
func sizeOf(s fleet.Size) load { return load{float64(s.Cores), float64(s.RAM)} }

// cost returns the price of an hour.
func (l load) cost(p sim.Prices) float64 { return p.Of(l.cores, l.ram/1024) }

// gaps returns the sum over the gaps of all levels of need. A gap counts the lower of
// boot and of what bridging it costs; before[i] is the sum of what the steps before i
// cost.
func gaps(need []int, before []float64, boot float64) (sum float64) {
	var last []int // step of each level's last need
	for i, n := range need {
		for k := range n {
			if k == len(last) {
				last = append(last, -1)
			}
			sum += min(boot, before[i]-before[last[k]+1])
			last[k] = i
		}
	}
	return sum
}
