package generate

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// forecastScenarios have one active server, whose load is the fleet's.
func (s setup) forecastScenarios() []Scenario {
	var all []Scenario
	if !s.Forecast.Enabled {
		return nil
	}
	for _, h := range s.Forecast.History {
		all = append(all, s.bellScenario(h))
		if h == HistoryDay || !s.coarse {
			all = append(all, s.levelScenario(h), s.calmScenario(h), s.pastScenario(h))
			all = append(all, s.edgeScenarios(h)...)
			if ahead, _ := s.horizons(); ahead > s.settled()+2 {
				all = append(all, s.soonScenario(h))
			}
		}
	}
	all = append(all, s.weekdaysScenario())
	all = append(all, s.rememberedScenarios()...)
	if s.coarse {
		return all
	}
	all = append(all, s.knownRiseScenarios()...)
	return append(all, s.noServerScenario(), s.mildScenario(), s.firstDayScenario())
}

// coarser returns a setup with the longest evaluation interval that the forecast
// works with: promtool would take minutes for a week in short intervals.
func (s setup) coarser() setup {
	s.coarse = true
	s.EvaluationInterval = max(s.EvaluationInterval, min(minutes(4), (model.Duration(s.in.StartTime)+s.Forecast.Margin)/3))
	return s
}

// figures returns the workloads that can be computed from the setup's samples.
func (s setup) figures() []workload {
	if s.coarse {
		return workloads()[1:]
	}
	return workloads()
}

// day is the number of samples in a day.
func (s setup) day() int { return int(24 * time.Hour / s.step()) }

// later appends a second timeline, which begins a number of days after the first.
func (s setup) later(days int, first, second timeline) timeline {
	t := slices.Clone(first)
	t = append(t, nothing(days*s.day()-first.length()))
	return append(t, second...)
}

// fleetOfOne is one active server with the same CPU and memory workload.
func (s setup) fleetOfOne(name string, t timeline) Scenario {
	on := make(timeline, len(t))
	sc := Scenario{Name: "forecast: " + name}
	at := 0
	for i, sp := range t {
		on[i] = sp
		on[i].value = 1
		if sp.gap && sp.samples > s.day()/2 {
			sc.Quiet = append(sc.Quiet, Stretch{s.at(at) + 2*lookback + 2*time.Duration(s.RateWindow), s.at(at + sp.samples)})
		}
		at += sp.samples
	}
	sc.Series = s.memory(host(1), t)
	if !s.coarse {
		sc.Series = append(sc.Series, s.cpu(host(1), t)...)
	}
	sc.Series = append(sc.Series, s.fleetRead(t), s.inState(host(1), "active", on))
	return sc
}

// horizons returns the horizons of scale-out and of scale-in, in samples.
func (s setup) horizons() (ahead, further int) {
	a := model.Duration(s.in.StartTime) + s.Forecast.Margin
	return int(a / s.EvaluationInterval), int(max(a, s.Forecast.Hold) / s.EvaluationInterval)
}

// loadsAhead checks the predicted loads of a fleet of one server, as shares of the
// server's capacity.
func (s setup) loadsAhead(sample int, w workload, want, within float64) []Check {
	has := map[string]float64{fleetCores: 1, fleetRoom: s.roomOf(serverBytes)}[w.capacity]
	return []Check{s.nearAt(sample, w.loadForecast, want*has, within*has), s.nearAt(sample, w.loadOutlook, want*has, within*has)}
}

func daysOf(h History) int { return int(historyAge[h] / (24 * time.Hour)) }

// bellScenario is an hour of low load and a sudden rise, and, a day or a week
// later, the same hour of low load.
func (s setup) bellScenario(h History) Scenario {
	ahead, further := s.horizons()
	n, calm := s.patience(rules.FleetForecastHigh), s.patience(rules.FleetWorkloadLow)+s.settled()
	top := max(s.in.Thresholds.CPU.Max, s.in.Thresholds.Memory.Max)
	low, high := min(s.in.Thresholds.CPU.Min, s.in.Thresholds.Memory.Min), (1+top)/2
	low = min(low, s.aboveTarget(s.in.Thresholds.CPU)/2, s.aboveTarget(s.in.Thresholds.Memory)/2)
	quiet := further + calm + 4
	first := timeline{steady(low, quiet), steady(high, s.settled()+n+4)}
	today := daysOf(h) * s.day()
	sc := s.fleetOfOne(fmt.Sprintf("a %s after a sudden rise, the alert fires one start time before it, and scale-in stops earlier", h),
		s.later(daysOf(h), first, timeline{steady(low, quiet+2)}))
	// The CPU workload rises a sample later, so that memory makes the alert fire.
	asks := today + quiet - ahead
	sc.Checks = []Check{
		s.absentAt(quiet-1, memoryForecast), s.firingAt(quiet-1, rules.FleetForecastHigh, 0),
		s.firingAt(quiet-1, rules.FleetHistoryMissing, boolean(quiet > s.patience(rules.FleetHistoryMissing))), s.firingAt(today+quiet, rules.FleetHistoryMissing, 0),
		s.valueAt(asks-1, memoryForecast, low), s.nearAt(asks, memoryForecast, high, 1e-3),
		s.firingAt(asks+n-1, rules.FleetForecastHigh, 0), s.firingAt(asks+n, rules.FleetForecastHigh, 1),
		s.valueAt(today+quiet-further-1, memoryExpected, low), s.nearAt(today+quiet-further, memoryExpected, high, 1e-3),
	}
	if s.coarse {
		return sc
	}
	shown := s.settled() + 1
	sc.Checks = append(sc.Checks,
		s.firingAt(quiet-1, rules.FleetWorkloadLow, 1), s.absentAt(quiet-1, cpuForecast),
		s.firingAt(today+quiet-further-1, rules.FleetWorkloadLow, 1), s.firingAt(today+quiet-further, rules.FleetWorkloadLow, 0),
		s.nearAt(asks+shown, cpuForecast, high, 1e-3), s.valueAt(asks-1, cpuForecast, low),
		s.valueAt(today+quiet-further-1, cpuExpected, low), s.nearAt(today+quiet-further+shown, cpuExpected, high, 1e-3),
		Check{At: s.at(asks + shown), Alert: rules.FleetForecastHigh, Annotations: map[string]string{
			rules.AnnotationCPU: fmt.Sprintf(ratio, high), rules.AnnotationMemory: fmt.Sprintf(ratio, high),
			rules.AnnotationCores: fmt.Sprintf(cores, high), rules.AnnotationRAM: fmt.Sprintf(count, high*s.roomOf(serverBytes)/(1<<20))}})
	return sc
}

