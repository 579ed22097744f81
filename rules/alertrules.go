package rules

import (
	"maps"
	"strings"
)

// LabelScaler marks the alerts that Alertmanager routes to the scaler; its
// value is RouteScaler. Alerts for people do not carry it.
const (
	LabelScaler   = "scaler"
	RouteScaler   = "bbb"
	labelSeverity = "severity"
)

// Annotations for people.
const (
	annotationSummary     = "summary"
	annotationDescription = "description"
	annotationRunbook     = "runbook_url"
)

// alert is an alert before its labels and common annotations are filled in.
type alert struct {
	name        string
	expr        string
	why         string // comment: why this condition, for this long
	value       string // format of the value, such as "%.4f"
	threshold   string // a number, or a template that gives one
	summary     string
	description string
	severity    string            // of alerts for people
	extra       map[string]string // further annotations
	keepFiring  bool              // may bridge gaps in the metrics
}

// alerts returns every alert rule, those of the scaler first.
func (g generator) alerts() []Rule {
	all := append(g.serverAlerts(), g.fleetAlerts()...)
	all = append(all, g.peopleAlerts()...)
	rules := make([]Rule, len(all))
	for i, a := range all {
		rules[i] = g.rule(a)
	}
	return rules
}

func (g generator) rule(a alert) Rule {
	r := Rule{
		Alert: a.name, Expr: a.expr, For: g.For[a.name], Why: a.why,
		Labels: map[string]string{LabelFleet: g.in.Fleet, labelSeverity: a.severity},
		Annotations: map[string]string{
			AnnotationValue: `{{ $value | printf "` + a.value + `" }}`, AnnotationThreshold: a.threshold,
			annotationSummary: a.summary, annotationDescription: a.description,
			annotationRunbook: g.RunbookURL + "#" + RunbookAnchor(a.name),
		},
	}
	maps.Copy(r.Annotations, a.extra)
	for name, value := range g.Extra {
		if _, ours := r.Labels[name]; !ours {
			r.Labels[name] = value
		}
	}
	if _, asks := Meanings()[a.name]; asks {
		r.Labels[labelSeverity], r.Labels[LabelScaler] = g.Severities.Ask, RouteScaler
	}
	if a.keepFiring && g.Compat == "2.42" {
		r.KeepFiringFor = g.KeepFiringFor
	}
	return r
}

// RunbookAnchor returns the anchor of an alert's heading in the runbook page,
// as GitHub forms it.
func RunbookAnchor(alert string) string { return strings.ToLower(alert) }

// held writes a condition with hysteresis: once the alert fires, it stays
// until the looser condition fails as well.
func (g generator) held(name, condition, looser, on string) string {
	return condition + "\nor\n(" + looser + " and on (" + on + ") " + g.firing(name) + ")"
}

// asked is a template that gives the present value of an expression with one
// sample, as a plain number.
func (g generator) asked(expr, format string) string {
	return "{{ with query `" + expr + "` }}{{ . | first | value | printf \"" + format + "\" }}{{ end }}"
}

const (
	ratio = "%.4f"
	count = "%.0f"
	cores = "%.3f"
)
