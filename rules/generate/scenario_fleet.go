package generate

import (
	"fmt"
	"math"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func (s setup) fleetScenarios() []Scenario {
	cpu, memory := s.in.Thresholds.CPU, s.in.Thresholds.Memory
	all := []Scenario{
		s.fleetHighScenario(rules.FleetMemoryHigh, s.memory, 0, memory),
		s.fleetHighScenario(rules.FleetCPUHigh, s.cpu, 1, cpu),
		s.fleetLowScenario("CPU", s.cpu, 1, s.scaleInBelow(cpu), s.memory),
		s.fleetLowScenario("memory", s.memory, 0, s.scaleInBelow(memory), s.cpu),
		s.lowNeedsBoth(), s.lowTellsTheGreatest(), s.lullScenario(),
	}
	return append(all, s.belowMinimumScenarios()...)
}

// serving returns the scaler's metrics of a fleet in which the first two servers
// are active and the third one drains.
func (s setup) serving(long int) []Series {
	on := timeline{steady(1, long)}
	return []Series{s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", on), s.inState(host(2), "active", on),
		s.inState(host(3), "draining", on)}
}

func (s setup) fleetHighScenario(alert string, series func(string, timeline) []Series, lag int, band rules.Band) Scenario {
	e := tooHigh(band.Max, s.Hysteresis)
	w := s.over(e, alert, lag)
	sc := Scenario{Name: alert + ": averages of the active servers, not the draining ones", Series: s.serving(w.timeline.length())}
	for _, h := range []string{host(1), host(2)} {
		sc.Series = append(sc.Series, series(h, w.timeline)...)
	}
	sc.Series = append(sc.Series, series(host(3), timeline{steady(0, w.timeline.length())})...)
	sc.Checks = append(s.checks(w, alert), Check{At: s.at(w.fires), Alert: alert, Annotations: map[string]string{
		rules.AnnotationValue: fmt.Sprintf(ratio, e.bad), rules.AnnotationThreshold: number(band.Max)}})
	return sc
}

// fleetLowScenario has one workload that crosses its threshold while the other
// one is 0.
func (s setup) fleetLowScenario(word string, series func(string, timeline) []Series, lag int, below float64, other func(string, timeline) []Series) Scenario {
	w := s.over(tooLow(below, s.Hysteresis), rules.FleetWorkloadLow, lag)
	long := w.timeline.length()
	sc := Scenario{Name: rules.FleetWorkloadLow + ": " + word + " below, at and above, too short, held and resolved", Series: s.serving(long)}
	for _, h := range []string{host(1), host(2)} {
		sc.Series = append(sc.Series, series(h, w.timeline)...)
		sc.Series = append(sc.Series, other(h, timeline{steady(0, long)})...)
	}
	sc.Checks = s.checks(w, rules.FleetWorkloadLow)
	return sc
}

// lowNeedsBoth has one low workload; the other is high, then missing.
func (s setup) lowNeedsBoth() Scenario {
	n := s.patience(rules.FleetWorkloadLow) + s.settled()
	zero, high := timeline{steady(0, n), nothing(s.settled()), steady(0, n)}, timeline{steady(1, n), nothing(s.settled() + n)}
	last := zero.length() - 1
	sc := Scenario{Name: rules.FleetWorkloadLow + ": needs both workloads, and both known", Series: s.serving(zero.length())}
	sc.Series = append(sc.Series, s.cpu(host(1), zero)...)
	sc.Series = append(sc.Series, s.memory(host(1), high)...)
	sc.Checks = []Check{s.firingAt(n-1, rules.FleetWorkloadLow, 0), s.firingAt(last, rules.FleetWorkloadLow, 0)}
	return sc
}

// lowTellsTheGreatest has low loads that become lower: the annotations have the
// greater ones.
func (s setup) lowTellsTheGreatest() Scenario {
	cpu, memory := s.in.Thresholds.CPU, s.in.Thresholds.Memory
	// A power of two has no rounding error.
	low := math.Exp2(math.Floor(math.Log2(0.9 * min(s.scaleInBelow(cpu), s.scaleInBelow(memory)))))
	n := s.patience(rules.FleetWorkloadLow) + s.settled()
	t := timeline{steady(low, n), steady(low/4, 2)}
	sc := Scenario{Name: rules.FleetWorkloadLow + ": annotations have the maximum load of the for duration", Series: []Series{
		s.fleetRead(timeline{steady(0, n+2)}), s.inState(host(1), "active", timeline{steady(1, n+2)})}}
	sc.Series = append(sc.Series, s.cpu(host(1), t)...)
	sc.Series = append(sc.Series, s.memory(host(1), t)...)
	sc.Checks = []Check{{At: s.at(n + 1), Alert: rules.FleetWorkloadLow, Annotations: map[string]string{
		rules.AnnotationCores: fmt.Sprintf(cores, low), rules.AnnotationRAM: fmt.Sprintf(count, low*s.roomOf(serverBytes)/(1<<20))}}}
	return sc
}

// lullScenario has no history, and a memory workload that becomes low.
func (s setup) lullScenario() Scenario {
	n, passed := s.settled(), s.samples(s.ScaleInStabilization)
	fires := n + passed + s.patience(rules.FleetWorkloadLow) + 1
	zero := timeline{steady(0, fires+1)}
	sc := Scenario{Name: rules.FleetWorkloadLow + ": without a forecast, a break of " + s.ScaleInStabilization.String() + " is no reason to drain servers", Series: s.serving(fires + 1)}
	sc.Series = append(sc.Series, s.cpu(host(1), zero)...)
	sc.Series = append(sc.Series, s.memory(host(1), timeline{steady(1, n), steady(0, fires+1-n)})...)
	sc.Checks = []Check{s.firingAt(n+passed-2, rules.FleetWorkloadLow, 0), s.firingAt(fires, rules.FleetWorkloadLow, 1)}
	return sc
}

func (s setup) belowMinimumScenarios() []Scenario {
	n := s.patience(rules.FleetBelowMinimum)
	long := n + 6
	all := func(v float64) timeline { return timeline{steady(v, long)} }
	servers := func(count int) []Series {
		series := []Series{s.fleetRead(all(0))}
		for i := range count {
			series = append(series, s.inState(host(i+1), "active", all(1)))
		}
		return series
	}
	with := func(name string, active int, floor timeline, checks ...Check) Scenario {
		series := servers(active)
		if floor != nil {
			series = append(series, s.scalerGauge(rules.MetricFloor, floor))
		}
		return Scenario{Name: rules.FleetBelowMinimum + ": " + name, Series: series, Checks: checks}
	}
	scenarios := []Scenario{
		with("one server fewer than the floor", 2, timeline{steady(3, long)}, s.firingAt(n-1, rules.FleetBelowMinimum, 0),
			s.firingAt(n, rules.FleetBelowMinimum, 1), Check{At: s.at(n), Alert: rules.FleetBelowMinimum,
				Annotations: map[string]string{rules.AnnotationValue: "2", rules.AnnotationThreshold: "3"}}),
		with("as many as the floor", 3, all(3), s.firingAt(long-1, rules.FleetBelowMinimum, 0)),
		with("too short, and resolved", 2, timeline{steady(3, n), steady(2, 2), steady(3, n+1), steady(2, 1)},
			s.firingAt(n, rules.FleetBelowMinimum, 0)),
		with("no server at all, as the scaler reports", 0, all(1), s.firingAt(n, rules.FleetBelowMinimum, 1)),
		{Name: rules.FleetBelowMinimum + ": nothing is known", Series: []Series{s.scalerGauge(rules.MetricFloor, all(3))}, Checks: []Check{
			s.firingAt(long-1, rules.FleetBelowMinimum, 0), s.absentAt(long-1, fleetActive)}},
		with("as many as the configured floor while there is no metric", s.in.Floor, nil, s.firingAt(long-1, rules.FleetBelowMinimum, 0),
			s.valueAt(long-1, fleetFloor, float64(s.in.Floor))),
	}
	if s.in.Floor == 0 {
		return scenarios
	}
	return append(scenarios, with("fewer than the configured floor while there is no metric", s.in.Floor-1, nil,
		s.firingAt(n-1, rules.FleetBelowMinimum, 0), s.firingAt(n, rules.FleetBelowMinimum, 1)))
}
