package rules

import (
	"fmt"
	"slices"
)

// edgeScenarios have one workload of which as much as the threshold, or a hair
// less, is ahead.
func (s stage) edgeScenarios(h History) []Scenario {
	ahead, _ := s.horizons()
	n := s.patience(FleetForecastHigh) + s.settled() + 4
	today := daysOf(h) * s.day()
	if n >= ahead {
		return nil
	}
	var all []Scenario
	edge := func(word string, limit, to float64, want int, series func(string, timeline) []Series) {
		t := s.later(daysOf(h), timeline{steady(limit/2, n), steady(to, ahead+4)}, timeline{steady(limit/2, n)})
		sc := s.fleetOfOne(fmt.Sprintf("%s of %s ahead, %s", word, exact(to), h), t)
		sc.Series = append(series(host(1), t), sc.Series[len(sc.Series)-2:]...)
		sc.Checks = []Check{s.firingAt(today+n-1, FleetForecastHigh, want)}
		all = append(all, sc)
	}
	memory, cpu := s.aboveTarget(s.in.Thresholds.Memory), s.aboveTarget(s.in.Thresholds.CPU)
	edge("memory", memory, reached(memory), 1, s.memory)
	edge("memory", memory, missed(memory), 0, s.memory)
	if !s.coarse {
		edge("CPU", cpu, reached(cpu), 1, s.cpu)
		edge("CPU", cpu, missed(cpu), 0, s.cpu)
	}
	return all
}

// weekdaysScenario has a load at the same hour of eight days, growing by day.
// The beginning of time, and of a unit test, was a Thursday.
func (s stage) weekdaysScenario() Scenario {
	n := s.settled() + 4
	var t timeline
	for d := range 8 {
		if d > 0 {
			t = append(t, nothing(d*s.day()-t.length()))
		}
		t = append(t, steady(0.05*float64(d+1), n))
	}
	sc := s.fleetOfOne("Monday does not resemble the day before; a week ago is better than yesterday", t)
	daily, weekly := slices.Contains(s.Forecast.History, HistoryDay), slices.Contains(s.Forecast.History, HistoryWeek)
	has := func(d int) bool { return daily && d > 0 && d != 4 || weekly && d == 7 }
	for _, wl := range s.figures() {
		for d := range 8 {
			at := s.at(d*s.day() + n - 2)
			for _, record := range []string{wl.forecast, wl.loadOutlook} {
				sc.Checks = append(sc.Checks, Check{At: at, Expr: "count(" + s.rec(record) + ") or vector(0)", Want: float64(boolean(has(d)))})
			}
		}
		if s.Forecast.History[0] == HistoryWeek {
			sc.Checks = append(sc.Checks, s.loadsAhead(7*s.day()+n-2, wl, 0.05*min(s.Forecast.LevelMax,
				(0.4+s.Forecast.LevelPrior*0.05)/(0.05+s.Forecast.LevelPrior*0.05)), 1e-5)...)
		}
	}
	return sc
}

// noServerScenario has history and, today, no active server.
func (s stage) noServerScenario() Scenario {
	h := s.Forecast.History[0]
	n := s.settled() + 4
	today := daysOf(h) * s.day()
	sc := s.fleetOfOne("no server, no workload", s.later(daysOf(h), timeline{steady(0.5, n)}, timeline{steady(0.5, n)}))
	sc.Series[len(sc.Series)-1] = s.inState(host(1), "active", timeline{steady(1, n)})
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.absentAt(today+n-1, wl.forecast), s.absentAt(today+n-1, wl.expected))
	}
	return sc
}

// mildScenario has little load now and, by its history, twice that later, which
// still is little.
func (s stage) mildScenario() Scenario {
	h := s.Forecast.History[0]
	_, further := s.horizons()
	n := s.patience(FleetWorkloadLow) + s.settled() + 2
	little := min(s.in.Thresholds.CPU.Min, s.in.Thresholds.Memory.Min) / 4
	sc := s.fleetOfOne(FleetWorkloadLow+" tells of the load to come", s.later(daysOf(h),
		timeline{steady(little, n), steady(2*little, n+further)}, timeline{steady(little, n)}))
	sc.Checks = []Check{{At: s.at(daysOf(h)*s.day() + n - 1), Alert: FleetWorkloadLow, Annotations: map[string]string{
		AnnotationCPU: fmt.Sprintf(ratio, 2*little), AnnotationMemory: fmt.Sprintf(ratio, 2*little),
		AnnotationCores: fmt.Sprintf(cores, 2*little), AnnotationRAM: fmt.Sprintf(count, 2*little*stageBytes/(1<<20))}}}
	return sc
}

// firstDayScenario has no day before it.
func (s stage) firstDayScenario() Scenario {
	n := s.patience(FleetHistoryMissing)
	sc := s.fleetOfOne("nothing to go by on a first day", timeline{steady(0.1, n+2)})
	sc.Checks = []Check{
		s.firingAt(n-1, FleetHistoryMissing, 0), s.firingAt(n, FleetHistoryMissing, 1),
		{At: s.at(n), Alert: FleetHistoryMissing, Annotations: map[string]string{AnnotationValue: "0"}},
	}
	return sc
}
