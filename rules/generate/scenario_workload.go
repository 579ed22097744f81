package generate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// windowScenario has missed scrapes, and a workload that changes abruptly.
func (s setup) windowScenario() Scenario {
	w, two := int(s.RateWindow/s.EvaluationInterval), int(s.lastTwo()/s.EvaluationInterval)
	before := 2 * two
	t := timeline{steady(0.25, before), {samples: 3 * two, gap: true}, steady(0.25, 3*two), steady(0.75, 3*w)}
	series := s.cpu(host(1), t)
	for i := range series {
		series[i].Values = unmarked(series[i].Values)
	}
	changed := before + 6*two
	return Scenario{Name: "CPU workload: continues during missed scrapes within its window, and is averaged over it", Series: series, Checks: []Check{
		{At: s.at(before - 1 + two - 2), Expr: "count(" + s.rec(instanceCPU) + ") or vector(0)", Want: 1},
		{At: s.at(before - 1 + two + 1), Expr: "count(" + s.rec(instanceCPUNow) + ") or vector(0)", Want: 0},
		{At: s.at(before - 1 + two - 2), Expr: "count(" + s.rec(instanceCores) + ") or vector(0)", Want: 1},
		{At: s.at(before - 1 + two + 1), Expr: "count(" + s.rec(instanceCores) + ") or vector(0)", Want: 0},
		{At: s.at(changed - 1), Expr: "count(abs(" + s.rec(instanceCPU) + " - 0.25) < 0.000001) or vector(0)", Want: 1},
		{At: s.at(changed + w - 2), Expr: "count(abs(" + s.rec(instanceCPU) + " - 0.75) < 0.000001) or vector(0)", Want: 0},
		{At: s.at(changed + w + 1), Expr: "count(abs(" + s.rec(instanceCPU) + " - 0.75) < 0.000001) or vector(0)", Want: 1},
		// Without a scaler, this server is the fleet.
		s.absentAt(before-1+two+1, cpuLoad), s.valueAt(changed-1, cpuLoad, 0.25),
		{At: s.at(changed + w - 2), Expr: "count(abs(" + s.rec(cpuLoad) + " - 0.75) < 0.000001) or vector(0)", Want: 0},
		s.valueAt(changed+w+1, cpuLoad, 0.75),
	}}
}

// resetScenario is a server that restarts: its counters are reset.
func (s setup) resetScenario() Scenario {
	n := s.patience(rules.ServerCPUHigh)
	low := s.in.Thresholds.CPU.Min
	t := timeline{steady(low, 3*s.settled()), {samples: n + 2*s.settled(), value: low, reset: true}}
	at := 3 * s.settled()
	return Scenario{Name: "CPU workload: a counter reset causes no lasting load", Series: s.cpu(host(1), t), Checks: []Check{
		s.firingAt(at+1, rules.ServerCPUHigh, 0), s.firingAt(at+s.settled(), rules.ServerCPUHigh, 0), s.firingAt(at+n+s.settled(), rules.ServerCPUHigh, 0),
		{At: s.at(at + s.settled()), Expr: "count(abs(" + s.rec(instanceCPU) + " - " + exact(low) + ") < 0.000001) or vector(0)", Want: 1},
	}}
}

// slowScenarios have scrape intervals that are longer than the evaluation
// interval, up to slowestScrape: no value is missing, and the alert fires.
func (s setup) slowScenarios() []Scenario {
	var all []Scenario
	for _, every := range []int{2, s.samples(model.Duration(slowestScrape))} {
		busy, n := reached(s.in.Thresholds.CPU.Max), s.patience(rules.ServerCPUHigh)
		long := 3*every + n + 2*every
		var series []Series
		for mode, share := range map[string]float64{"idle": 1 - busy, "user": busy} {
			series = append(series, s.mode(host(1), "0", mode, seldom(every, share*s.step().Seconds(), long)))
		}
		sortSeries(series)
		sc := Scenario{Name: fmt.Sprintf("CPU workload: present at every evaluation, with a scrape only at every %d.", every), Series: series}
		for at := every; at < long; at++ {
			sc.Checks = append(sc.Checks, Check{At: s.at(at), Expr: "count(" + s.rec(instanceCPU) + " >= " + exact(s.in.Thresholds.CPU.Max) + ") or vector(0)", Want: 1})
		}
		sc.Checks = append(sc.Checks, s.firingAt(every+n-1, rules.ServerCPUHigh, 0), s.firingAt(every+n, rules.ServerCPUHigh, 1), s.firingAt(long-1, rules.ServerCPUHigh, 1))
		all = append(all, sc)
	}
	return all
}

