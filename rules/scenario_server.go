package rules

import "fmt"

// edge is a threshold as a scenario walks over it.
type edge struct {
	bad  float64 // just so that the alert's condition holds
	ok   float64 // just so that it does not
	hold float64 // just so that a firing alert stays
	free float64 // just so that it resolves
	far  float64 // far on the good side
}

// tooHigh and tooLow are the edges of a band with hysteresis.
func tooHigh(limit, hysteresis float64) edge {
	return edge{reached(limit), missed(limit), reached(limit - hysteresis), missed(limit - hysteresis), 0}
}

func tooLow(limit, hysteresis float64) edge {
	return edge{missed(limit), reached(limit), missed(limit + hysteresis), reached(limit + hysteresis), 1}
}

// walk is a timeline over an edge and the samples at which an alert must and
// must not fire.
type walk struct {
	timeline timeline
	quiet    []int // samples at which it must not fire
	fires    int   // the first sample at which it must
	held     int   // a sample at which hysteresis must keep it
	freed    int   // a sample at which it must be resolved
}

// over walks over an edge: long just outside; inside a sample too short;
// inside until it fires; back to within the hysteresis; and out of it. lag is
// how many samples the workload needs to show.
func (s stage) over(e edge, alert string, lag int) walk {
	n, calm := s.patience(alert), s.settled()
	var w walk
	put := func(spans ...span) int {
		w.timeline = append(w.timeline, spans...)
		return w.timeline.length() - 1
	}
	w.quiet = append(w.quiet, put(steady(e.ok, n+calm)))
	put(nothing(calm))
	w.quiet = append(w.quiet, put(steady(e.bad, n+lag)), put(steady(e.far, 2)))
	start := put(nothing(calm)) + 1
	w.quiet = append(w.quiet, start+lag+n-1)
	w.fires = start + lag + n
	put(steady(e.bad, n+lag+2))
	w.held = put(steady(e.hold, calm))
	w.freed = put(steady(e.free, calm))
	put(steady(e.free, 1))
	return w
}

// checks writes what a walk must show.
func (s stage) checks(w walk, alert string, more ...matcher) []Check {
	var checks []Check
	for _, at := range w.quiet {
		checks = append(checks, s.firingAt(at, alert, 0, more...))
	}
	return append(checks, s.firingAt(w.fires, alert, 1, more...), s.firingAt(w.held, alert, 1, more...),
		s.firingAt(w.freed, alert, 0, more...))
}

func (s stage) serverScenarios() []Scenario {
	var all []Scenario
	for _, k := range s.kinds() {
		all = append(all,
			s.serverScenario(k, k.highName, tooHigh(k.band.Max, s.Hysteresis), number(k.band.Max)),
			s.serverScenario(k, k.lowID, tooLow(k.band.Min, s.Hysteresis), number(k.band.Min)))
	}
	return append(all, s.windowScenario(), s.filledScenario(), s.swingScenario(), s.resetScenario(), s.twiceScenario())
}

func (s stage) serverScenario(k kind, alert string, e edge, threshold string) Scenario {
	series, lag := s.memory, 0
	if k.record == instanceCPU {
		series, lag = s.cpu, 1
	}
	w := s.over(e, alert, lag)
	instance := host(1) + s.nodePort()
	checks := s.checks(w, alert)
	checks = append(checks, Check{At: s.at(w.fires), Alert: alert, Annotations: map[string]string{
		AnnotationValue: fmt.Sprintf(ratio, e.bad), AnnotationThreshold: threshold}})
	checks = append(checks, s.firingAt(w.fires, alert, 1, matcher{LabelInstance, "=", instance}, matcher{LabelScaler, "=", RouteScaler}))
	return Scenario{Name: alert + ": below, at and above, too short, held and resolved; nothing without data",
		Series: series(host(1), w.timeline), Checks: checks}
}

