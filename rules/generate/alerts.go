package generate

import (
	"maps"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// labelSeverity is read by the routes that notify people.
const labelSeverity = "severity"

// Annotations for people.
const (
	annotationSummary     = "summary"
	annotationDescription = "description"
	annotationRunbook     = "runbook_url"
)

// alert is the part of an alert that is not in its row of the catalogue, before
// the labels and the common annotations are added.
type alert struct {
	expr        string
	why         string // comment in the generated file: the reason for the condition and the duration
	value       string // format of the value, such as "%.4f"
	threshold   string // a number, or a template that gives one
	summary     string
	description string
	severity    string            // only for alerts for people
	extra       map[string]string // further annotations
	keepFiring  bool              // whether the alert may keep firing during gaps in the metrics
}

// expression returns the alert for a row of the catalogue.
type expression func(generator, rules.Alert) alert

// expressions returns the expressions of all alerts, by name.
func expressions() map[string]expression {
	all := map[string]expression{}
	for _, some := range []map[string]expression{serverAlerts(), fleetAlerts(), trendAlerts(), forecastAlerts(), peopleAlerts()} {
		maps.Copy(all, some)
	}
	return all
}

// Alerts returns the rows of the catalogue that rules are generated for: those
// whose settings, such as the forecast, are switched on.
func (c Config) Alerts() []rules.Alert {
	return slices.DeleteFunc(rules.Catalogue(), func(a rules.Alert) bool {
		return a.Needs.Has(rules.NeedForecast) && !c.Forecast.Enabled || a.Needs.Has(rules.NeedTrend) && c.Trend.Window == 0
	})
}

// alerts returns every alert rule, in the order of the catalogue.
func (g generator) alerts() []Rule {
	var all []Rule
	written := expressions()
	for _, row := range g.Alerts() {
		write, ok := written[row.Name]
		if !ok {
			panic("the catalogue lists " + row.Name + ", which has no expression in rules/generate")
		}
		all = append(all, g.rule(row, write(g, row)))
	}
	return all
}

func (g generator) rule(row rules.Alert, a alert) Rule {
	r := Rule{
		Alert: row.Name, Expr: a.expr, For: g.For[row.Name], Why: a.why,
		Labels: map[string]string{rules.LabelFleet: g.in.Fleet, labelSeverity: a.severity},
		Annotations: map[string]string{
			rules.AnnotationValue: `{{ $value | printf "` + a.value + `" }}`, rules.AnnotationThreshold: a.threshold,
			annotationSummary: a.summary, annotationDescription: a.description,
			annotationRunbook: g.RunbookURL + "#" + runbookAnchor(row.Name),
		},
	}
	maps.Copy(r.Annotations, a.extra)
	for name, value := range g.Extra {
		if _, ours := r.Labels[name]; !ours {
			r.Labels[name] = value
		}
	}
	if row.Ask != "" {
		r.Labels[labelSeverity], r.Labels[rules.LabelScaler] = g.Severities.Ask, rules.RouteScaler
	}
	if a.keepFiring && g.Compat == "2.42" {
		r.KeepFiringFor = g.KeepFiringFor
	}
	return r
}

// runbookAnchor returns the anchor of an alert's heading in the runbook page,
// as GitHub forms it.
func runbookAnchor(alert string) string { return strings.ToLower(alert) }

// held returns a condition with hysteresis: once the alert fires, it keeps
// firing until the looser condition is false as well.
func (g generator) held(name, condition, looser, on string) string {
	return condition + "\nor\n(" + looser + " and on (" + on + ") " + g.firing(name) + ")"
}

// asked returns a template for the present value of an expression with one
// sample, as a plain number.
func (g generator) asked(expr, format string) string {
	return "{{ with query `" + expr + "` }}{{ . | first | value | printf \"" + format + "\" }}{{ end }}"
}

// Formats of values.
const (
	ratio = "%.4f"
	count = "%.0f"
	cores = "%.3f"
)
