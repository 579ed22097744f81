package rules

import (
	"fmt"
	"strconv"
	"strings"
)

// loadScenarios are about what counts as the fleet's load, and what it is
// divided by.
func (s stage) loadScenarios() []Scenario {
	return []Scenario{s.sizesScenario(), s.bootedScenario(), s.pluggedScenario(), s.emptiedScenario()}
}

// machine is a server of as many cores and bytes, whose CPU and memory have
// the same workload.
func (s stage) machine(host string, cores int, bytes float64, t timeline) []Series {
	series := s.memoryOf(host, bytes, t)
	for n := range cores {
		series = append(series, s.core(host, strconv.Itoa(n), t)...)
	}
	return series
}

// sizesScenario is a full server and one of twice its size, which is at the
// top of its band; and some that must not count.
func (s stage) sizesScenario() Scenario {
	const gib = 1 << 30
	n := s.patience(FleetCPUHigh) + s.patience(FleetMemoryHigh) + s.settled()
	on := timeline{steady(1, n)}
	sc := Scenario{Name: "load: servers count by their size; the draining, the unseen and a second exporter do not", Series: s.serving(n)}
	sc.Series = append(sc.Series, s.inState(host(4), "active", on), s.inState(host(5), "active", on))
	top := func(b Band) timeline { return timeline{steady(reached(b.Max), n)} }
	cpu, memory := top(s.in.Thresholds.CPU), top(s.in.Thresholds.Memory)
	sc.Series = append(sc.Series, s.machine(host(1), 2, 4*gib, on)...)
	for _, series := range append(s.machine(host(2), 4, 8*gib, cpu)[2:], s.memoryOf(host(2), 8*gib, memory)...) {
		again := Series{strings.Replace(series.Series, host(2)+s.nodePort(), host(2)+":9199", 1), series.Values}
		sc.Series = append(sc.Series, series, again)
	}
	sc.Series = append(sc.Series, s.machine(host(3), 8, 16*gib, timeline{steady(0, n)})...)
	sc.Series = append(sc.Series, s.memory(host(5), on)[1]) // its total alone tells no use
	busy, used := 2+4*cpu[0].value, (4+8*memory[0].value)*gib
	figures := map[string]string{
		AnnotationCPU: fmt.Sprintf(ratio, busy/6), AnnotationMemory: fmt.Sprintf(ratio, used/(12*gib)),
		AnnotationCores: fmt.Sprintf(cores, busy), AnnotationRAM: fmt.Sprintf(count, used/(1<<20)),
	}
	sc.Checks = []Check{
		s.valueAt(n-1, fleetCores, 6), s.valueAt(n-1, fleetBytes, 12*gib), s.valueAt(n-1, cpuLoadNow, busy), s.valueAt(n-1, cpuLoad, busy),
		s.valueAt(n-1, memoryLoad, used), s.valueAt(n-1, fleetCPU, busy/6), s.valueAt(n-1, fleetMemory, used/(12*gib)),
		{At: s.at(n - 1), Alert: FleetCPUHigh, Annotations: figures}, {At: s.at(n - 1), Alert: FleetMemoryHigh, Annotations: figures},
	}
	return sc
}

// bootedScenario has a second server that is busy with its boot until just
// before it takes meetings.
func (s stage) bootedScenario() Scenario {
	enters := 2 * s.settled()
	long := enters + s.settled() + 1
	sc := Scenario{Name: "load: a server that has just booted does not add the work of its boot", Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", timeline{steady(1, long)}),
		s.inState(host(2), "active", timeline{nothing(enters), steady(1, long-enters)}),
	}}
	sc.Series = append(sc.Series, s.cpu(host(1), timeline{steady(0.25, long)})...)
	sc.Series = append(sc.Series, s.cpu(host(2), timeline{steady(1, enters-1), steady(0.25, long-enters+1)})...)
	sc.Checks = []Check{s.valueAt(enters-1, cpuLoad, 0.25), s.valueAt(enters, cpuLoadNow, 0.5), s.valueAt(long-1, cpuLoad, 0.5)}
	for at := enters; at < long; at++ {
		sc.Checks = append(sc.Checks, Check{At: s.at(at), Expr: "count(" + s.rec(fleetCPU) + " < 0.250001) or vector(0)", Want: 1})
	}
	return sc
}

// pluggedScenario is a server of two cores that gets two more.
func (s stage) pluggedScenario() Scenario {
	plugged := 2 * s.settled()
	long := plugged + s.settled() + 1
	sc := Scenario{Name: "load: a core that was just plugged in does not double the load", Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", timeline{steady(1, long)})}}
	for _, name := range []string{"0", "1"} {
		sc.Series = append(sc.Series, s.core(host(1), name, timeline{steady(0.5, long)})...)
	}
	for _, name := range []string{"2", "3"} {
		sc.Series = append(sc.Series, s.core(host(1), name, timeline{nothing(plugged), steady(0, long-plugged)})...)
	}
	sc.Checks = []Check{
		s.valueAt(plugged, cpuLoadNow, 1), s.valueAt(plugged, fleetCores, 2), s.valueAt(plugged, fleetCPU, 0.5),
		s.valueAt(plugged+1, cpuLoadNow, 1), s.valueAt(plugged+1, fleetCores, 4), s.valueAt(plugged+1, fleetCPU, 0.25),
	}
	return sc
}

// emptiedScenario has its only server leave.
func (s stage) emptiedScenario() Scenario {
	stays := 2 * s.settled()
	long := stays + 2
	sc := Scenario{Name: "load: none as soon as no server takes meetings", Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", timeline{steady(1, stays), nothing(long - stays)})}}
	sc.Series = append(sc.Series, s.machine(host(1), 1, stageBytes, timeline{steady(0.5, long)})...)
	for _, record := range []string{cpuLoad, memoryLoad, fleetCPU, fleetMemory, fleetCores, fleetBytes} {
		sc.Checks = append(sc.Checks, Check{At: s.at(stays - 1), Expr: "count(" + s.rec(record) + ") or vector(0)", Want: 1}, s.absentAt(stays, record))
	}
	return sc
}
