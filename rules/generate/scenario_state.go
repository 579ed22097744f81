package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// stateScenarios are about which servers are in service while the scaler's metrics
// are missing or stale.
func (s setup) stateScenarios() []Scenario {
	return []Scenario{s.silentScenario(), s.frozenScenario(), s.unknownScenario(), s.nothingScenario(), s.noneScenario()}
}

// silentScenario is a scaler that goes down: the states that it exported last are
// used for rules.scaler_hold; after that, every server with metrics counts.
func (s setup) silentScenario() Scenario {
	before, hold := 6, s.samples(s.ScalerHold)
	long := before + hold + 6
	talks := timeline{steady(1, before), nothing(long - before)}
	all := func(v float64) timeline { return timeline{steady(v, long)} }
	series := []Series{s.fleetRead(talks), s.inState(host(1), "active", talks), s.inState(host(2), "draining", talks)}
	for h, v := range map[string]float64{host(1): 0.5, host(2): 0} {
		series = append(series, s.cpu(h, all(v))...)
		series = append(series, s.memory(h, all(v))...)
	}
	sortSeries(series)
	last := before - 1
	checks := []Check{
		s.valueAt(last, fleetMemory, 0.5), s.valueAt(last, fleetActive, 1),
		s.valueAt(last+hold-1, fleetMemory, 0.5), s.valueAt(last+hold-1, fleetCPU, 0.5), s.valueAt(last+hold-1, fleetActive, 1),
		s.valueAt(last+hold+2, fleetMemory, 0.25), s.valueAt(last+hold+2, fleetCPU, 0.25), s.valueAt(last+hold+2, fleetActive, 2),
	}
	return Scenario{Name: "averages: over the last known active servers while the scaler is down, then over every server with metrics", Series: series, Checks: checks}
}

// frozenScenario is a scaler that is up and no longer reads the fleet: its states
// are used until they are stale.
func (s setup) frozenScenario() Scenario {
	read, stale := 4, s.samples(s.ScalerStale)
	long := read + stale + 6
	frozen := run(0, s.step().Seconds(), read) + " " + run(s.at(read-1).Seconds(), 0, long-read)
	last := read - 1
	until := func(sample int) timeline { return timeline{steady(1, sample), nothing(long - sample)} }
	series := []Series{
		{s.scaler(rules.MetricFleetRead), frozen}, s.inState(host(1), "active", timeline{steady(1, long)}),
		s.inState(host(2), "active", until(last+stale-1)), s.inState(host(3), "active", until(last+stale)),
		s.inState(host(4), "active", timeline{nothing(last + stale), steady(1, long-last-stale)}),
		s.inState(host(5), "active", timeline{nothing(last + stale), steady(1, long-last-stale)}),
	}
	return Scenario{Name: "states: those of a scaler that no longer reads the fleet are used until they are stale", Series: series, Checks: []Check{
		s.valueAt(last, fleetActive, 3), s.valueAt(last+stale-2, fleetActive, 3), s.valueAt(last+stale-1, fleetActive, 2),
		s.valueAt(last+stale, fleetActive, 2), s.valueAt(long-1, fleetActive, 2),
	}}
}

// unknownScenario is a fleet without a scaler.
func (s setup) unknownScenario() Scenario {
	n := s.settled()
	var series []Series
	for h, v := range map[string]float64{host(1): 0.5, host(2): 0.25} {
		series = append(series, s.cpu(h, timeline{steady(v, n)})...)
		series = append(series, s.memory(h, timeline{steady(v, n)})...)
	}
	sortSeries(series)
	return Scenario{Name: "averages: over every server with metrics if there was never a scaler", Series: series, Checks: []Check{
		s.valueAt(n-1, fleetMemory, 0.375), s.valueAt(n-1, fleetCPU, 0.375), s.valueAt(n-1, fleetActive, 2),
	}}
}

// nothingScenario is a scaler that is up and leads, without any other metric.
func (s setup) nothingScenario() Scenario {
	long := 0
	for _, d := range s.For {
		long = max(long, s.samples(d)+3)
	}
	sc := Scenario{Name: "no data: no alert but those about missing data", Series: []Series{
		s.running(timeline{steady(1, long)}), s.scalerGauge(rules.MetricLeader, timeline{steady(1, long)})}}
	for _, r := range s.alerts() {
		sc.Checks = append(sc.Checks, s.firingAt(long-1, r.Alert, boolean(r.Alert == rules.ScalerFleetUnread)))
	}
	return sc
}

// noneScenario is a scaler whose last read of the fleet had no active server.
func (s setup) noneScenario() Scenario {
	return Scenario{Name: "states: no active server, as the scaler reports", Series: []Series{{s.scaler(rules.MetricFleetRead), run(0, 0, 4)}}, Checks: []Check{
		s.valueAt(1, fleetActive, 0)}}
}
