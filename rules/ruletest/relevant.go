package ruletest

import (
	"maps"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Relevant returns the group with only the rules that a scenario's checks
// depend on, which is a fraction of the time of all.
func Relevant(g rules.Group, sc rules.Scenario) rules.Group {
	var text strings.Builder
	for _, c := range sc.Checks {
		text.WriteString(c.Expr + " " + c.Alert + "\n")
	}
	needed, left := []int{}, text.String()
	// A rule may use what an earlier one recorded, so the last comes first.
	for i, r := range slices.Backward(g.Rules) {
		if strings.Contains(left, r.Record+r.Alert) {
			needed = append(needed, i)
			left += r.Expr + strings.Join(slices.Collect(maps.Values(r.Annotations)), " ") + "\n"
		}
	}
	slices.Reverse(needed)
	few := g
	few.Rules = make([]rules.Rule, len(needed))
	for i, index := range needed {
		few.Rules[i] = g.Rules[index]
	}
	return few
}