// oddScenario is a server with three special cores: the idle time of one
// decreases, which the kernel's counter does at times; one is offline, so that its
// counters are constant; and one is added again, so that its counters begin at a
// much lower value.
func (s setup) oddScenario() Scenario {
	const back = 0.25 // seconds
	before, long := 2*s.settled(), 6*s.settled()
	full, part := timeline{steady(1, long)}, timeline{steady(0.75, long)}
	sc := Scenario{Name: "CPU workload: counters that decrease, constant ones of a core that is offline, and new ones", Series: s.core(host(1), "0", part)}
	sc.Series = append(sc.Series, s.mode(host(1), "1", "idle", run(1024, 0, before)+" "+run(1024-back, 0, long-before)), s.core(host(1), "1", full)[1])
	sc.Series = append(sc.Series, s.mode(host(1), "2", "idle", run(4096, 0, long)), s.mode(host(1), "2", "user", run(512, 0, long)))
	sc.Series = append(sc.Series, s.core(host(1), "3", timeline{steady(0.75, before), {samples: long - before, value: 0.75, reset: true}})...)
	for at := 1; at < long; at++ {
		cores := float64(3 - boolean(at == before))
		near := fmt.Sprintf("count(abs(%s - %s) < 0.01) or vector(0)", s.rec(instanceCPUNow), exact((0.75*(cores-1)+1)/cores))
		sc.Checks = append(sc.Checks, Check{At: s.at(at), Expr: near, Want: 1}, s.valueAt(at, instanceCores, cores))
	}
	return sc
}

// partScenario is a server whose exporter exports only the idle time: its
// workload is missing, and not 0.
func (s setup) partScenario() Scenario {
	n := s.settled()
	both := s.cpu(host(1), timeline{steady(0.5, n)})
	return Scenario{Name: "CPU workload: missing, not 0, if only the idle time is exported", Series: both[:1], Checks: []Check{
		s.absentAt(n-1, instanceCPUNow), s.absentAt(n-1, instanceCores)}}
}

// twiceScenario is one server that is scraped as two targets.
func (s setup) twiceScenario() Scenario {
	n := s.samples(s.RateWindow) + 2
	half := timeline{steady(0.5, n)}
	one := append(s.cpu(host(1), half), s.memory(host(1), half)...)
	other := append(s.cpu(host(2), timeline{steady(0, n)}), s.memory(host(2), timeline{steady(0, n)})...)
	for _, series := range s.memory(host(1), half) {
		series.Series = series.Series[:len(series.Series)-1] + `,group="second"}`
		one = append(one, series)
	}
	for _, series := range s.cpu(host(1), half) {
		series.Series = series.Series[:len(series.Series)-1] + `,group="second"}`
		one = append(one, series)
	}
	return Scenario{Name: "averages: a server that is scraped twice counts once", Series: append(one, other...), Checks: []Check{
		s.valueAt(n-1, fleetMemory, 0.25), s.valueAt(n-1, fleetCPU, 0.25), s.valueAt(n-1, fleetActive, 2),
		s.valueAt(n-1, fleetCores, 2), s.valueAt(n-1, cpuLoad, 0.5), s.valueAt(n-1, fleetRoom, 2*s.roomOf(serverBytes)), s.valueAt(n-1, memoryLoad, s.roomOf(serverBytes)/2),
	}}
}

// loadScenarios are about the fleet's load and the capacity that it is divided
// by.
func (s setup) loadScenarios() []Scenario {
	return append(s.slowScenarios(), s.oddScenario(), s.partScenario(), s.sizesScenario(), s.bootedScenario(), s.pluggedScenario(), s.emptiedScenario())
}

