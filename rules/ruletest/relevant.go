package ruletest

import (
	"maps"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// Relevant returns the group with only the rules that the checks of a scenario
// depend on. Evaluating them takes a fraction of the time of all rules.
func Relevant(g generate.Group, sc generate.Scenario) generate.Group {
	var text strings.Builder
	for _, c := range sc.Checks {
		text.WriteString(c.Expr + " " + c.Alert + "\n")
	}
	needed, left := []int{}, text.String()
	// A rule may read what an earlier one recorded, so start with the last.
	for i, r := range slices.Backward(g.Rules) {
		if strings.Contains(left, r.Record+r.Alert) {
			needed = append(needed, i)
			left += r.Expr + strings.Join(slices.Collect(maps.Values(r.Annotations)), " ") + "\n"
		}
	}
	few := g
	few.Rules = nil
	for _, index := range slices.Backward(needed) {
		few.Rules = append(few.Rules, g.Rules[index])
	}
	return few
}