// windowScenario has scrapes missed, and a level that changes at once.
func (s stage) windowScenario() Scenario {
	w := int(s.RateWindow / s.EvaluationInterval)
	before := 2 * w
	t := timeline{steady(0.25, before), {samples: 3 * w, gap: true}, steady(0.25, 3*w), steady(0.75, 3*w)}
	series := s.cpu(host(1), t)
	series[0].Values = unmarked(series[0].Values)
	changed := before + 6*w
	return Scenario{Name: "CPU workload: bridges missed scrapes within its window, and is smoothed over it", Series: series, Checks: []Check{
		{At: s.at(before - 1 + w - 2), Expr: "count(" + s.rec(instanceCPU) + ") or vector(0)", Want: 1},
		{At: s.at(before - 1 + w + 1), Expr: "count(" + s.rec(instanceCPUNow) + ") or vector(0)", Want: 0},
		{At: s.at(before - 1 + w - 2), Expr: "count(" + s.rec(instanceCores) + ") or vector(0)", Want: 1},
		{At: s.at(before - 1 + w + 1), Expr: "count(" + s.rec(instanceCores) + ") or vector(0)", Want: 0},
		{At: s.at(changed - 1), Expr: "count(abs(" + s.rec(instanceCPU) + " - 0.25) < 0.000001) or vector(0)", Want: 1},
		{At: s.at(changed + w - 2), Expr: "count(abs(" + s.rec(instanceCPU) + " - 0.75) < 0.000001) or vector(0)", Want: 0},
		{At: s.at(changed + w + 1), Expr: "count(abs(" + s.rec(instanceCPU) + " - 0.75) < 0.000001) or vector(0)", Want: 1},
		// With no scaler this server is the fleet.
		s.absentAt(before-1+w+1, cpuLoad), s.valueAt(changed-1, cpuLoad, 0.25),
		{At: s.at(changed + w - 2), Expr: "count(abs(" + s.rec(cpuLoad) + " - 0.75) < 0.000001) or vector(0)", Want: 0},
		s.valueAt(changed+w+1, cpuLoad, 0.75),
	}}
}

// filledScenario is a server that is full from one scrape to the next: what its
// workload was before does not delay the alert.
func (s stage) filledScenario() Scenario {
	calm, n := 3*s.settled(), s.patience(ServerCPUHigh)
	t := timeline{steady(0, calm), steady(reached(s.in.Thresholds.CPU.Max), n+2)}
	return Scenario{Name: ServerCPUHigh + ": a server that fills at once is not measured by what it was", Series: s.cpu(host(1), t), Checks: []Check{
		s.firingAt(calm+n, ServerCPUHigh, 0), s.firingAt(calm+n+1, ServerCPUHigh, 1),
	}}
}

// swingScenario is a server whose workload is at the limit on average, and
// below it at one scrape before the alert may fire.
func (s stage) swingScenario() Scenario {
	limit, n := reached(s.in.Thresholds.CPU.Max), s.patience(ServerCPUHigh)
	swing := (1 - limit) / 2
	t := timeline{steady(limit+swing, 1), steady(limit-swing, 1), steady(limit, n+1)}
	return Scenario{Name: ServerCPUHigh + ": a workload that swings across the limit counts on average", Series: s.cpu(host(1), t), Checks: []Check{
		s.firingAt(n, ServerCPUHigh, 0), s.firingAt(n+1, ServerCPUHigh, 1),
	}}
}

// resetScenario is a server that restarts: its counters begin at 0 again.
func (s stage) resetScenario() Scenario {
	n := s.patience(ServerCPUHigh)
	low := s.in.Thresholds.CPU.Min
	t := timeline{steady(low, 3*s.settled()), {samples: n + 2*s.settled(), value: low, reset: true}}
	at := 3 * s.settled()
	return Scenario{Name: "CPU workload: a counter that starts again is no lasting load", Series: s.cpu(host(1), t), Checks: []Check{
		s.firingAt(at+1, ServerCPUHigh, 0), s.firingAt(at+s.settled(), ServerCPUHigh, 0), s.firingAt(at+n+s.settled(), ServerCPUHigh, 0),
		{At: s.at(at + s.settled()), Expr: "count(abs(" + s.rec(instanceCPU) + " - " + exact(low) + ") < 0.000001) or vector(0)", Want: 1},
	}}
}

// twiceScenario is one server under two targets, as where groups overlap.
func (s stage) twiceScenario() Scenario {
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
	return Scenario{Name: "averages: a server that is listed twice counts once", Series: append(one, other...), Checks: []Check{
		s.valueAt(n-1, fleetMemory, 0.25), s.valueAt(n-1, fleetCPU, 0.25), s.valueAt(n-1, fleetActive, 2),
		s.valueAt(n-1, fleetCores, 2), s.valueAt(n-1, cpuLoad, 0.5), s.valueAt(n-1, fleetBytes, 2*stageBytes), s.valueAt(n-1, memoryLoad, stageBytes/2),
	}}
}
