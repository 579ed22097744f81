package virtual

import (
	"github.com/prometheus/prometheus/promql/parser"
)

// reads lists what an expression reads; exists tells that only the labels of its
// result matter. It returns false for an expression whose result can differ although
// it reads the same.
func (s *Samples) reads(expr parser.Expr, exists bool) ([]*read, bool) {
	switch e := expr.(type) {
	case *parser.NumberLiteral, *parser.StringLiteral:
		return nil, true
	case *parser.ParenExpr:
		return s.reads(e.Expr, exists)
	case *parser.VectorSelector:
		if exists {
			return s.readsOf(e, lookback.Milliseconds(), lastExists)
		}
		return s.readsOf(e, lookback.Milliseconds(), last)
	case *parser.AggregateExpr:
		return s.readsOfAggregate(e, exists)
	case *parser.BinaryExpr:
		return s.readsOfBinary(e, exists)
	case *parser.Call:
		return s.readsOfCall(e, exists)
	}
	return nil, false
}

// readsOf returns what a selector reads that has a metric name, and whose time is
// that of the evaluation or a fixed time before it.
func (s *Samples) readsOf(v *parser.VectorSelector, window int64, look look) ([]*read, bool) {
	if v.Name == "" || v.OriginalOffset < 0 || v.OriginalOffsetExpr != nil || v.Timestamp != nil || v.StartOrEnd != 0 || v.Anchored || v.Smoothed {
		return nil, false
	}
	return []*read{{selection: s.selection(v.Name, v.LabelMatchers), look: look, offset: v.OriginalOffset.Milliseconds(), window: window}}, true
}

func (s *Samples) readsOfAggregate(e *parser.AggregateExpr, exists bool) ([]*read, bool) {
	switch e.Op {
	case parser.GROUP, parser.COUNT:
		return s.reads(e.Expr, true)
	case parser.SUM, parser.AVG, parser.MIN, parser.MAX:
		return s.reads(e.Expr, exists)
	case parser.QUANTILE, parser.TOPK: // values decide which series topk leaves
		_, ok := e.Param.(*parser.NumberLiteral)
		reads, ok2 := s.reads(e.Expr, exists && e.Op == parser.QUANTILE)
		return reads, ok && ok2
	}
	return nil, false
}

func (s *Samples) readsOfBinary(e *parser.BinaryExpr, exists bool) ([]*read, bool) {
	compares := e.Op.IsComparisonOperator() // then values decide what is left
	left, ok := s.reads(e.LHS, exists && !compares)
	right, ok2 := s.reads(e.RHS, exists && !compares || e.Op == parser.LAND || e.Op == parser.LUNLESS)
	return append(left, right...), ok && ok2
}

func (s *Samples) readsOfCall(e *parser.Call, exists bool) ([]*read, bool) {
	switch e.Func.Name {
	case "max_over_time", "avg_over_time":
		if exists {
			return s.readsOfRange(e.Args[0], anyExists)
		}
		return s.readsOfRange(e.Args[0], constant)
	case "predict_linear": // of a constant, it is the constant
		_, ok := e.Args[1].(*parser.NumberLiteral)
		reads, ok2 := s.readsOfRange(e.Args[0], constant)
		return reads, ok && ok2
	case "idelta":
		return s.readsOfRange(e.Args[0], difference)
	case "day_of_week":
		return []*read{{}}, len(e.Args) == 0
	case "scalar": // a number as long as there is one series
		return s.readsOfAll(e.Args, false)
	case "label_replace", "clamp_min", "clamp_max", "vector":
		return s.readsOfAll(e.Args, exists)
	}
	return nil, false
}

func (s *Samples) readsOfRange(expr parser.Expr, look look) ([]*read, bool) {
	m, ok := expr.(*parser.MatrixSelector)
	if !ok || m.RangeExpr != nil {
		return nil, false
	}
	return s.readsOf(m.VectorSelector.(*parser.VectorSelector), m.Range.Milliseconds(), look)
}

func (s *Samples) readsOfAll(exprs parser.Expressions, exists bool) ([]*read, bool) {
	var all []*read
	for _, e := range exprs {
		reads, ok := s.reads(e, exists)
		if !ok {
			return nil, false
		}
		all = append(all, reads...)
	}
	return all, true
}
