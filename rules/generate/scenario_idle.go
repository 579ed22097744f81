package generate

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

const gib = 1 << 30

// idleMemoryScenarios are about what a server holds while nobody is on it.
func (s setup) idleMemoryScenarios() []Scenario {
	return append([]Scenario{
		s.learnedScenario(), s.leavingScenario(), s.restartedScenario(), s.notLearnedScenario(), s.fullScenario(), s.bridgedScenario(),
		s.resizedScenario(), s.learnedFromScaleliteScenario(),
		s.leakScenario("at the share of the median", 4, 6, 5.5), s.leakScenario("at the least difference", 1, 2, 1.75),
	}, s.emptyFleetScenarios()...)
}

// leakScenario has three empty servers in service, of which one leaks, and one that
// drains and holds more. The leak is just below its limit, at it, and back where the
// alert still holds, and just below that. All numbers but the name are in GiB.
func (s setup) leakScenario(name string, median, limit, holds float64) Scenario {
	const bytes = 16.0 / gib
	n := s.patience(rules.ServerMemoryLeaking)
	leak := timeline{steady(limit-bytes, n+2), steady(limit, n+2), steady(holds, n+2), steady(holds-bytes, 3)}
	on := timeline{steady(1, leak.length())}
	sc := Scenario{Name: rules.ServerMemoryLeaking + ": " + name + "; a draining server does not count", Series: []Series{s.fleetRead(timeline{steady(0, leak.length())})}}
	for i, used := range []timeline{{steady(median, leak.length())}, leak, {steady(median/2, leak.length())}, {steady(7, leak.length())}} {
		h := host(i + 1)
		sc.Series = append(sc.Series, s.inState(h, []string{"active", "draining"}[boolean(i == 3)], on), s.people(h, timeline{steady(0, leak.length())}))
		sc.Series = append(sc.Series, s.memoryInUse(h, serverBytes, used.each(func(v float64) float64 { return v * gib }))...)
	}
	begins := n + 2
	sc.Checks = []Check{
		s.firingAt(begins-1, rules.ServerMemoryLeaking, 0), s.firingAt(begins+n-1, rules.ServerMemoryLeaking, 0),
		s.firingAt(begins+n, rules.ServerMemoryLeaking, 1), s.firingAt(begins+n, rules.ServerMemoryLeaking, 1, matcher{rules.LabelInstance, "=", host(2) + s.nodePort()}),
		s.firingAt(2*begins+n+1, rules.ServerMemoryLeaking, 1), s.firingAt(3*begins, rules.ServerMemoryLeaking, 0),
		{At: s.at(begins), Alert: rules.ServerMemoryLeaking, Annotations: map[string]string{
			rules.AnnotationValue: fmt.Sprintf(ratio, limit/median), rules.AnnotationThreshold: number(leakShare)}},
	}
	return sc
}

// people is the number of people on a server: that of bbb-exporter, or, without one,
// the load in the balancer.
func (s setup) people(host string, t timeline) Series {
	if s.Exporters.WithBBB {
		return s.bbbGauge(s.Metrics.Participants, host, t)
	}
	return s.balancerLoad(host, t)
}

func (s setup) balancerLoad(host string, t timeline) Series {
	return s.scalerGauge(rules.MetricServerLoad, t, matcher{labelHost, "=", host})
}

// memoryAt checks the idle memory of a server, in bytes, and the workload of the
// people on it.
func (s setup) memoryAt(sample int, idle, workload float64) []Check {
	return []Check{s.valueAt(sample, instanceIdle, idle), s.valueAt(sample, instancePeople, workload)}
}

// oneServer is an active server of 8 GiB with a number of GiB in use.
func (s setup) oneServer(name string, used timeline, more ...Series) Scenario {
	on := timeline{steady(1, used.length())}
	return Scenario{Name: "idle memory: " + name, Series: append(append(
		s.memoryInUse(host(1), serverBytes, used.each(func(v float64) float64 { return v * gib })),
		s.fleetRead(timeline{steady(0, used.length())}), s.inState(host(1), "active", on)), more...)}
}

// learnedScenario is a server that leaks 1 GiB while it is empty, and then has people.
func (s setup) learnedScenario() Scenario {
	n := s.samples(model.Duration(emptyFor)) + 2
	used := timeline{steady(4, n), steady(5, n), steady(6.5, n), steady(8, 2)}
	sc := s.oneServer("the last value of an empty server, a leak included, also while people are on it", used,
		s.people(host(1), timeline{steady(0, 2*n), steady(20, n+2)}))
	sc.Checks = append(s.memoryAt(n-1, 4*gib, 0), s.memoryAt(2*n-1, 5*gib, 0)...)
	sc.Checks = append(sc.Checks, append(s.memoryAt(3*n-1, 5*gib, 0.5), s.memoryAt(3*n, 5*gib, 1)...)...)
	return sc.also(s.valueAt(3*n-1, fleetMemory, 0.5), s.valueAt(3*n-1, memoryLoad, 1.5*gib), s.valueAt(3*n-1, fleetRoom, 3*gib), s.valueAt(3*n-1, fleetIdle, 5*gib),
		Check{At: s.at(3*n - 1), Expr: "count(abs(" + s.rec(instanceMemory) + " - " + exact(6.5/8) + ") < 0.000001) or vector(0)", Want: 1})
}

