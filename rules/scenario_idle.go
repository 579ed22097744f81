package rules

// idleCase is one server of the scenario of BBBServerIdle, and how many alerts
// there must be for it at some samples.
type idleCase struct {
	cpu, memory, people, queued, processing timeline
	want                                    map[int]int
}

// idleScenarios walk each condition of an idle server over its edge, a server
// for each.
func (s stage) idleScenarios() []Scenario {
	n, calm := s.patience(ServerIdle), s.settled()
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
	empty := func(c idleCase) idleCase {
		c.people, c.queued, c.processing = all(0), all(0), all(0)
		return c
	}
	lowMemory := empty(idleCase{cpu: all(1), memory: all(memory.bad), want: map[int]int{last: 0}})
	cases := []idleCase{
		empty(idleCase{all(cpu.bad), all(1), nil, nil, nil, map[int]int{n: 0, n + 1: 1, last: 1}}),
		empty(idleCase{all(1), all(memory.bad), nil, nil, nil, map[int]int{n - 1: 0, n: 1, last: 1}}),
		empty(idleCase{all(cpu.ok), all(memory.ok), nil, nil, nil, map[int]int{n + 1: 0, last: 0}}),
		empty(idleCase{back(cpu), all(1), nil, nil, nil, map[int]int{n + 1: 1, n + 1 + calm: 1, last: 0}}),
		empty(idleCase{all(1), back(memory), nil, nil, nil, map[int]int{n + 1: 1, n + 1 + calm: 1, last: 0}}),
		empty(idleCase{all(1), then(memory.bad, 1, n), nil, nil, nil, map[int]int{n - 1: 0, n: 0, last: 0}}),
	}
	if s.Exporters.WithBBB {
		someone, missing, left := lowMemory, lowMemory, lowMemory
		someone.people, missing.people, left.people = all(1), nil, then(0, 1, n+2)
		left.want = map[int]int{n + 1: 1, n + 2: 0, last: 0}
		cases = append(cases, someone, missing, left)
	}
	if s.Exporters.WithBBB && s.Exporters.Recordings {
		queued, processing, missing := lowMemory, lowMemory, lowMemory
		queued.queued, processing.processing, missing.queued = all(1), all(1), nil
		cases = append(cases, queued, processing, missing)
	}
	return []Scenario{s.idleScenario(cases)}
}

func (s stage) idleScenario(cases []idleCase) Scenario {
	sc := Scenario{Name: ServerIdle + ": CPU or memory low, nobody there, no recordings; nothing without data"}
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
			sc.Checks = append(sc.Checks, s.firingAt(sample, ServerIdle, c.want[sample], matcher{LabelInstance, "=", at + s.nodePort()}))
		}
	}
	return sc
}

func (sc *Scenario) add(s stage, metric, at string, t timeline) {
	if t != nil {
		sc.Series = append(sc.Series, s.bbbGauge(metric, at, t))
	}
}
