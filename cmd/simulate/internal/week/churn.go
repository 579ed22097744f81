package week

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// churnWithin is the time after a stop within which a start counts as churn, and after a
// start within which the load may still justify it: a forecast acts ahead of the load
// (assumption, as sim.FlapWithin is).
const churnWithin = sim.FlapWithin

// Churn counts the needless starts of a pool: those within churnWithin after a stop, of
// whatever server, that neither load nor floor asked for. switches are in the order of
// time.
//
// Each stop is paired with at most one start, and each start with the last stop before it
// was asked for that has no start yet: a start that the cloud is carrying out when a server
// stops is no answer to that stop. Let n be the number of starts of the pool from that stop up to
// this start. The load asked for the start if, at any time from the stop until
// churnWithin after the start, the load of people is above that at the stop by what n
// servers of the default size carry at the target workload of scaling. The floor asked
// for it if it is higher at the start than at the stop.
//
// A server that replaces one that was stopped because it had failed counts as well: in a
// run with faults, compare the figure with that of a run without.
func Churn(switches []sim.Switch, d Demand, target CapacityModel, c fleet.Config, tag string, servers int) (churn int) {
	one := target.carries(c.Sizes.Default)
	var stops []time.Time // without a start
	var starts []time.Time
	for _, s := range switches {
		if !s.On {
			stops = append(stops, s.At)
			continue
		}
		starts = append(starts, s.At)
		i := len(stops) - 1
		for i >= 0 && stops[i].After(s.Asked) {
			i--
		}
		if i < 0 {
			continue
		}
		stop := stops[i]
		stops = slices.Delete(stops, i, i+1)
		if s.At.Sub(stop) > churnWithin {
			continue
		}
		n := len(starts) - slices.IndexFunc(starts, func(t time.Time) bool { return !t.Before(stop) })
		floor := func(t time.Time) int { return c.Capacity.FloorAt(tag, t, servers) }
		if floor(s.At) <= floor(stop) && !d.rises(stop, s.At.Add(churnWithin), load{}.plus(one, n), target.Load) {
			churn++
		}
	}
	return churn
}

// rises reports whether the load is above that at from by more at any time until until,
// in cores or in memory.
func (d Demand) rises(from, until time.Time, more load, m sim.LoadModel) bool {
	first := max(0, int(from.Sub(d.Start)/d.Step))
	last := min(len(d.Crowds)-1, int(until.Sub(d.Start)/d.Step))
	for i := first + 1; i <= last; i++ {
		if then, now := d.load(first, m), d.load(i, m); now.cores-then.cores >= more.cores || now.ram-then.ram >= more.ram {
			return true
		}
	}
	return false
}