// also returns the scenario with more checks.
func (sc Scenario) also(checks ...Check) Scenario {
	sc.Checks = append(sc.Checks, checks...)
	return sc
}

// leavingScenario is a server whose people leave: their memory is free only later.
func (s setup) leavingScenario() Scenario {
	n := s.samples(model.Duration(emptyFor)) + 2
	sc := s.oneServer("learned again only once nobody has been there for "+model.Duration(emptyFor).String(), timeline{steady(2, n), steady(6, n), steady(5, n), steady(3, n)},
		s.people(host(1), timeline{steady(0, n), steady(20, n), steady(0, 2*n)}))
	sc.Checks = append(s.memoryAt(2*n-1, 2*gib, 4.0/6), s.memoryAt(2*n+s.samples(model.Duration(emptyFor))-2, 2*gib, 3.0/6)...)
	return sc.also(s.memoryAt(3*n+1, 3*gib, 0)...)
}

// restartedScenario is a server that held 6 GiB and restarts during a meeting, whose
// people come back at once.
func (s setup) restartedScenario() Scenario {
	n := s.samples(model.Duration(emptyFor)) + 2
	used := timeline{steady(6, n), steady(7, 2), nothing(1), steady(1, 1), steady(3, 1), steady(5, n)}
	sc := s.oneServer("a restart forgets a leak, also if people are there again at once", used,
		s.people(host(1), timeline{steady(0, n), steady(20, 2), nothing(1), steady(20, n+2)}))
	sc.Checks = append(s.memoryAt(n+1, 6*gib, 0.5), s.memoryAt(n+3, gib, 0)...)
	return sc.also(append(s.memoryAt(n+4, gib, 2.0/7), s.memoryAt(2*n+4, gib, 4.0/7)...)...)
}

// notLearnedScenario is a server with people from the first sample on, and one that
// nothing tells of whether people are on it.
func (s setup) notLearnedScenario() Scenario {
	n := 2 * s.samples(model.Duration(emptyFor))
	unknown := min(float64(s.in.IdleRAM)*(1<<20), 8*gib)
	sc := s.oneServer("sizes.idle_ram_mib until a server is empty, and at most the memory in use; missing data does not count as empty", timeline{steady(7, n), steady(0.5, 1), steady(7, 1)},
		s.people(host(1), timeline{steady(20, n+2)}))
	sc.Series = append(sc.Series, s.inState(host(2), "active", timeline{steady(1, n+2)}))
	sc.Series = append(sc.Series, s.memoryInUse(host(2), serverBytes, timeline{steady(7*gib, n+2)})...)
	of := func(h string, sample int, want float64) Check {
		return Check{At: s.at(sample), Expr: "sum(" + s.rec(instanceIdle, matcher{labelHost, "=", h}) + ")", Want: want}
	}
	sc.Checks = []Check{of(host(1), 0, unknown), of(host(1), n-1, unknown), of(host(1), n, min(unknown, gib/2)), of(host(1), n+1, min(unknown, gib/2)), of(host(2), n+1, unknown)}
	return sc
}

// fullScenario is a server that holds nearly all of its memory while nobody is on it.
func (s setup) fullScenario() Scenario {
	n := s.samples(model.Duration(emptyFor)) + 2
	sc := s.oneServer("a full server never looks empty, whoever uses its memory", timeline{steady(7.75, n), steady(7.75, n), steady(8, 2)},
		s.people(host(1), timeline{steady(0, n), steady(20, n+2)}))
	room := 8 * rules.LeastRoom
	sc.Checks = append(s.memoryAt(2*n-1, 7.75*gib, (room-0.25)/room), s.memoryAt(2*n, 7.75*gib, 1)...)
	return sc.also(s.valueAt(2*n, fleetRoom, room*gib), s.valueAt(2*n, memoryLoad, room*gib))
}

