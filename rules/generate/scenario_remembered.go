package generate

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// rememberedScenarios are about the load that the scaler remembers: the alert that
// tells it, and the forecast that the scaler makes from it.
func (s setup) rememberedScenarios() []Scenario {
	all := []Scenario{s.rememberedFirstScenario(), s.rememberedAloneScenario()}
	if !s.coarse {
		all = append(all, s.toldScenario())
	}
	return all
}

// expects are the scaler's forecasts for both horizons, as shares of one server's
// capacity. They have the same timeline.
func (s setup) expects(history string, t timeline) []Series {
	var all []Series
	for _, w := range s.figures() {
		has := map[string]float64{fleetCores: 1, fleetRoom: s.roomOf(serverBytes)}[w.capacity]
		scaled := make(timeline, len(t))
		for i, sp := range t {
			scaled[i] = sp
			scaled[i].value *= has
		}
		for _, horizon := range []string{rules.HorizonStart, rules.HorizonHold} {
			all = append(all, s.scalerGauge(w.scaler, scaled, matcher{rules.LabelHistory, "=", history}, matcher{rules.LabelHorizon, "=", horizon}))
		}
	}
	return all
}

// rememberedFirstScenario has all three histories, of which the first ends first.
func (s setup) rememberedFirstScenario() Scenario {
	h := s.Forecast.History[0]
	_, further := s.horizons()
	n := s.settled() + 4
	today := daysOf(h) * s.day()
	sc := s.fleetOfOne(fmt.Sprintf("the scaler's history of the week has priority over Prometheus's of a %s ago, and that over the scaler's of another day", h),
		s.later(daysOf(h), timeline{steady(0.4, 2*n+further)}, timeline{steady(0.4, 2*n)}))
	sc.Series = append(sc.Series, s.expects(rules.HistoryWeek, timeline{nothing(today), steady(0.5, n), nothing(n)})...)
	sc.Series = append(sc.Series, s.expects(rules.HistoryDay, timeline{nothing(today), steady(0.7, 2*n)})...)
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.loadsAhead(today+n-1, wl, 0.5, 1e-6)...)
		sc.Checks = append(sc.Checks, s.nearAt(today+n-1, wl.forecast, 0.5, 1e-6), s.nearAt(today+n-1, wl.expected, 0.5, 1e-6))
		sc.Checks = append(sc.Checks, s.loadsAhead(today+2*n-1, wl, 0.4, 0.01)...)
	}
	return sc
}

// rememberedAloneScenario has a Prometheus without history, as one that keeps less than
// a day, and a scaler that stops reading the fleet.
func (s setup) rememberedAloneScenario() Scenario {
	n, m := s.settled()+4, s.patience(rules.FleetHistoryMissing)+2
	load := timeline{steady(0.1, 2*n+2*m+2)}
	sc := s.fleetOfOne("the scaler's history is enough, and is not used while the scaler does not read the fleet", load)
	sc.Series[len(sc.Series)-2] = s.fleetRead(timeline{steady(1, 2*n+m), nothing(m + 2)})
	sc.Series = append(sc.Series, s.expects(rules.HistoryWeek, timeline{steady(0.5, n+m), nothing(n + m + 2)})...)
	sc.Series = append(sc.Series, s.expects(rules.HistoryDay, timeline{steady(0.3, load.length())})...)
	for _, wl := range s.figures() {
		sc.Checks = append(sc.Checks, s.loadsAhead(n+m-1, wl, 0.5, 1e-6)...)
		sc.Checks = append(sc.Checks, s.loadsAhead(2*n+m-1, wl, 0.3, 1e-6)...)
		sc.Checks = append(sc.Checks, s.absentAt(2*n+2*m+1, wl.loadForecast), s.absentAt(2*n+2*m+1, wl.loadOutlook))
	}
	sc.Checks = append(sc.Checks,
		s.firingAt(2*n+m-1, rules.FleetHistoryMissing, 0), s.firingAt(2*n+2*m+1, rules.FleetHistoryMissing, 1))
	return sc
}

// toldScenario has two steady loads.
func (s setup) toldScenario() Scenario {
	n := s.patience(rules.FleetLoad) + s.settled() + 2
	sc := s.fleetOfOne(rules.FleetLoad+" always fires, and its annotations have the present load", timeline{steady(0, n), steady(0.25, n)})
	told := func(sample int, load float64) Check {
		return Check{At: s.at(sample), Alert: rules.FleetLoad, Annotations: map[string]string{
			rules.AnnotationCores: fmt.Sprintf(cores, load), rules.AnnotationRAM: fmt.Sprintf(count, load*s.roomOf(serverBytes)/(1<<20))}}
	}
	sc.Checks = []Check{s.firingAt(n-1, rules.FleetLoad, 1), told(n-1, 0), s.firingAt(2*n-1, rules.FleetLoad, 1), told(2*n-1, 0.25)}
	return sc
}
