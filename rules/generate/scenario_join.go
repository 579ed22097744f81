package generate

import (
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// joinScenarios scrape each server by another kind of name, and its two
// exporters by two names.
func (s setup) joinScenarios() []Scenario {
	all := []Scenario{s.namedFleetScenario(), s.namedDownScenario(), s.disagreeScenario(), s.strangeScenario()}
	if s.Exporters.WithBBB {
		all = append(all, s.namedIdleScenario())
	}
	return all
}

// named is a server that is known by its first address and scraped by others.
type named struct {
	host, node, bbb string
	id              string // of the label server_id of its targets; "" for none
}

func namedFleet() []named {
	return []named{
		{host: host(1), node: "bbb-1.example.org", bbb: "BBB-Server1"},
		{host: host(2), node: "[2001:db8::1]", bbb: "bbb-server2"},
		{host: host(3), node: "192.168.7.3", bbb: host(3)},
		{host: host(4), node: "proxy.example.org", bbb: "proxy.example.org", id: "id-4"},
	}
}

// aliases are the scaler's metrics of the servers' names.
func (s setup) aliases(t timeline) []Series {
	var all []Series
	for _, n := range namedFleet() {
		names := map[string]bool{n.host: true, hostAlone(n.node): true, hostAlone(n.bbb): true}
		if n.id != "" {
			names = map[string]bool{n.host: true, n.id: true}
		}
		for name := range names {
			all = append(all, s.alias(name, n.host, t))
		}
	}
	all = append(all, s.alias("proxy.example.org", host(9), t)) // the label server_id has priority over the proxy's name
	sortSeries(all)
	return all
}

func (s setup) alias(name, host string, t timeline, more ...matcher) Series {
	return s.scalerGauge(rules.MetricServerAlias, t, append([]matcher{{labelAlias, "=", name}, {labelHost, "=", host}}, more...)...)
}

func hostAlone(host string) string {
	if host[0] == '[' {
		return host[1 : len(host)-1]
	}
	return host
}

// identifiedBy adds the label server_id to the series of a server's targets, if
// they have one.
func (s setup) identifiedBy(n named, series ...Series) []Series {
	for i := range series {
		if n.id != "" {
			series[i].Series = strings.TrimSuffix(series[i].Series, "}") + "," + s.Labels.ServerID + "=" + strconv.Quote(n.id) + "}"
		}
	}
	return series
}

// namedServers are four active servers with a workload of their own each.
func (s setup) namedServers(cpu, memory func(i int) timeline, on timeline) []Series {
	series := append(s.aliases(on), s.fleetRead(on))
	for i, n := range namedFleet() {
		series = append(series, s.inState(n.host, "active", on))
		series = append(series, s.identifiedBy(n, append(s.cpu(n.node, cpu(i)), s.memory(n.node, memory(i))...)...)...)
	}
	return series
}

// namedFleetScenario ends with a scaler that is down for a while: its last
// aliases are still used.
func (s setup) namedFleetScenario() Scenario {
	n := s.patience(rules.FleetCPUHigh) + s.settled()
	limit := reached(s.in.Thresholds.CPU.Max)
	on := timeline{steady(1, n+4), nothing(4)}
	full := func(int) timeline { return timeline{steady(limit, n+8)} }
	of := func(i int) timeline { return timeline{steady(float64(i)/8, n+8)} }
	return Scenario{Name: "join: targets by name, by IPv6, by a private address and by server_id", Series: s.namedServers(full, of, on), Checks: []Check{
		s.valueAt(n, fleetActive, 4), s.valueAt(n, fleetMemory, 1.5/8), s.valueAt(n, fleetCPU, limit), s.valueAt(n+7, fleetMemory, 1.5/8),
		s.firingAt(n, rules.FleetCPUHigh, 1), s.firingAt(n, rules.FleetUnseen, 0), s.firingAt(n+7, rules.FleetCPUHigh, 1),
	}}
}

// namedIdleScenario has people on all servers but the second.
func (s setup) namedIdleScenario() Scenario {
	n := s.patience(rules.ServerIdle) + s.settled()
	all := func(v float64) timeline { return timeline{steady(v, n+2)} }
	zero := func(int) timeline { return all(0) }
	sc := Scenario{Name: "join: " + rules.ServerIdle + " reads node exporter and bbb-exporter by two names", Series: s.namedServers(zero, zero, all(1))}
	for i, server := range namedFleet() {
		put := func(metric string, v float64) {
			sc.Series = append(sc.Series, s.identifiedBy(server, s.bbbGauge(metric, server.bbb, all(v)))...)
		}
		put(s.Metrics.Participants, float64(boolean(i != 1)))
		put(s.Metrics.RecordingsQueued, 0)
		put(s.Metrics.RecordingsProcessing, 0)
		instance := matcher{rules.LabelInstance, "=", server.node + s.nodePort()}
		sc.Checks = append(sc.Checks, s.firingAt(n, rules.ServerIdle, boolean(i == 1), instance))
	}
	return sc
}

// namedDownScenario has node exporters that do not answer; BigBlueButton answers
// on the first server.
func (s setup) namedDownScenario() Scenario {
	n := s.patience(rules.ServerDown) + 1
	on := timeline{steady(1, n+2)}
	sc := Scenario{Name: "join: " + rules.ServerDown + " by the names of targets", Series: append(s.aliases(on), s.fleetRead(on))}
	for i, server := range namedFleet() {
		sc.Series = append(sc.Series, s.inState(server.host, "active", on))
		sc.Series = append(sc.Series, s.identifiedBy(server, s.up(server.node, timeline{steady(0, n+2)}))...)
		if i == 0 && s.Exporters.WithBBB {
			sc.Series = append(sc.Series, s.bbbGauge(s.Metrics.APIUp, server.bbb, on))
		}
		instance := matcher{rules.LabelInstance, "=", server.node + s.nodePort()}
		sc.Checks = append(sc.Checks, s.firingAt(n, rules.ServerDown, boolean(i > 0 || !s.Exporters.WithBBB), instance))
	}
	return sc
}

// disagreeScenario has two scalers, one of which exports the name of the first
// server as an alias of another server.
func (s setup) disagreeScenario() Scenario {
	n := s.settled() + 2
	on := timeline{steady(1, n)}
	quarter := func(i int) timeline { return timeline{steady(float64(i)/8, n)} }
	series := append(s.namedServers(quarter, quarter, on), s.alias(namedFleet()[0].node, host(9), on, matcher{"pod", "=", "other"}))
	return Scenario{Name: "join: a name that two scalers give to different servers matches neither; other names still match", Series: series,
		Checks: []Check{s.valueAt(n-1, fleetMemory, 2.0/8), s.valueAt(n-1, fleetActive, 4)}}
}

// strangeScenario scrapes two machines that are not servers of the fleet, first
// while all servers are scraped, then while one server is not.
func (s setup) strangeScenario() Scenario {
	n := s.patience(rules.ScalerTargetsUnjoined)
	before := n + 4
	long := before + n + 4
	on := timeline{steady(1, long)}
	sc := Scenario{Name: rules.ScalerTargetsUnjoined + ": only where a server has no target", Series: append(s.aliases(on), s.fleetRead(on))}
	for i, server := range namedFleet() {
		seen := on
		if i == 0 {
			seen = timeline{steady(1, before), nothing(long - before)}
		}
		sc.Series = append(sc.Series, s.inState(server.host, "active", on))
		sc.Series = append(sc.Series, s.identifiedBy(server, s.up(server.node, seen))...)
	}
	for i := range 2 {
		sc.Series = append(sc.Series, s.up("other-"+strconv.Itoa(i+1), on))
	}
	node := matcher{"exporter", "=", "node"}
	sc.Checks = []Check{
		s.firingAt(before-1, rules.ScalerTargetsUnjoined, 0), s.firingAt(before+n-1, rules.ScalerTargetsUnjoined, 0),
		s.firingAt(before+n, rules.ScalerTargetsUnjoined, 1, node), s.firingAt(before+n, rules.ScalerTargetsUnjoined, 1),
		{At: s.at(before + n), Alert: rules.ScalerTargetsUnjoined, Annotations: map[string]string{rules.AnnotationValue: "2"}},
	}
	return sc
}
