package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// Summary is the reports of several cases: each of one world, one timetable and one
// number of servers, with the same seeds and days. It has at least one.
type Summary struct {
	Reports []Report `json:"reports"`
}

// JSON writes the reports as a list in one object.
func (s Summary) JSON(w io.Writer) error { return writeJSON(w, s) }

// Text writes a table with one row for each case and strategy. The bound has none: what
// it costs is in the figures of the others.
func (s Summary) Text(w io.Writer) error {
	first := s.Reports[0]
	fmt.Fprintf(w, "%s, %s. Cost of bound and overload: mean of the seeds, and worst. Servers, kept, reserve: parts of the cost above the bound. Ended early, refused, flaps: sums.\n\n", days(first.Days), seeds(first.Seeds))
	return writeTable(w, func(row func([]string)) {
		row([]string{"world", "timetable", "servers", "strategy", "cost of bound", "worst", "servers", "kept", "reserve", "overload", "worst", "ended early", "refused", "delay p95", "flaps", "churn a week"})
		for _, r := range s.Reports {
			for _, name := range r.order {
				if name != BoundName {
					row(r.cells(name))
				}
			}
		}
	})
}

// cells returns the row of a strategy.
func (r Report) cells(name string) []string {
	f := r.Strategies[name]
	cost, worstCost := r.overSeeds(name, func(f Figures) float64 { return f.CostOverBound })
	overload, worstOverload := r.overSeeds(name, Figures.overload)
	weeks := float64(len(r.Seeds)*r.Days) / 7
	cells := []string{
		terminal.Quote(r.World), r.Timetable, strconv.Itoa(r.Servers), name, fmt.Sprintf("%.2f", cost), fmt.Sprintf("%.2f", worstCost),
	}
	return append(append(cells, f.AboveBound.cells()...), fleet.Percent(overload, 3), fleet.Percent(worstOverload, 3),
		strconv.Itoa(f.MeetingsEndedEarly), strconv.Itoa(f.MeetingsRefused), fmt.Sprintf("%.0f s", f.CapacityDelayP95),
		strconv.Itoa(f.Flaps), fmt.Sprintf("%.1f", float64(f.Churn)/weeks))
}

// overSeeds returns the mean and the greatest of a figure of a strategy over the seeds.
func (r Report) overSeeds(name string, figure func(Figures) float64) (mean, worst float64) {
	if r.BySeed == nil {
		only := figure(r.Strategies[name])
		return only, only
	}
	for _, seed := range r.Seeds { // in their order, so that the sum has the same last bits each time
		v := figure(r.BySeed[seedKey(seed)][name])
		mean, worst = mean+v, max(worst, v)
	}
	return mean / float64(len(r.Seeds)), worst
}

// overload returns the share of people's time on overloaded servers, from 0 to 1.
func (f Figures) overload() float64 {
	return f.OverloadParticipantMinutes / max(1, f.ParticipantMinutes)
}