// pastScenario has a peak that has just ended: it is no longer in the horizon.
func (s setup) pastScenario(h History) Scenario {
	_, further := s.horizons()
	calm := s.settled()
	sc := s.fleetOfOne(fmt.Sprintf("a peak that ended at this time a %s ago is not predicted", h), s.later(daysOf(h),
		timeline{steady(0.6, 5*calm), steady(0.1, further+2*calm+4)}, timeline{steady(0.1, 6*calm+4)}))
	passed := 6*calm + 1
	seen := min(passed+1, int(s.Forecast.LevelWindow/s.EvaluationInterval))
	peak := max(0, 5*calm-(passed+1-seen))
	then := (0.6*float64(peak) + 0.1*float64(seen-peak)) / float64(seen)
	want := 0.1 * min(s.Forecast.LevelMax, (0.1+s.Forecast.LevelPrior*0.1)/(then+s.Forecast.LevelPrior*0.1))
	for _, wl := range s.figures() {
		// The CPU workload changes a sample late, which changes the level slightly.
		sc.Checks = append(sc.Checks, s.loadsAhead(daysOf(h)*s.day()+passed, wl, want, 0.07*want)...)
	}
	return sc
}

// soonScenario has a short peak at the beginning of the horizon, and a low load in
// the rest of it.
func (s setup) soonScenario(h History) Scenario {
	_, further := s.horizons()
	calm := s.settled()
	sc := s.fleetOfOne(fmt.Sprintf("a short peak in the next minutes, a %s ago, is predicted", h), s.later(daysOf(h),
		timeline{steady(0.1, 2*calm), steady(0.6, calm), steady(0.1, further+4)}, timeline{steady(0.1, 2*calm+4)}))
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.loadsAhead(daysOf(h)*s.day()+2*calm-1, wl, 0.6, 0.01)...)
	}
	return sc
}

// edgeScenarios have a predicted workload that is at the threshold, or just below
// it.
func (s setup) edgeScenarios(h History) []Scenario {
	ahead, _ := s.horizons()
	n := s.patience(rules.FleetForecastHigh) + s.settled() + 4
	today := daysOf(h) * s.day()
	if n >= ahead {
		return nil
	}
	var all []Scenario
	edge := func(word string, limit, to float64, want int, series func(string, timeline) []Series) {
		t := s.later(daysOf(h), timeline{steady(limit/2, n), steady(to, ahead+4)}, timeline{steady(limit/2, n)})
		sc := s.fleetOfOne(fmt.Sprintf("%s of %s ahead, %s", word, exact(to), h), t)
		sc.Series = append(series(host(1), t), sc.Series[len(sc.Series)-2:]...)
		sc.Checks = []Check{s.firingAt(today+n-1, rules.FleetForecastHigh, want)}
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

// mildScenario has a low load now and, by its history, twice that load later,
// which is low as well.
func (s setup) mildScenario() Scenario {
	h := s.Forecast.History[0]
	_, further := s.horizons()
	n := s.patience(rules.FleetWorkloadLow) + s.settled() + 2
	little := min(s.in.Thresholds.CPU.Min, s.in.Thresholds.Memory.Min) / 4
	sc := s.fleetOfOne(rules.FleetWorkloadLow+": annotations have the predicted load", s.later(daysOf(h),
		timeline{steady(little, n), steady(2*little, n+further)}, timeline{steady(little, n)}))
	sc.Checks = []Check{{At: s.at(daysOf(h)*s.day() + n - 1), Alert: rules.FleetWorkloadLow, Annotations: map[string]string{
		rules.AnnotationCPU: fmt.Sprintf(ratio, 2*little), rules.AnnotationMemory: fmt.Sprintf(ratio, 2*little),
		rules.AnnotationCores: fmt.Sprintf(cores, 2*little), rules.AnnotationRAM: fmt.Sprintf(count, 2*little*s.roomOf(serverBytes)/(1<<20))}}}
	return sc
}