// bridgedScenario has a short and a long gap in a server's metrics.
func (s setup) bridgedScenario() Scenario {
	n, short, long := s.samples(model.Duration(emptyFor))+2, s.samples(model.Duration(bridged))-1, s.samples(model.Duration(bridged))+2
	used := timeline{steady(5, n), steady(6, n), nothing(short), steady(6, 3*n), nothing(long), steady(6, 2)}
	sc := s.oneServer("kept during a gap in the metrics of up to "+model.Duration(bridged).String(), used,
		s.people(host(1), timeline{steady(0, n), steady(20, used.length()-n)}))
	unknown := min(float64(s.in.IdleRAM)*(1<<20), 6*gib)
	sc.Checks = append(s.memoryAt(2*n+short, 5*gib, 1.0/3), s.valueAt(used.length()-1, instanceIdle, unknown))
	return sc
}

// resizedScenario is a server with people that gets more memory while it runs.
func (s setup) resizedScenario() Scenario {
	n := s.samples(model.Duration(emptyFor)) + 2
	sc := s.oneServer("the same after more memory was added to a running server", timeline{steady(4, n), steady(6, 2*n)},
		s.people(host(1), timeline{steady(0, n), steady(20, 2*n)}))
	total := timeline{steady(8*gib, 2*n), steady(16*gib, n)}
	for i, t := range []timeline{{steady(4*gib, n), steady(2*gib, n), steady(10*gib, n)}, total} {
		sc.Series[i].Values = t.gauge()
	}
	sc.Checks = append(s.memoryAt(2*n-1, 4*gib, 0.5), s.memoryAt(3*n-1, 4*gib, 2.0/12)...)
	return sc
}

// learnedFromScaleliteScenario has servers without a sample of bbb-exporter: one
// whose meetings end, according to Scalelite, and one with a meeting.
func (s setup) learnedFromScaleliteScenario() Scenario {
	window := s.samples(model.Duration(emptyFor))
	n := 2*window + 2
	ends := timeline{steady(15, window), steady(0, n-window)}
	sc := s.oneServer("learned from Scalelite where there is no bbb-exporter", timeline{steady(5, n)}, s.balancerLoad(host(1), ends))
	on := timeline{steady(1, n)}
	for i, load := range []float64{15, 0} {
		h := host(2 + i)
		sc.Series = append(sc.Series, s.inState(h, "active", on), s.balancerLoad(h, timeline{steady(load, n)}))
		sc.Series = append(sc.Series, s.memoryInUse(h, serverBytes, timeline{steady(5*gib, n)})...)
	}
	unknown := min(float64(s.in.IdleRAM)*(1<<20), 5*gib)
	idle := []float64{5 * gib, unknown, 5 * gib}
	if s.Exporters.WithBBB { // it counts people, and is asked first
		sc.Series = append(sc.Series, s.bbbGauge(s.Metrics.Participants, host(3), timeline{steady(20, n)}))
		idle[2] = unknown
	}
	first := "sum(" + s.rec(instanceIdle, matcher{labelHost, "=", host(1)}) + ")"
	sc.Checks = append(sc.Checks, Check{At: s.at(2*window - 2), Expr: first, Want: unknown})
	for i, want := range idle {
		sc.Checks = append(sc.Checks, Check{At: s.at(n - 1), Expr: "sum(" + s.rec(instanceIdle, matcher{labelHost, "=", host(1 + i)}) + ")", Want: want})
	}
	return sc
}

// emptyFleetScenarios are fleets of ten servers that nobody is on: none of their memory is
// load, however much it is.
func (s setup) emptyFleetScenarios() []Scenario {
	const servers = 10
	n := s.patience(rules.FleetWorkloadLow) + s.settled()
	var all []Scenario
	for _, size := range []struct{ idle, total float64 }{{1, 8}, {3, 8}, {4.5, 8}, {10, 16}} {
		sc := Scenario{Name: fmt.Sprintf("idle memory: a fleet of ten empty servers with %v of %v GiB in use has no load", size.idle, size.total),
			Series: []Series{s.fleetRead(timeline{steady(0, n+1)})}}
		for i := range servers {
			h := host(i + 1)
			sc.Series = append(sc.Series, s.inState(h, "active", timeline{steady(1, n+1)}), s.people(h, timeline{steady(0, n+1)}))
			sc.Series = append(sc.Series, s.memoryInUse(h, size.total*gib, timeline{steady(size.idle*gib, n+1)})...)
			sc.Series = append(sc.Series, s.cpu(h, timeline{steady(0, n+1)})...)
		}
		sc.Checks = []Check{
			s.valueAt(n, memoryLoad, 0), s.valueAt(n, fleetRoom, servers*(size.total-size.idle)*gib), s.firingAt(n, rules.FleetWorkloadLow, 1),
			{At: s.at(n), Alert: rules.FleetWorkloadLow, Annotations: map[string]string{rules.AnnotationRAM: "0", rules.AnnotationMemory: "0.0000",
				rules.AnnotationIdle: fmt.Sprintf(count, size.idle*1024)}},
		}
		all = append(all, sc)
	}
	return all
}
