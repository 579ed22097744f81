package generate

import (
	"fmt"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// levelScenario has a day whose load differs from that of its history.
func (s setup) levelScenario(h History) Scenario {
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
	sc := s.fleetOfOne(fmt.Sprintf("the load of a %s ago, multiplied by the level of today", h), s.later(daysOf(h), then, now))
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.nearAt(today+at, wl.forecast, predicted, 0.04), s.nearAt(today+at, wl.expected, predicted, 0.04))
	}
	return sc
}

// calmScenario has a load in its history that is far below the present load.
func (s setup) calmScenario(h History) Scenario {
	_, further := s.horizons()
	long := further + s.settled()
	today := daysOf(h) * s.day()
	flat := func(v float64) timeline { return timeline{steady(v, long)} }
	sc := s.fleetOfOne(fmt.Sprintf("at least the present load, and limited by level_max, if a %s ago had little load", h),
		s.later(daysOf(h), flat(0.05), flat(0.3)))
	bounded := 0.05 * min(s.Forecast.LevelMax, (0.3+s.Forecast.LevelPrior*0.05)/(0.05+s.Forecast.LevelPrior*0.05))
	at := today + s.settled()
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.valueAt(at, wl.forecast, max(0.3, bounded)), s.valueAt(at, wl.expected, max(0.3, bounded)))
		sc.Checks = append(sc.Checks, s.loadsAhead(at, wl, bounded, 1e-5)...)
	}
	return sc
}

// weekdaysScenario has a load at the same hour of eight days, which grows from day
// to day. A unit test begins at the Unix epoch, which was a Thursday.
func (s setup) weekdaysScenario() Scenario {
	n := s.settled() + 4
	var t timeline
	for d := range 8 {
		if d > 0 {
			t = append(t, nothing(d*s.day()-t.length()))
		}
		t = append(t, steady(0.05*float64(d+1), n))
	}
	sc := s.fleetOfOne("a Monday is not predicted from the day before; a week ago has priority over yesterday", t)
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
func (s setup) noServerScenario() Scenario {
	h := s.Forecast.History[0]
	n := s.settled() + 4
	today := daysOf(h) * s.day()
	sc := s.fleetOfOne("without servers there is no workload", s.later(daysOf(h), timeline{steady(0.5, n)}, timeline{steady(0.5, n)}))
	sc.Series[len(sc.Series)-1] = s.inState(host(1), "active", timeline{steady(1, n)})
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.absentAt(today+n-1, wl.forecast), s.absentAt(today+n-1, wl.expected))
	}
	return sc
}

// firstDayScenario has no earlier day.
func (s setup) firstDayScenario() Scenario {
	n := s.patience(rules.FleetHistoryMissing)
	sc := s.fleetOfOne("no history on the first day", timeline{steady(0.1, n+2)})
	sc.Checks = []Check{
		s.firingAt(n-1, rules.FleetHistoryMissing, 0), s.firingAt(n, rules.FleetHistoryMissing, 1),
		{At: s.at(n), Alert: rules.FleetHistoryMissing, Annotations: map[string]string{rules.AnnotationValue: "0"}},
	}
	return sc
}

// knownRiseScenarios are about a rise that occurs again a day later, which is for
// the forecast, not for the trend.
func (s setup) knownRiseScenarios() []Scenario {
	if s.Trend.Window == 0 || !slices.Contains(s.Forecast.History, HistoryDay) {
		return nil
	}
	var all []Scenario
	for _, f := range s.followed() {
		if f.alert == rules.FleetLoadRising {
			all = append(all, s.knownRiseScenario(f))
		}
	}
	return all
}

func (s setup) knownRiseScenario(f followed) Scenario {
	n, reach := s.patience(rules.FleetLoadRising), s.straight()
	rise := s.climb(f.band.Max, 1, reach, n+2)
	t := s.later(1, rise, rise)
	sc := s.fleetOfOne(f.word+" that rises as it did yesterday does not fire "+rules.FleetLoadRising, t)
	sc.Series = append(f.of(host(1), t), sc.Series[len(sc.Series)-2:]...)
	first := reach + n + 1
	sc.Checks = []Check{s.firingAt(first, rules.FleetLoadRising, 1), s.firingAt(s.day()+first, rules.FleetLoadRising, 0)}
	return sc
}
