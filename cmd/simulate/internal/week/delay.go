package week

import (
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// riseFrom and riseUntil bound the time of day in which delays are measured: the
// rise of the load around the first lesson at 08:00 (assumption).
var riseFrom, riseUntil = 7*time.Hour + 30*time.Minute, 9*time.Hour + 30*time.Minute

// Delays returns, for the mornings, how long the fleet's capacity was behind the
// need. There is one delay for each additional server that the load needed: the
// time from when the server was first needed until the fleet had that capacity, or
// 0 if the fleet had it before. Need and capacity are numbers of servers of size
// unit, filled to the maximum thresholds. Servers up to floor are not counted. If
// the need ends before the capacity is there, the delay ends with it.
func Delays(d Demand, samples []Sample, capacity CapacityModel, unit fleet.Size, floor int) []time.Duration {
	var out []time.Duration
	i := 0
	for i < len(samples) {
		day := samples[i].At
		midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location())
		var rise []Sample
		for i < len(samples) && samples[i].At.Before(midnight.AddDate(0, 0, 1)) {
			if at := clockOf(samples[i].At, midnight); at >= riseFrom && at < riseUntil {
				rise = append(rise, samples[i])
			}
			i++
		}
		out = append(out, d.delays(rise, capacity, unit, floor)...)
	}
	return out
}

// clockOf returns the local time of day.
func clockOf(t, midnight time.Time) time.Duration {
	h, m, s := t.In(midnight.Location()).Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

func (d Demand) delays(rise []Sample, capacity CapacityModel, unit fleet.Size, floor int) []time.Duration {
	var out []time.Duration
	waiting := map[int]time.Time{} // level → since when
	highest := floor
	for _, s := range rise {
		step := int(s.At.Sub(d.Start) / d.Step)
		if step >= len(d.Crowds) {
			break
		}
		l := d.load(step, capacity.Load)
		need := capacity.servers(l, unit)
		for ; highest < need; highest++ {
			waiting[highest+1] = s.At
		}
		_, have := capacity.inServers(s.Counts, unit, l)
		for level, since := range waiting {
			if have >= float64(level)-1e-9 || need < level {
				out = append(out, s.At.Sub(since))
				delete(waiting, level)
			}
		}
	}
	for _, since := range waiting {
		out = append(out, rise[len(rise)-1].At.Sub(since))
	}
	return out
}

// Percentile returns the p-th percentile of ds, for p from 0 to 100, or 0 if ds is
// empty.
func Percentile(ds []time.Duration, p float64) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(ds))
	return sorted[max(0, int(math.Ceil(p/100*float64(len(sorted))))-1)]
}
