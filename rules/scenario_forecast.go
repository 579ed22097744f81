package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// forecastScenarios have one active server, whose load is the fleet's.
func (s stage) forecastScenarios() []Scenario {
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
	if !s.coarse && s.Trend.Window > 0 && slices.Contains(s.Forecast.History, HistoryDay) {
		for _, f := range s.followed() {
			if f.alert == FleetLoadRising {
				all = append(all, s.knownRiseScenario(f))
			}
		}
	}
	if s.coarse {
		return all
	}
	return append(all, s.noServerScenario(), s.mildScenario(), s.firstDayScenario())
}

// coarser is a stage whose samples are as far apart as a forecast bears: a
// week of fine ones would take promtool minutes.
func (s stage) coarser() stage {
	s.coarse = true
	s.EvaluationInterval = max(s.EvaluationInterval, min(minutes(4), (model.Duration(s.in.StartTime)+s.Forecast.Margin)/3))
	return s
}

// figures are the workloads that the stage's samples can show.
func (s stage) figures() []workload {
	if s.coarse {
		return workloads()[1:]
	}
	return workloads()
}

// day is the number of samples in a day.
func (s stage) day() int { return int(24 * time.Hour / s.step()) }

// later puts another day's timelines after the first one's.
func (s stage) later(days int, first, second timeline) timeline {
	t := slices.Clone(first)
	t = append(t, nothing(days*s.day()-first.length()))
	return append(t, second...)
}

// fleetOfOne is one active server with the same CPU and memory workload.
func (s stage) fleetOfOne(name string, t timeline) Scenario {
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

// horizons are how far the forecast and the outlook look, in samples.
func (s stage) horizons() (ahead, further int) {
	a := model.Duration(s.in.StartTime) + s.Forecast.Margin
	return int(a / s.EvaluationInterval), int(max(a, s.Forecast.Hold) / s.EvaluationInterval)
}

// loadsAhead checks the loads ahead of a fleet of one, as a share of what the
// server has.
func (s stage) loadsAhead(sample int, w workload, want, within float64) []Check {
	has := map[string]float64{fleetCores: 1, fleetBytes: stageBytes}[w.capacity]
	return []Check{s.nearAt(sample, w.loadForecast, want*has, within*has), s.nearAt(sample, w.loadOutlook, want*has, within*has)}
}

func daysOf(h History) int { return int(historyAge[h] / (24 * time.Hour)) }

// bellScenario is a calm hour and a bell, and the calm of the same hour later.
func (s stage) bellScenario(h History) Scenario {
	ahead, further := s.horizons()
	n, calm := s.patience(FleetForecastHigh), s.patience(FleetWorkloadLow)+s.settled()
	top := max(s.in.Thresholds.CPU.Max, s.in.Thresholds.Memory.Max)
	low, high := min(s.in.Thresholds.CPU.Min, s.in.Thresholds.Memory.Min), (1+top)/2
	low = min(low, s.aboveTarget(s.in.Thresholds.CPU)/2, s.aboveTarget(s.in.Thresholds.Memory)/2)
	quiet := further + calm + 4
	first := timeline{steady(low, quiet), steady(high, s.settled()+n+4)}
	today := daysOf(h) * s.day()
	sc := s.fleetOfOne(fmt.Sprintf("a %s after a bell, servers are started a start's time before it, and none is drained shortly before that", h),
		s.later(daysOf(h), first, timeline{steady(low, quiet+2)}))
	// The bell shows a sample later in the CPU workload; memory speaks first.
	asks := today + quiet - ahead
	sc.Checks = []Check{
		s.absentAt(quiet-1, memoryForecast), s.firingAt(quiet-1, FleetForecastHigh, 0),
		s.firingAt(quiet-1, FleetHistoryMissing, boolean(quiet > s.patience(FleetHistoryMissing))), s.firingAt(today+quiet, FleetHistoryMissing, 0),
		s.valueAt(asks-1, memoryForecast, low), s.nearAt(asks, memoryForecast, high, 1e-3),
		s.firingAt(asks+n-1, FleetForecastHigh, 0), s.firingAt(asks+n, FleetForecastHigh, 1),
		s.valueAt(today+quiet-further-1, memoryExpected, low), s.nearAt(today+quiet-further, memoryExpected, high, 1e-3),
	}
	if s.coarse {
		return sc
	}
	shown := s.settled() + 1
	sc.Checks = append(sc.Checks,
		s.firingAt(quiet-1, FleetWorkloadLow, 1), s.absentAt(quiet-1, cpuForecast),
		s.firingAt(today+quiet-further-1, FleetWorkloadLow, 1), s.firingAt(today+quiet-further, FleetWorkloadLow, 0),
		s.nearAt(asks+shown, cpuForecast, high, 1e-3), s.valueAt(asks-1, cpuForecast, low),
		s.valueAt(today+quiet-further-1, cpuExpected, low), s.nearAt(today+quiet-further+shown, cpuExpected, high, 1e-3),
		Check{At: s.at(asks + shown), Alert: FleetForecastHigh, Annotations: map[string]string{
			AnnotationCPU: fmt.Sprintf(ratio, high), AnnotationMemory: fmt.Sprintf(ratio, high),
			AnnotationCores: fmt.Sprintf(cores, high), AnnotationRAM: fmt.Sprintf(count, high*stageBytes/(1<<20))}})
	return sc
}

// levelScenario has a day whose load differs from that of its history.
func (s stage) levelScenario(h History) Scenario {
	_, further := s.horizons()
	w := int(s.Forecast.LevelWindow / s.EvaluationInterval)
	third := w / 2
	then := timeline{steady(0.3, third), steady(0.1, third), steady(0.2, w-third), steady(0.5, further+4)}
	now := timeline{steady(0.6, third), steady(0.2, third), steady(0.3, w-third), steady(0.3, 4)}
	today := daysOf(h) * s.day()
	at := third + w - 1
	mean := func(t timeline) float64 {
		return (t[1].value*float64(third) + t[2].value*float64(w-third)) / float64(w)
	}
	predicted := 0.5 * min(s.Forecast.LevelMax, (mean(now)+s.Forecast.LevelPrior*0.5)/(mean(then)+s.Forecast.LevelPrior*0.5))
	sc := s.fleetOfOne(fmt.Sprintf("a %s ago, scaled by the level of today", h), s.later(daysOf(h), then, now))
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.nearAt(today+at, wl.forecast, predicted, 0.04), s.nearAt(today+at, wl.expected, predicted, 0.04))
	}
	return sc
}