// machine is a server with a number of cores and bytes of memory, whose CPU and
// memory have the same workload.
func (s setup) machine(host string, cores int, bytes float64, t timeline) []Series {
	series := s.memoryOf(host, bytes, t)
	for n := range cores {
		series = append(series, s.core(host, strconv.Itoa(n), t)...)
	}
	return series
}

// sizesScenario is a full server, a server of twice its size that is at the top of
// its band, and servers that must not count.
func (s setup) sizesScenario() Scenario {
	n := s.patience(rules.FleetCPUHigh) + s.patience(rules.FleetMemoryHigh) + s.settled()
	on := timeline{steady(1, n)}
	sc := Scenario{Name: "load: servers count by their size; draining servers, those without metrics and a second exporter do not count", Series: s.serving(n)}
	sc.Series = append(sc.Series, s.inState(host(4), "active", on), s.inState(host(5), "active", on))
	top := func(b rules.Band) timeline { return timeline{steady(reached(b.Max), n)} }
	cpu, memory := top(s.in.Thresholds.CPU), top(s.in.Thresholds.Memory)
	sc.Series = append(sc.Series, s.machine(host(1), 2, 4*gib, on)...)
	for _, series := range append(s.machine(host(2), 4, 8*gib, cpu)[2:], s.memoryOf(host(2), 8*gib, memory)...) {
		again := Series{strings.Replace(series.Series, host(2)+s.nodePort(), host(2)+":9199", 1), series.Values}
		sc.Series = append(sc.Series, series, again)
	}
	sc.Series = append(sc.Series, s.machine(host(3), 8, 16*gib, timeline{steady(0, n)})...)
	sc.Series = append(sc.Series, s.memory(host(5), on)[1]) // the total without the available memory gives no workload
	small, large := s.roomOf(4*gib), s.roomOf(8*gib)
	busy, used := 2+4*cpu[0].value, small+large*memory[0].value
	figures := map[string]string{
		rules.AnnotationCPU: fmt.Sprintf(ratio, busy/6), rules.AnnotationMemory: fmt.Sprintf(ratio, used/(small+large)),
		rules.AnnotationCores: fmt.Sprintf(cores, busy), rules.AnnotationRAM: fmt.Sprintf(count, used/(1<<20)),
	}
	sc.Checks = []Check{
		s.valueAt(n-1, fleetCores, 6), s.valueAt(n-1, fleetRoom, small+large), s.valueAt(n-1, cpuLoadNow, busy), s.valueAt(n-1, cpuLoad, busy),
		s.valueAt(n-1, memoryLoad, used), s.valueAt(n-1, fleetCPU, busy/6), s.valueAt(n-1, fleetMemory, used/(small+large)),
		{At: s.at(n - 1), Alert: rules.FleetCPUHigh, Annotations: figures}, {At: s.at(n - 1), Alert: rules.FleetMemoryHigh, Annotations: figures},
	}
	return sc
}

// bootedScenario has a second server that is busy with its boot until just
// before it takes meetings.
func (s setup) bootedScenario() Scenario {
	enters := 2 * s.settled()
	long := enters + s.settled() + 1
	sc := Scenario{Name: "load: a server that has just booted does not add the CPU time of its boot", Series: []Series{
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

// pluggedScenario is a server of two cores that gets two more by hot-plug.
func (s setup) pluggedScenario() Scenario {
	plugged := 2 * s.settled()
	long := plugged + s.settled() + 1
	sc := Scenario{Name: "load: a core that was just added does not double the load", Series: []Series{
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

// emptiedScenario is a fleet whose only server stops being active.
func (s setup) emptiedScenario() Scenario {
	stays := 2 * s.settled()
	long := stays + 2
	sc := Scenario{Name: "load: missing as soon as no server takes meetings", Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", timeline{steady(1, stays), nothing(long - stays)})}}
	sc.Series = append(sc.Series, s.machine(host(1), 1, serverBytes, timeline{steady(0.5, long)})...)
	for _, record := range []string{cpuLoad, memoryLoad, fleetCPU, fleetMemory, fleetCores, fleetRoom} {
		sc.Checks = append(sc.Checks, Check{At: s.at(stays - 1), Expr: "count(" + s.rec(record) + ") or vector(0)", Want: 1}, s.absentAt(stays, record))
	}
	return sc
}
