package week

import (
	"math"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Bound is a lower bound of what any scheduler can reach that knows the future,
// keeps the floor, and fills no server above the maximum thresholds.
//
// At any time the people who are in meetings put a load L on the servers that
// are on, beside what each server needs for itself, B. A server of the greatest
// size, C, that is filled exactly to the threshold T carries T·C − B of it, in
// cores and in memory, and none carries more; so at least L / (T·C − B) servers
// are on, rounded up, by whichever of the two asks for more. Their cores,
// filled to the threshold, must hold L and the servers' own needs: at least
// (L + n·B) / T, and at least the default size of each. The integral of these
// over the week is what nobody can go below.
//
// It is not reachable: it moves meetings between servers at will, knows when
// each begins and ends, starts servers in no time, and lets every server grow
// and shrink without waiting. A scheduler that fills servers above the
// thresholds can go below it, at the cost of overload.
func Bound(d Demand, y Yard, c actions.Config, p sim.Prices) sim.Figures {
	var f sim.Figures
	hours := d.Step.Hours()
	for i := range d.People {
		l := d.load(i, y.Model)
		n := float64(max(c.Capacity.FloorAt(d.At(i)), y.servers(l, c.Sizes.Max)))
		cores := max(n*float64(c.Sizes.Default.Cores), (l.cores+n*y.Model.BaseCores)/y.Top.CPU)
		ram := max(n*float64(c.Sizes.Default.RAM), (l.ram+n*y.Model.BaseRAM)/y.Top.Memory)
		f.ServerHours += n * hours
		f.CoreHours += cores * hours
		f.RAMGiBHours += ram / 1024 * hours
		f.ParticipantMinutes += d.People[i] * d.Step.Minutes()
	}
	f.Cost = f.CoreHours*p.CoreHour + f.RAMGiBHours*p.GiBHour
	f.ParticipantMinutes = math.Round(f.ParticipantMinutes)
	return f
}