// calmScenario has a history far below the present load.
func (s stage) calmScenario(h History) Scenario {
	_, further := s.horizons()
	long := further + s.settled()
	today := daysOf(h) * s.day()
	flat := func(v float64) timeline { return timeline{steady(v, long)} }
	sc := s.fleetOfOne(fmt.Sprintf("never less than the present, and bounded, where a %s ago was calm", h),
		s.later(daysOf(h), flat(0.05), flat(0.3)))
	bounded := 0.05 * min(s.Forecast.LevelMax, (0.3+s.Forecast.LevelPrior*0.05)/(0.05+s.Forecast.LevelPrior*0.05))
	at := today + s.settled()
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.valueAt(at, wl.forecast, max(0.3, bounded)), s.valueAt(at, wl.expected, max(0.3, bounded)))
		sc.Checks = append(sc.Checks, s.loadsAhead(at, wl, bounded, 1e-5)...)
	}
	return sc
}

// pastScenario has a peak that is just over: it is not ahead any more.
func (s stage) pastScenario(h History) Scenario {
	_, further := s.horizons()
	calm := s.settled()
	sc := s.fleetOfOne(fmt.Sprintf("a peak that ended at this time a %s ago is not ahead", h), s.later(daysOf(h),
		timeline{steady(0.6, 5*calm), steady(0.1, further+2*calm+4)}, timeline{steady(0.1, 6*calm+4)}))
	passed := 6*calm + 1
	seen := min(passed+1, int(s.Forecast.LevelWindow/s.EvaluationInterval))
	peak := max(0, 5*calm-(passed+1-seen))
	then := (0.6*float64(peak) + 0.1*float64(seen-peak)) / float64(seen)
	want := 0.1 * min(s.Forecast.LevelMax, (0.1+s.Forecast.LevelPrior*0.1)/(then+s.Forecast.LevelPrior*0.1))
	for _, wl := range s.figures() {
		// The CPU workload shows a sample late, which moves the level a little.
		sc.Checks = append(sc.Checks, s.loadsAhead(daysOf(h)*s.day()+passed, wl, want, 0.07*want)...)
	}
	return sc
}

// soonScenario has a short peak right ahead, and calm for the rest of the
// horizon.
func (s stage) soonScenario(h History) Scenario {
	_, further := s.horizons()
	calm := s.settled()
	sc := s.fleetOfOne(fmt.Sprintf("a short peak right ahead, a %s ago", h), s.later(daysOf(h),
		timeline{steady(0.1, 2*calm), steady(0.6, calm), steady(0.1, further+4)}, timeline{steady(0.1, 2*calm+4)}))
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.loadsAhead(daysOf(h)*s.day()+2*calm-1, wl, 0.6, 0.01)...)
	}
	return sc
}
