package virtual

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// lookback is --query.lookback-delta, the age above which a sample is not used, and
// resend is --rules.alert.resend-delay, the time after which a firing alert is sent
// again: Prometheus's defaults.
const (
	lookback = 5 * time.Minute
	resend   = time.Minute
)

// Rules is Prometheus's rule evaluation over Samples, at given times.
//
// It differs from Prometheus in two points, neither of which changes a recorded sample
// or when an alert is sent. A rule keeps its result while it reads the same. The
// templates of annotations are expanded when an alert is sent, not at each evaluation,
// where they would be most of the work; one that asks for other values than the alert's
// own gets those of the time at which the alert's end is sent.
type Rules struct {
	Samples *Samples
	query   rules.QueryFunc
	rules   []*rule          // of all groups, in the file's order
	texts   map[string]texts // by alert name
	sent    []model.Alert    // alerts of the present evaluation
	now     time.Time
}

// Options select the parts of a rule file that are evaluated.
type Options struct {
	Interval    time.Duration            // interval of groups that have none
	Annotations []string                 // annotations to keep; others are removed
	Alerts      func(name string) bool   // reports whether to keep an alert; nil keeps all
	Keep        map[string]time.Duration // additional metrics to store, and for how long
	Retention   time.Duration            // the most that any sample is kept; 0: as long as the rules read it
	Logger      *slog.Logger             // nil discards all lines
}

// NewRules reads a rule file.
func NewRules(text string, o Options) (*Rules, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := newOnceParser()
	file, errs := rulefmt.Parse([]byte(text), false, model.LegacyValidation, p, o.Logger)
	if len(errs) > 0 {
		return nil, fmt.Errorf("reading the rules: %w", errs[0])
	}
	o.dropAlerts(file)
	keep, err := retention(file)
	if err != nil {
		return nil, fmt.Errorf("reading the rules: %w", err)
	}
	for name, d := range o.Keep {
		keep[name] = max(keep[name], d)
	}
	if o.Retention > 0 {
		for name, d := range keep {
			keep[name] = min(d, o.Retention)
		}
	}
	r := &Rules{Samples: NewSamples(keep), texts: takeTexts(file, o.Annotations)}
	r.query = rules.EngineQueryFunc(engine(p, o.Logger), r.Samples)
	return r, r.load(file, p, o)
}

// engine evaluates as a server with default settings does.
func engine(p parser.Parser, logger *slog.Logger) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger: logger, MaxSamples: 50_000_000, Timeout: 10 * time.Minute, LookbackDelta: lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true, Parser: p,
	})
}

// load creates Prometheus's rule groups from the file.
func (r *Rules) load(file *rulefmt.RuleGroups, p parser.Parser, o Options) error {
	options := &rules.ManagerOptions{
		NameValidationScheme: model.LegacyValidation, Context: context.Background(), ExternalURL: &url.URL{},
		Queryable: r.Samples, QueryFunc: r.query, NotifyFunc: r.notify,
		ResendDelay: resend, Registerer: prom.NewRegistry(), Logger: o.Logger, GroupLoader: loaded{file, p}, RuleDependencyController: independent{},
		DefaultRuleQueryOffset: func() time.Duration { return 0 },
	}
	groups, errs := rules.NewManager(options).LoadGroups(o.Interval, labels.EmptyLabels(), "", nil, false, "rules")
	if len(errs) > 0 {
		return fmt.Errorf("loading the rules: %w", errs[0])
	}
	for _, g := range file.Groups { // in the file's order
		group := groups[rules.GroupKey("rules", g.Name)]
		for _, one := range group.Rules() {
			expr, err := p.ParseExpr(one.Query().String())
			if err != nil {
				return fmt.Errorf("parsing %s: %w", one.Name(), err)
			}
			r.rules = append(r.rules, newRule(one, expr, group, *options, r.Samples))
		}
	}
	return nil
}

// loaded is a group loader that returns a file that was read before.
type loaded struct {
	file *rulefmt.RuleGroups
	parser.Parser
}

// Load implements rules.GroupLoader.
func (l loaded) Load(string, bool, model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	return l.file, nil
}

// Parse implements rules.GroupLoader. The expression keeps its text.
func (l loaded) Parse(query string) (parser.Expr, error) {
	expr, err := l.ParseExpr(query)
	if err != nil {
		return nil, err
	}
	return printed{expr, expr.String()}, nil
}

func (o Options) dropAlerts(file *rulefmt.RuleGroups) {
	for g := range file.Groups {
		file.Groups[g].Rules = slices.DeleteFunc(file.Groups[g].Rules, func(r rulefmt.Rule) bool {
			return r.Alert != "" && o.Alerts != nil && !o.Alerts(r.Alert)
		})
	}
}

// Eval evaluates, at now, every group whose interval divides now, and returns
// the alerts that Prometheus would send to Alertmanager, by fingerprint.
func (r *Rules) Eval(ctx context.Context, now time.Time) []model.Alert {
	r.sent, r.now = nil, now
	for _, rule := range r.rules {
		if now.UnixMilli()%rule.group.Interval().Milliseconds() == 0 {
			rule.evaluate(ctx, now)
		}
	}
	slices.SortFunc(r.sent, func(a, b model.Alert) int { return cmp.Compare(a.Fingerprint(), b.Fingerprint()) })
	return r.sent
}

// Err returns the error of a rule's last evaluation, if any had one.
func (r *Rules) Err() error {
	for _, rule := range r.rules {
		if err := rule.LastError(); err != nil {
			return fmt.Errorf("evaluating %s: %w", rule.Name(), err)
		}
	}
	return nil
}
