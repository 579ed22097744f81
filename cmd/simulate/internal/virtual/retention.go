package virtual

import (
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// retention returns how far back the rules read each metric: the sum of the ranges,
// offsets and subqueries around its selectors, and at least the lookback delta.
func retention(file *rulefmt.RuleGroups) (map[string]time.Duration, error) {
	keep := map[string]time.Duration{}
	p := parser.NewParser(parser.Options{})
	for _, g := range file.Groups {
		for _, rule := range g.Rules {
			expr, err := p.ParseExpr(rule.Expr)
			if err != nil {
				return nil, err
			}
			parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
				if v, ok := node.(*parser.VectorSelector); ok {
					keep[v.Name] = max(keep[v.Name], reach(v, path))
				}
				return nil
			})
		}
	}
	return keep, nil
}

// reach returns how old the samples are that a selector reads, given the nodes
// around it.
func reach(v *parser.VectorSelector, path []parser.Node) time.Duration {
	d := v.OriginalOffset + lookback
	for _, node := range path {
		switch n := node.(type) {
		case *parser.MatrixSelector:
			d += n.Range
		case *parser.SubqueryExpr:
			d += n.Range + n.OriginalOffset + time.Minute
		}
	}
	return d
}
