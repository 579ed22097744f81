package main

import (
	"fmt"
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// mutant is one rule with one thing changed.
type mutant struct {
	index int // of the rule in its group
	what  string
	rule  generate.Rule
}

// mutants returns every change of one threshold, comparison or duration in a
// group's rules.
func mutants(g generate.Group) ([]mutant, error) {
	p := parser.NewParser(parser.Options{})
	var all []mutant
	for i, r := range g.Rules {
		expr, err := p.ParseExpr(r.Expr)
		if err != nil {
			return nil, fmt.Errorf("%s%s: %w", r.Record, r.Alert, err)
		}
		for _, c := range changes(expr) {
			changed := r
			c.apply()
			changed.Expr = expr.String()
			c.undo()
			all = append(all, mutant{i, c.what, changed})
		}
		all = append(all, patience(i, r, g.Interval)...)
	}
	return all, nil
}

// patience changes the for duration of an alert by one evaluation interval.
func patience(index int, r generate.Rule, interval model.Duration) []mutant {
	if r.Alert == "" {
		return nil
	}
	var all []mutant
	for _, by := range []model.Duration{interval, -interval} {
		changed := r
		changed.For += by
		all = append(all, mutant{index, fmt.Sprintf("for %v → %v", r.For, changed.For), changed})
	}
	return all
}

// change is a change to a parsed expression that can be undone.
type change struct {
	what        string
	apply, undo func()
}

func to[T any](place *T, what string, value T) change {
	before := *place
	return change{what, func() { *place = value }, func() { *place = before }}
}

func changes(expr parser.Expr) []change {
	var all []change
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.NumberLiteral:
			for _, v := range near(n.Val) {
				all = append(all, to(&n.Val, fmt.Sprintf("%v → %v", n.Val, v), v))
			}
		case *parser.BinaryExpr:
			for _, op := range otherComparisons[n.Op] {
				all = append(all, to(&n.Op, fmt.Sprintf("%v → %v", n.Op, op), op))
			}
		case *parser.MatrixSelector:
			for _, d := range []time.Duration{n.Range * 2, n.Range / 2} {
				all = append(all, to(&n.Range, fmt.Sprintf("[%v] → [%v]", n.Range, d), d))
			}
		case *parser.VectorSelector:
			if n.OriginalOffset != 0 {
				for _, d := range []time.Duration{n.OriginalOffset + 8*time.Minute, n.OriginalOffset - 8*time.Minute} {
					all = append(all, to(&n.OriginalOffset, fmt.Sprintf("offset %v → %v", n.OriginalOffset, d), d))
				}
			}
		}
		return nil
	})
	return all
}

// otherComparisons lists, for each comparison, the neighbouring and the opposite
// one.
var otherComparisons = map[parser.ItemType][]parser.ItemType{
	parser.GTE: {parser.GTR, parser.LSS}, parser.GTR: {parser.GTE, parser.LTE},
	parser.LSS: {parser.LTE, parser.GTE}, parser.LTE: {parser.LSS, parser.GTR},
	parser.EQLC: {parser.NEQ}, parser.NEQ: {parser.EQLC},
}

// near are the nearest values that differ in effect: the next whole number
// for counts, one evaluation for seconds, a twentieth for ratios.
func near(v float64) []float64 {
	switch {
	case v != math.Trunc(v):
		return []float64{v * 1.05, v * 0.95}
	case math.Abs(v) >= 100:
		return []float64{v + 60, v - 60}
	}
	return []float64{v + 1, v - 1}
}
