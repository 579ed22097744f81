package virtual

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/template"
)

// texts are the labels and annotations that a rule adds to its alerts.
type texts struct{ labels, annotations map[string]string }

// takeTexts removes the annotations, and the labels without templates, from the
// file's alerts and returns them. A label with a template stays, because its value
// is part of the alert's identity.
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
			out.Annotations[model.LabelName(key)] = model.LabelValue(r.expand(ctx, name, text, a.Value, metric, data))
		}
		r.sent = append(r.sent, out)
	}
}

// expand expands a template in the same way as Prometheus.
func (r *Rules) expand(ctx context.Context, alert, text string, value float64, metric map[string]string, data any) string {
	if out, ok := simple(text, value); ok {
		return out
	}
	if out, ok := r.asked(ctx, text, metric); ok {
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

// valueAlone matches a template that consists only of the value and its format.
var valueAlone = regexp.MustCompile(`^\{\{ *\$value *\| *printf "(%\.[0-9]f)" *\}\}$`)

// simple expands the templates that do not need Prometheus's expander: plain text,
// and the value alone.
func simple(text string, value float64) (string, bool) {
	if isPlain(text) {
		return text, true
	}
	if m := valueAlone.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf(m[1], value), true
	}
	return "", false
}

// askedAlone matches a template that consists only of the samples of a query that have
// the alert's value of a label, and of their format.
var askedAlone = regexp.MustCompile("^{{ range query `([^`]*)` }}{{ if eq \\.Labels\\.([a-z_]+) \\$labels\\.([a-z_]+) }}" +
	`{{ \.Value \| printf "(%\.[0-9]f)" }}{{ end }}{{ end }}$`)

// asked expands the templates that only ask for a value. Prometheus's expander parses a
// template each time, which takes longer than its query.
func (r *Rules) asked(ctx context.Context, text string, metric map[string]string) (string, bool) {
	m := askedAlone.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	samples, err := r.query(ctx, m[1], r.now)
	var out strings.Builder
	for _, s := range samples {
		if s.H == nil && s.Metric.Get(m[2]) == metric[m[3]] {
			fmt.Fprintf(&out, m[4], s.F)
		}
	}
	return out.String(), err == nil
}
