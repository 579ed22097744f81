package virtual

import (
	"context"
	"time"

	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// rule is one rule, in a group of its own: so it is evaluated only when its result
// can have changed. Most series have the same values for hours, and Prometheus
// computes the same results from them at each evaluation.
type rule struct {
	rules.Rule
	group  *rules.Group
	ask    rules.QueryFunc // the engine
	text   string          // of the expression
	reads  []*read
	steady bool // the result is the same while the reads are
	begun  bool // evaluated once

	known  bool // result is that of the last evaluation
	same   bool // what it reads at present is what it read then
	result promql.Vector
	out    appender
}

// newRule returns a rule of group. ask evaluates an expression; expr is its
// expression, as the engine evaluates it.
func newRule(r rules.Rule, expr parser.Expr, group *rules.Group, options rules.ManagerOptions, samples *Samples) *rule {
	one := &rule{Rule: r, ask: options.QueryFunc, text: r.Query().String(), out: appender{samples: samples}}
	one.reads, one.steady = samples.reads(expr, false)
	options.QueryFunc, options.Appendable = one.query, appendable{&one.out}
	one.group = rules.NewGroup(rules.GroupOptions{
		Name: group.Name(), File: group.File(), Interval: group.Interval(), Limit: group.Limit(), Rules: []rules.Rule{r}, Opts: &options,
	})
	return one
}

// evaluate evaluates the rule at now, or repeats what it wrote.
func (r *rule) evaluate(ctx context.Context, now time.Time) {
	r.same = r.steady
	for _, read := range r.reads {
		r.same = read.again(timestamp.FromTime(now)) && r.same // each one, to know the present samples
	}
	r.same = r.same && r.known
	if r.same && r.rests() {
		r.out.repeat(timestamp.FromTime(now))
		return
	}
	r.out.begin()
	r.group.Eval(ctx, now)
	if !r.begun {
		r.begun = true
		r.group.RestoreForState(now) // there is nothing to restore; ALERTS is written from now on
	}
	r.known = r.known && r.LastError() == nil
}

// rests reports whether the rule would do the same as the last time: one that
// records does, and one without an alert that is pending, firing or resolved.
func (r *rule) rests() bool {
	alerts, ok := r.Rule.(*rules.AlertingRule)
	if !ok {
		return true
	}
	rests := len(r.result) == 0 && len(r.out.written) == 0
	alerts.ForEachActiveAlert(func(*rules.Alert) { rests = false })
	return rests
}

// query evaluates the rule's expression, or one in a template of its alerts.
func (r *rule) query(ctx context.Context, text string, at time.Time) (promql.Vector, error) {
	if text != r.text {
		return r.ask(ctx, text, at)
	}
	if r.same {
		return r.result, nil // alerts do not write into it
	}
	result, err := r.ask(ctx, text, at)
	r.result, r.known = result, err == nil
	return result, err
}
