package generate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func (s setup) serverScenarios() []Scenario {
	var all []Scenario
	for _, a := range s.Alerts() {
		if a.Scope != rules.ScopeServer || a.Measure == rules.MeasureNone || a.Rising {
			continue
		}
		e, limit := tooHigh(s.band(a.Measure).Max, s.Hysteresis), s.band(a.Measure).Max
		if a.Ask == rules.AskShrink {
			e, limit = tooLow(s.band(a.Measure).Min, s.Hysteresis), s.band(a.Measure).Min
		}
		all = append(all, s.serverScenario(a, e, number(limit)))
	}
	return append(all, s.windowScenario(), s.filledScenario(), s.swingScenario(), s.resetScenario(), s.twiceScenario())
}

func (s setup) serverScenario(a rules.Alert, e edge, threshold string) Scenario {
	series, lag := s.machineMemory, 0
	switch {
	case a.Measure == rules.MeasureCPU:
		series, lag = s.cpu, 1
	case a.Ask == rules.AskShrink:
		series = s.memory
	}
	w := s.over(e, a.Name, lag)
	instance := host(1) + s.nodePort()
	checks := s.checks(w, a.Name)
	checks = append(checks, Check{At: s.at(w.fires), Alert: a.Name, Annotations: map[string]string{
		rules.AnnotationValue: fmt.Sprintf(ratio, e.bad), rules.AnnotationThreshold: threshold}})
	checks = append(checks, s.firingAt(w.fires, a.Name, 1, matcher{rules.LabelInstance, "=", instance}, matcher{rules.LabelScaler, "=", rules.RouteScaler}))
	return Scenario{Name: a.Name + ": below, at and above, too short, held and resolved; nothing without data",
		Series: series(host(1), w.timeline), Checks: checks}
}

// filledScenario is a server whose workload jumps above the limit: the smoothed
// workload, which is still low, does not delay the alert.
func (s setup) filledScenario() Scenario {
	calm, n := 3*s.settled(), s.patience(rules.ServerCPUHigh)
	t := timeline{steady(0, calm), steady(reached(s.in.Thresholds.CPU.Max), n+2)}
	return Scenario{Name: rules.ServerCPUHigh + ": a server that fills at once is not measured by what it was", Series: s.cpu(host(1), t), Checks: []Check{
		s.firingAt(calm+n, rules.ServerCPUHigh, 0), s.firingAt(calm+n+1, rules.ServerCPUHigh, 1),
	}}
}

// swingScenario is a server whose workload is at the limit on average, and
// below it at one scrape before the alert may fire.
func (s setup) swingScenario() Scenario {
	limit, n := reached(s.in.Thresholds.CPU.Max), s.patience(rules.ServerCPUHigh)
	swing := (1 - limit) / 2
	t := timeline{steady(limit+swing, 1), steady(limit-swing, 1), steady(limit, n+1)}
	return Scenario{Name: rules.ServerCPUHigh + ": a workload that swings across the limit counts on average", Series: s.cpu(host(1), t), Checks: []Check{
		s.firingAt(n, rules.ServerCPUHigh, 0), s.firingAt(n+1, rules.ServerCPUHigh, 1),
	}}
}

// idleCase is one server of the scenario of BBBServerIdle, and the number of
// firing alerts for it, by sample.
type idleCase struct {
	cpu, memory, people, queued, processing timeline
	want                                    map[int]int
}

// idleScenarios change one condition of an idle server at a time, each on a server
// of its own.
func (s setup) idleScenarios() []Scenario {
	n, calm := s.patience(rules.ServerIdle), s.settled()
	cpu, memory := tooLow(s.in.Thresholds.CPU.Min, s.Hysteresis), tooLow(s.in.Thresholds.Memory.Min, s.Hysteresis)
	long := n + 2*calm + 4
	last := long - 1
	all := func(v float64) timeline { return timeline{steady(v, long)} }
	back := func(e edge) timeline {
		return timeline{steady(e.bad, n+2), steady(e.hold, calm), steady(e.free, long-n-2-calm)}
	}
	then := func(before, after float64, samples int) timeline {
		return timeline{steady(before, samples), steady(after, long-samples)}
	}
	// Without participants, the memory in use would become idle memory.
	empty := func(c idleCase) idleCase {
		c.queued, c.processing = all(0), all(0)
		return c
	}
	lowMemory := empty(idleCase{cpu: all(1), memory: all(memory.bad), people: all(0), want: map[int]int{last: 0}})
	cases := []idleCase{
		empty(idleCase{all(cpu.bad), all(1), nil, nil, nil, map[int]int{n: 0, n + 1: 1, last: 1}}),
		empty(idleCase{all(1), all(memory.bad), nil, nil, nil, map[int]int{n - 1: 0, n: 1, last: 1}}),
		empty(idleCase{all(cpu.ok), all(memory.ok), nil, nil, nil, map[int]int{n + 1: 0, last: 0}}),
		empty(idleCase{back(cpu), all(1), nil, nil, nil, map[int]int{n + 1: 1, n + 1 + calm: 1, last: 0}}),
		empty(idleCase{all(1), back(memory), nil, nil, nil, map[int]int{n + 1: 1, n + 1 + calm: 1, last: 0}}),
		empty(idleCase{all(1), then(memory.bad, 1, n), nil, nil, nil, map[int]int{n - 1: 0, n: 0, last: 0}}),
	}
	// From here on, the memory is low all the time.
	fires := map[int]int{n - 1: 0, n: 1, last: 1}
	if s.Exporters.WithBBB {
		someone, missing, left := lowMemory, lowMemory, lowMemory
		someone.people, missing.people, left.people = all(1), nil, then(0, 1, n+2)
		missing.want, left.want = fires, map[int]int{n + 1: 1, n + 2: 0, last: 0}
		cases = append(cases, someone, missing, left, idleCase{cpu: all(1), memory: all(memory.bad), want: fires})
	}
	if s.Exporters.WithBBB && s.Exporters.Recordings {
		queued, processing, alone, other, missing := lowMemory, lowMemory, lowMemory, lowMemory, lowMemory
		queued.queued, processing.processing = all(1), all(1)
		alone.queued, alone.processing = all(1), nil
		other.queued, other.processing = nil, all(1)
		missing.queued, missing.processing, missing.want = nil, nil, fires
		cases = append(cases, queued, processing, alone, other, missing)
	}
	return []Scenario{s.idleScenario(cases)}
}

