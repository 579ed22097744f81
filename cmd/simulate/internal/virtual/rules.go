package virtual

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/template"
)

// lookback is the age at which a sample no longer counts, and resend the pause
// before a firing alert is sent again: the servers' defaults.
const (
	lookback = 5 * time.Minute
	resend   = time.Minute
)

// Rules is Prometheus's rule evaluation over Samples, at given times.
//
// One thing is done later than Prometheus does it: the templates in annotations
// are expanded when an alert is sent, not at each evaluation, where they would
// be most of the work. What is sent is the same, as they see only the alert's
// own labels and value.
type Rules struct {
	Samples *Samples
	query   rules.QueryFunc
	groups  []*rules.Group
	begun   map[*rules.Group]bool // evaluated once
	texts   map[string]texts      // by alert name
	sent    []model.Alert         // by the evaluation under way
	now     time.Time
}

// texts are the labels and annotations that a rule adds to its alerts.
type texts struct{ labels, annotations map[string]string }

// Options say what of a rule file matters.
type Options struct {
	Interval    time.Duration            // of groups that name none
	Annotations []string                 // those that are wanted; others are left out
	Alerts      func(name string) bool   // those that are wanted; nil: all
	Keep        map[string]time.Duration // further metrics to store, and for how long
	Logger      *slog.Logger             // nil: silent
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
	r := &Rules{Samples: NewSamples(keep), texts: takeTexts(file, o.Annotations), begun: map[*rules.Group]bool{}}
	engine := promql.NewEngine(promql.EngineOpts{
		Logger: o.Logger, MaxSamples: 50_000_000, Timeout: 10 * time.Minute, LookbackDelta: lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true, Parser: p,
	})
	r.query = rules.EngineQueryFunc(engine, r.Samples)
	manager := rules.NewManager(&rules.ManagerOptions{
		NameValidationScheme: model.LegacyValidation, Context: context.Background(), ExternalURL: &url.URL{},
		Appendable: r.Samples, Queryable: r.Samples, QueryFunc: r.query, NotifyFunc: r.notify,
		ResendDelay: resend, Registerer: prom.NewRegistry(), Logger: o.Logger, GroupLoader: loaded{file, p}, RuleDependencyController: independent{},
		DefaultRuleQueryOffset: func() time.Duration { return 0 },
	})
	groups, errs := manager.LoadGroups(o.Interval, labels.EmptyLabels(), "", nil, false, "rules")
	if len(errs) > 0 {
		return nil, fmt.Errorf("loading the rules: %w", errs[0])
	}
	for _, g := range file.Groups { // in the file's order
		r.groups = append(r.groups, groups[rules.GroupKey("rules", g.Name)])
	}
	return r, nil
}

// loaded gives the manager the file that is already read.
type loaded struct {
	file *rulefmt.RuleGroups
	parser.Parser
}

func (l loaded) Load(string, bool, model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	return l.file, nil
}

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

// takeTexts moves the annotations, and the labels that are no templates, out of
// the file's alerts. A label with a template stays: its value decides which
// alert it is.
func takeTexts(file *rulefmt.RuleGroups, wanted []string) map[string]texts {
	taken := map[string]texts{}
	for g := range file.Groups {
		for i := range file.Groups[g].Rules {
			if rule := &file.Groups[g].Rules[i]; rule.Alert != "" {
				taken[rule.Alert] = takeText(rule, file.Groups[g].Labels, wanted)
			}
		}
		maps.DeleteFunc(file.Groups[g].Labels, func(_, text string) bool { return isPlain(text) })
	}
	return taken
}

func isPlain(text string) bool { return !strings.Contains(text, "{{") }

func takeText(rule *rulefmt.Rule, common map[string]string, wanted []string) texts {
	t := texts{labels: map[string]string{}, annotations: map[string]string{}}
	all := map[string]string{}
	maps.Copy(all, common)
	maps.Copy(all, rule.Labels)
	for name, text := range all {
		if isPlain(text) {
			t.labels[name] = text
			delete(rule.Labels, name)
		}
	}
	for _, name := range wanted {
		if text, ok := rule.Annotations[name]; ok {
			t.annotations[name] = text
		}
	}
	rule.Annotations = nil
	return t
}

// Eval evaluates, at now, every group whose interval divides now, and returns
// the alerts that Prometheus would send to Alertmanager, by fingerprint.
func (r *Rules) Eval(ctx context.Context, now time.Time) []model.Alert {
	r.sent, r.now = nil, now
	for _, g := range r.groups {
		if now.UnixMilli()%g.Interval().Milliseconds() != 0 {
			continue
		}
		g.Eval(ctx, now)
		if !r.begun[g] {
			r.begun[g] = true
			g.RestoreForState(now) // there is nothing to restore; ALERTS is written from now on
		}
	}
	slices.SortFunc(r.sent, func(a, b model.Alert) int { return cmp.Compare(a.Fingerprint(), b.Fingerprint()) })
	return r.sent
}

// Err returns the error of a rule's last evaluation, if any had one.
func (r *Rules) Err() error {
	for _, g := range r.groups {
		for _, rule := range g.Rules() {
			if err := rule.LastError(); err != nil {
				return fmt.Errorf("evaluating %s: %w", rule.Name(), err)
			}
		}
	}
	return nil
}

func (r *Rules) notify(ctx context.Context, _ string, alerts ...*rules.Alert) {
	for _, a := range alerts {
		out := model.Alert{Labels: model.LabelSet{}, Annotations: model.LabelSet{}, StartsAt: a.FiredAt, EndsAt: a.ValidUntil}
		if !a.ResolvedAt.IsZero() {
			out.EndsAt = a.ResolvedAt
		}
		metric := a.Labels.Map()
		name := metric[model.AlertNameLabel]
		delete(metric, model.AlertNameLabel)
		data := template.AlertTemplateData(metric, nil, "", promql.Sample{F: a.Value, Metric: a.Labels})
		for key, value := range metric {
			out.Labels[model.LabelName(key)] = model.LabelValue(value)
		}
		for key, text := range r.texts[name].labels {
			out.Labels[model.LabelName(key)] = model.LabelValue(text)
		}
		out.Labels[model.AlertNameLabel] = model.LabelValue(name)
		for key, text := range r.texts[name].annotations {
			out.Annotations[model.LabelName(key)] = model.LabelValue(r.expand(ctx, name, text, a.Value, data))
		}
		r.sent = append(r.sent, out)
	}
}

// expand fills in a template as Prometheus does.
func (r *Rules) expand(ctx context.Context, alert, text string, value float64, data any) string {
	if out, ok := simple(text, value); ok {
		return out
	}
	const definitions = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	expander := template.NewTemplateExpander(ctx, definitions+text, "__alert_"+alert, data,
		model.Time(timestamp.FromTime(r.now)), template.QueryFunc(r.query), &url.URL{}, nil)
	out, err := expander.Expand()
	if err != nil {
		return fmt.Sprintf("<error expanding template: %s>", err)
	}
	return out
}

// valueAlone is a template of the value and its format.
var valueAlone = regexp.MustCompile(`^\{\{ *\$value *\| *printf "(%\.[0-9]f)" *\}\}$`)

// simple answers for the templates that need no machinery: plain text, and the
// value alone.
func simple(text string, value float64) (string, bool) {
	if isPlain(text) {
		return text, true
	}
	if m := valueAlone.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf(m[1], value), true
	}
	return "", false
}
