package rules

import (
	"maps"
	"slices"
)

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }

// downCase is one server of the scenario of BBBServerDown.
type downCase struct {
	state   string // "" when the scaler says it is off
	up, api timeline
	want    map[int]int
}

// downScenario has servers that are gone in every way that matters, and some
// that are not.
func (s stage) downScenario() Scenario {
	n := s.patience(ServerDown)
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
	sc := Scenario{Name: ServerDown + ": BigBlueButton is gone, not its exporter alone, and not on purpose",
		Series: []Series{s.fleetRead(all(0))}}
	for i, c := range cases {
		sc.down(s, host(i+1), c, long)
	}
	sc.Checks = append(sc.Checks, Check{At: s.at(n), Alert: ServerDown, Annotations: map[string]string{AnnotationValue: "0"}})
	return sc
}

func (sc *Scenario) down(s stage, at string, c downCase, long int) {
	if c.state != "" {
		sc.Series = append(sc.Series, s.inState(at, c.state, timeline{steady(1, long)}))
	}
	if c.up != nil {
		sc.Series = append(sc.Series, s.up(at, c.up))
	}
	sc.add(s, s.Metrics.APIUp, at, c.api)
	for _, sample := range sortedKeys(c.want) {
		sc.Checks = append(sc.Checks, s.firingAt(sample, ServerDown, c.want[sample], matcher{LabelInstance, "=", at + s.nodePort()}))
	}
}