func (s setup) idleScenario(cases []idleCase) Scenario {
	sc := Scenario{Name: rules.ServerIdle + ": CPU or memory low, nobody there, no recordings; what is not exported keeps no server on"}
	for i, c := range cases {
		at := host(i + 1)
		sc.Series = append(sc.Series, s.cpu(at, c.cpu)...)
		sc.Series = append(sc.Series, s.memory(at, c.memory)...)
		if s.Exporters.WithBBB {
			sc.add(s, s.Metrics.Participants, at, c.people)
			sc.add(s, s.Metrics.RecordingsQueued, at, c.queued)
			sc.add(s, s.Metrics.RecordingsProcessing, at, c.processing)
		}
		for _, sample := range sortedKeys(c.want) {
			sc.Checks = append(sc.Checks, s.firingAt(sample, rules.ServerIdle, c.want[sample], matcher{rules.LabelInstance, "=", at + s.nodePort()}))
		}
	}
	return sc
}

// downCase is one server of the scenario of BBBServerDown.
type downCase struct {
	state   string // "" when the scaler says it is off
	up, api timeline
	want    map[int]int
}

// downScenario has servers that are down, one for each combination of state and
// exporters, and servers that are not.
func (s setup) downScenario() Scenario {
	n := s.patience(rules.ServerDown)
	long := n + 6
	last := long - 1
	all := func(v float64) timeline { return timeline{steady(v, long)} }
	gone, never := map[int]int{n - 1: 0, n: 1, last: 1}, map[int]int{n: 0, last: 0}
	cases := []downCase{
		{"active", all(0), nil, gone}, {"draining", all(0), nil, gone}, {"down", all(0), nil, gone},
		{"", all(0), nil, never}, {"active", nil, nil, never}, {"active", all(1), nil, never},
		{"active", timeline{steady(0, n), steady(1, long-n)}, nil, never},
		{"active", timeline{steady(0, n+2), steady(1, long-n-2)}, nil, map[int]int{n + 1: 1, n + 2: 0}},
	}
	if s.Exporters.WithBBB {
		cases = append(cases, downCase{"active", all(0), all(1), never}, downCase{"active", all(1), all(0), gone},
			downCase{"active", all(0), all(0), gone}, downCase{"active", all(1), all(1), never}, downCase{"", all(1), all(0), never})
	}
	sc := Scenario{Name: rules.ServerDown + ": BigBlueButton is gone, not its exporter alone, and not on purpose",
		Series: []Series{s.fleetRead(all(0))}}
	for i, c := range cases {
		sc.down(s, host(i+1), c, long)
	}
	sc.Checks = append(sc.Checks, Check{At: s.at(n), Alert: rules.ServerDown, Annotations: map[string]string{rules.AnnotationValue: "0"}})
	return sc
}

func (sc *Scenario) down(s setup, at string, c downCase, long int) {
	if c.state != "" {
		sc.Series = append(sc.Series, s.inState(at, c.state, timeline{steady(1, long)}))
	}
	if c.up != nil {
		sc.Series = append(sc.Series, s.up(at, c.up))
	}
	sc.add(s, s.Metrics.APIUp, at, c.api)
	for _, sample := range sortedKeys(c.want) {
		sc.Checks = append(sc.Checks, s.firingAt(sample, rules.ServerDown, c.want[sample], matcher{rules.LabelInstance, "=", at + s.nodePort()}))
	}
}

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }

func (sc *Scenario) add(s setup, metric, at string, t timeline) {
	if t != nil {
		sc.Series = append(sc.Series, s.bbbGauge(metric, at, t))
	}
}
