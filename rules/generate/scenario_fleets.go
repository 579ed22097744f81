package generate

import (
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// fleetsScenarios have two fleets in one Prometheus, whose daemons are targets of one
// job, as are their exporters.
func (s setup) fleetsScenarios() []Scenario {
	all := []Scenario{s.besideOtherScenario(), s.otherScalerScenario()}
	if s.Labels.Fleet == "" {
		all = append(all, s.unlabelledScalerScenario())
	}
	return all
}

// other is the setup of the other fleet.
func (s setup) other() setup {
	s.in.Fleet = "other"
	return s
}

// discovered are exporters' series with the fleet's name, as the daemon's service
// discovery gives it to their targets.
func (s setup) discovered(series []Series) []Series {
	for i := range series {
		if s.Labels.Fleet == "" {
			series[i].Series = strings.Replace(series[i].Series, "{", "{"+rules.LabelFleet+"="+strconv.Quote(s.in.Fleet)+",", 1)
		}
	}
	return series
}

// activeServers are active servers of a fleet with a workload, the first of which has the
// given number.
func (s setup) activeServers(first, count int, workload float64, long int) []Series {
	var all []Series
	for i := range count {
		at := host(first + i)
		all = append(all, s.inState(at, "active", timeline{steady(1, long)}))
		all = append(all, s.discovered(s.cpu(at, timeline{steady(workload, long)}))...)
		all = append(all, s.discovered(s.machineMemory(at, timeline{steady(workload, long)}))...)
	}
	return all
}

// besideOtherScenario has a calm fleet of two beside one of three servers at their
// limit, whose daemon has much to report.
func (s setup) besideOtherScenario() Scenario {
	o, calm := s.other(), (s.in.Thresholds.CPU.Min+s.in.Thresholds.CPU.Max)/2
	n := s.settled() + max(s.patience(rules.FleetCPUHigh), s.patience(rules.ServerMemoryHigh), s.patience(rules.ScalerAtLimit))
	on := timeline{steady(1, n+2)}
	series := append(s.activeServers(1, 2, calm, n+2), o.activeServers(7, 3, 1, n+2)...)
	series = append(series, s.fleetRead(on), s.running(on), s.scalerGauge(rules.MetricFloor, timeline{steady(1, n+2)}),
		o.fleetRead(on), o.running(on), o.scalerGauge(rules.MetricFloor, timeline{steady(9, n+2)}),
		o.scalerGauge(rules.MetricLimited, on, matcher{"limit", "=", "ceiling"}), o.scalerGauge(rules.MetricReloaded, timeline{steady(0, n+2)}))
	sortSeries(series)
	sc := Scenario{Name: "fleets: neither the servers nor the daemon of another one count", Series: series, Checks: []Check{
		s.valueAt(n, fleetActive, 2), s.valueAt(n, fleetCPU, calm), s.valueAt(n, fleetFloor, 1),
		{At: s.at(n), Expr: "count(" + s.rec(instanceMemory) + ")", Want: 2},
	}}
	for _, alert := range []string{rules.FleetCPUHigh, rules.ServerMemoryHigh, rules.FleetBelowMinimum, rules.ScalerAtLimit, rules.ScalerConfigReloadFailed} {
		sc.Checks = append(sc.Checks, s.firingAt(n, alert, 0))
	}
	return sc
}

// otherScalerScenario has only a daemon of the other fleet that leads.
func (s setup) otherScalerScenario() Scenario {
	n := s.patience(rules.ScalerDown)
	return Scenario{Name: "fleets: the daemon of another one does not hide that this one's is down",
		Series: []Series{s.other().scalerGauge(rules.MetricLeader, timeline{steady(1, n+2)})},
		Checks: []Check{s.firingAt(n-1, rules.ScalerDown, 0), s.firingAt(n, rules.ScalerDown, 1)}}
}

// unlabelledScalerScenario has a daemon that does not export its fleet's name.
func (s setup) unlabelledScalerScenario() Scenario {
	n := s.settled() + 2
	series := s.activeServers(1, 2, 0.5, n)
	series = append(series, s.fleetRead(timeline{steady(1, n)}), s.running(timeline{steady(1, n)}))
	for i := range series {
		series[i].Series = strings.Replace(series[i].Series, rules.LabelFleet+"="+strconv.Quote(s.in.Fleet)+",", "", 1)
	}
	sortSeries(series)
	return Scenario{Name: "fleets: series without a fleet's name are of this one", Series: series,
		Checks: []Check{s.valueAt(n-1, fleetActive, 2), s.valueAt(n-1, fleetCPU, 0.5), s.firingAt(n-1, rules.ScalerDown, 0)}}
}
