package virtual

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// Prometheus prints and parses the expression of every rule at every evaluation,
// which took a third of the time of a simulated week. The results do not change, so
// that each is computed only once here.

// onceParser parses each text once and returns a copy of the result each time,
// because the engine writes into the expressions that it evaluates.
type onceParser struct {
	parser.Parser
	known map[string]parser.Expr
}

func newOnceParser() *onceParser {
	return &onceParser{parser.NewParser(parser.Options{}), map[string]parser.Expr{}}
}

// ParseExpr returns a copy of the parsed expression. An expression that clone does
// not support is parsed again each time.
func (p *onceParser) ParseExpr(text string) (parser.Expr, error) {
	expr, ok := p.known[text]
	if !ok {
		fresh, err := p.Parser.ParseExpr(text)
		if err != nil {
			return nil, err
		}
		p.known[text], expr = fresh, fresh
	}
	if copied, ok := clone(expr); ok {
		return copied, nil
	}
	return p.Parser.ParseExpr(text)
}

// clone copies the parts of an expression that the engine writes into.
func clone(expr parser.Expr) (out parser.Expr, ok bool) {
	one := func(e parser.Expr) parser.Expr {
		copied, known := clone(e)
		ok = ok && known
		return copied
	}
	ok = true
	switch e := expr.(type) {
	case nil:
		return nil, true
	case *parser.NumberLiteral, *parser.StringLiteral:
		return e, true
	case *parser.ParenExpr:
		c := *e
		c.Expr = one(e.Expr)
		return &c, ok
	case *parser.UnaryExpr:
		c := *e
		c.Expr = one(e.Expr)
		return &c, ok
	case *parser.BinaryExpr:
		c := *e
		c.LHS, c.RHS = one(e.LHS), one(e.RHS)
		return &c, ok
	case *parser.AggregateExpr:
		c := *e
		c.Expr, c.Param, c.Grouping = one(e.Expr), one(e.Param), slices.Clone(e.Grouping)
		return &c, ok
	case *parser.Call:
		c := *e
		c.Args = make(parser.Expressions, len(e.Args))
		for i, arg := range e.Args {
			c.Args[i] = one(arg)
		}
		return &c, ok
	case *parser.VectorSelector:
		c := *e
		return &c, e.OriginalOffsetExpr == nil
	case *parser.MatrixSelector:
		c := *e
		c.VectorSelector = one(e.VectorSelector)
		return &c, ok && e.RangeExpr == nil
	case *parser.SubqueryExpr:
		c := *e
		c.Expr = one(e.Expr)
		return &c, ok && e.RangeExpr == nil && e.StepExpr == nil && e.OriginalOffsetExpr == nil
	}
	return nil, false
}

// printed is an expression with its text.
type printed struct {
	parser.Expr
	text string
}

// String returns the text without printing the expression again.
func (p printed) String() string { return p.text }

// independent replaces the analysis of rules that may run concurrently: here, rules
// are evaluated in their order.
type independent struct{}

// AnalyseRules does nothing.
func (independent) AnalyseRules([]rules.Rule) {}
