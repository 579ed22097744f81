// Package ruletest runs generated rules against scenarios with Prometheus's
// own rule engine, in virtual time.
package ruletest

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	engine "github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
)

// Engine evaluates expressions and rules. It is safe for concurrent use.
type Engine struct {
	query  *promql.Engine
	parser parser.Parser
}

// NewEngine returns an engine with Prometheus's default limits.
func NewEngine() *Engine {
	return &Engine{
		query: promql.NewEngine(promql.EngineOpts{
			MaxSamples: 50_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
		}),
		parser: parser.NewParser(parser.Options{}),
	}
}

// Close releases the engine.
func (e *Engine) Close() error { return e.query.Close() }

// Group returns a rule group on a storage, as Prometheus loads it. The error names
// the rule whose expression does not parse.
func (e *Engine) Group(ctx context.Context, g generate.Group, store storage.Storage) (*engine.Group, error) {
	parsed := make([]engine.Rule, len(g.Rules))
	for i, r := range g.Rules {
		rule, err := e.rule(r)
		if err != nil {
			return nil, err
		}
		parsed[i] = rule
	}
	return engine.NewGroup(engine.GroupOptions{
		Name: g.Name, File: "test", Interval: time.Duration(g.Interval), Rules: parsed,
		Opts: &engine.ManagerOptions{
			QueryFunc: engine.EngineQueryFunc(e.query, store), Appendable: store, Queryable: store, Context: ctx,
			NotifyFunc: func(context.Context, string, ...*engine.Alert) {},
		},
	}), nil
}

func (e *Engine) rule(r generate.Rule) (engine.Rule, error) {
	expr, err := e.parser.ParseExpr(r.Expr)
	if err != nil {
		return nil, fmt.Errorf("rule %s%s: %w", r.Record, r.Alert, err)
	}
	if r.Record != "" {
		return engine.NewRecordingRule(r.Record, expr, labels.FromMap(r.Labels)), nil
	}
	return engine.NewAlertingRule(r.Alert, expr, time.Duration(r.For), time.Duration(r.KeepFiringFor), labels.FromMap(r.Labels),
		labels.FromMap(r.Annotations), labels.EmptyLabels(), "", true, nil), nil
}

// Run evaluates a group over a scenario and returns an error for the first
// check that fails.
func (e *Engine) Run(ctx context.Context, g generate.Group, sc generate.Scenario) error {
	store, err := teststorage.NewWithError()
	if err != nil {
		return fmt.Errorf("opening storage: %w", err)
	}
	defer store.Close()
	group, err := e.Group(ctx, g, store)
	if err != nil {
		return err
	}
	run := run{engine: e, group: group, store: store, step: time.Duration(g.Interval)}
	if err := run.load(ctx, sc); err != nil {
		return fmt.Errorf("%s: loading: %w", sc.Name, err)
	}
	for sample := 0; len(run.checks) > 0; sample++ {
		since := time.Duration(sample) * run.step
		if within(since, sc.Quiet) {
			continue
		}
		if err := run.at(ctx, sample, since); err != nil {
			return fmt.Errorf("%s: at %v: %w", sc.Name, since, err)
		}
	}
	return nil
}

// run is the state of a scenario that is being evaluated.
type run struct {
	engine *Engine
	group  *engine.Group
	store  storage.Storage
	step   time.Duration
	series []input
	checks map[time.Duration][]generate.Check
}

type input struct {
	labels labels.Labels
	values []parser.SequenceValue
}

func (r *run) load(ctx context.Context, sc generate.Scenario) error {
	r.checks = map[time.Duration][]generate.Check{}
	for _, c := range sc.Checks {
		r.checks[c.At] = append(r.checks[c.At], c)
	}
	for _, s := range sc.Series {
		ls, values, err := r.engine.parser.ParseSeriesDesc(s.Series + " " + s.Values)
		if err != nil {
			return fmt.Errorf("series %s: %w", s.Series, err)
		}
		r.series = append(r.series, input{ls, values})
	}
	return ctx.Err()
}

// at appends the input of a sample, evaluates the rules and runs the checks.
func (r *run) at(ctx context.Context, sample int, since time.Duration) error {
	now := time.Unix(0, 0).Add(since).UTC()
	if err := r.append(ctx, sample, now); err != nil {
		return err
	}
	r.group.Eval(ctx, now)
	for _, c := range r.checks[since] {
		if err := r.check(ctx, c, now); err != nil {
			return err
		}
	}
	delete(r.checks, since)
	return nil
}

func within(at time.Duration, stretches []generate.Stretch) bool {
	for _, s := range stretches {
		if at > s.From && at < s.To {
			return true
		}
	}
	return false
}

func (r *run) append(ctx context.Context, sample int, now time.Time) error {
	app := r.store.Appender(ctx)
	for _, s := range r.series {
		if sample >= len(s.values) || s.values[sample].Omitted {
			continue
		}
		if _, err := app.Append(0, s.labels, now.UnixMilli(), s.values[sample].Value); err != nil {
			_ = app.Rollback()
			return fmt.Errorf("appending %s: %w", s.labels, err)
		}
	}
	return app.Commit()
}

func (r *run) check(ctx context.Context, c generate.Check, now time.Time) error {
	if c.Alert != "" {
		return r.checkAnnotations(c)
	}
	vector, err := engine.EngineQueryFunc(r.engine.query, r.store)(ctx, c.Expr, now)
	if err != nil {
		return fmt.Errorf("evaluating %s: %w", c.Expr, err)
	}
	if len(vector) != 1 || math.Abs(vector[0].F-c.Want) > 1e-9 {
		return fmt.Errorf("%s = %v, want %v", c.Expr, vector, c.Want)
	}
	return nil
}

// checkAnnotations checks the annotations of every active alert of the name, and
// that there is one.
func (r *run) checkAnnotations(c generate.Check) error {
	for _, rule := range r.group.AlertingRules() {
		active := rule.ActiveAlerts()
		if rule.Name() != c.Alert || len(active) == 0 {
			continue
		}
		for _, a := range active {
			if err := annotated(a, c); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no alert %s is active", c.Alert)
}

func annotated(a *engine.Alert, c generate.Check) error {
	for name, want := range c.Annotations {
		if got := a.Annotations.Get(name); got != want {
			return fmt.Errorf("annotation %s of %s = %q, want %q", name, a.Labels, got, want)
		}
	}
	return nil
}
