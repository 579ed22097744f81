package generate

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// poolScenarios are about a fleet of which some servers have a tag in the balancer.
func (s setup) poolScenarios() []Scenario {
	return []Scenario{s.oneBusyPool(), s.oneMissingPool(), s.poolOfTwoScalers()}
}

const gold = "gold"

// pooled is the scaler's metric of an active server with a tag; "" is none.
func (s setup) pooled(host, pool string, long int) Series {
	return s.scalerGauge(rules.MetricServerState, timeline{steady(1, long)}, append(ofPool(pool),
		matcher{labelHost, "=", host}, matcher{labelState, "=", "active"})...)
}

// ofPool is the matcher of series about a pool: those of servers without a tag do not
// have the label.
func ofPool(pool string) []matcher {
	if pool == "" {
		return nil
	}
	return []matcher{{rules.LabelPool, "=", pool}}
}

// firingOf checks the number of firing alerts of a name and pool.
func (s setup) firingOf(sample int, alert, pool string, want int) Check {
	return s.firingAt(sample, alert, want, matcher{rules.LabelPool, "=", pool})
}

// poolAt checks a recorded value of a pool.
func (s setup) poolAt(sample int, record, pool string, want float64) Check {
	return Check{At: s.at(sample), Expr: "sum(" + s.rec(record, matcher{rules.LabelPool, "=", pool}) + ")", Want: want}
}

// oneBusyPool has a server with a tag at its limit, beside an idle one without.
func (s setup) oneBusyPool() Scenario {
	fires := s.settled() + s.patience(rules.FleetCPUHigh) + 1
	long := max(fires, s.settled()+s.patience(rules.FleetWorkloadLow)+1) + 1
	sc := Scenario{Name: "pools: the load of one asks for servers of that one, and the other gives its own up", Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.pooled(host(1), gold, long), s.pooled(host(2), "", long)}}
	for h, v := range map[string]float64{host(1): 1, host(2): 0} {
		sc.Series = append(sc.Series, s.cpu(h, timeline{steady(v, long)})...)
		sc.Series = append(sc.Series, s.memory(h, timeline{steady(v, long)})...)
	}
	sortSeries(sc.Series)
	last := long - 1
	sc.Checks = []Check{
		s.poolAt(last, fleetActive, gold, 1), s.poolAt(last, fleetActive, "", 1),
		s.poolAt(last, fleetCPU, gold, 1), s.poolAt(last, fleetCPU, "", 0),
		s.poolAt(last, cpuLoad, gold, 1), s.poolAt(last, fleetRoom, gold, s.roomOf(serverBytes)),
		s.firingOf(last, rules.FleetCPUHigh, gold, 1), s.firingOf(last, rules.FleetCPUHigh, "", 0),
		s.firingOf(last, rules.FleetWorkloadLow, gold, 0), s.firingOf(last, rules.FleetWorkloadLow, "", 1),
		{At: s.at(last), Alert: rules.FleetCPUHigh, Annotations: map[string]string{rules.AnnotationCores: "1.000",
			rules.AnnotationRAM: fmt.Sprintf(count, s.roomOf(serverBytes)/(1<<20)), rules.AnnotationCPU: "1.0000"}},
		{At: s.at(last), Alert: rules.FleetWorkloadLow, Annotations: map[string]string{rules.AnnotationCores: "0.000", rules.AnnotationRAM: "0"}},
	}
	return sc
}

// oneMissingPool has no server of one pool in service, and too few of the other.
func (s setup) oneMissingPool() Scenario {
	n := s.patience(rules.FleetBelowMinimum)
	floor := func(pool string, floor float64) Series {
		return s.scalerGauge(rules.MetricFloor, timeline{steady(floor, n+1)}, ofPool(pool)...)
	}
	return Scenario{Name: "pools: the floor of each, also of one with no server in service", Series: []Series{
		s.fleetRead(timeline{steady(0, n+1)}), s.pooled(host(1), gold, n+1), floor("", 2), floor(gold, 1), floor("silver", 1),
	}, Checks: []Check{
		s.poolAt(n, fleetActive, "", 0), s.poolAt(n, fleetFloor, "", 2), s.poolAt(n, fleetFloor, "silver", 1),
		s.firingOf(n, rules.FleetBelowMinimum, "", 1), s.firingOf(n, rules.FleetBelowMinimum, "silver", 1),
		s.firingOf(n, rules.FleetBelowMinimum, gold, 0),
	}}
}

// poolOfTwoScalers has two scalers that disagree on a server's tag for a moment.
func (s setup) poolOfTwoScalers() Scenario {
	const long = 4
	other := s.scalerGauge(rules.MetricServerState, timeline{steady(1, long)}, matcher{labelHost, "=", host(1)},
		matcher{labelState, "=", "active"}, matcher{"instance", "=", "other:9745"})
	return Scenario{Name: "pools: a server that two scalers have in two pools counts in both, and no rule fails", Series: append([]Series{
		s.fleetRead(timeline{steady(0, long)}), s.pooled(host(1), gold, long), other}, s.memory(host(1), timeline{steady(0.5, long)})...),
		Checks: []Check{s.poolAt(long-1, fleetMemory, gold, 0.5), s.poolAt(long-1, fleetMemory, "", 0.5)}}
}
