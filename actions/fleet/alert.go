package fleet

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Alert is one alert about a server or the whole fleet, as a notification or
// Alertmanager's API delivered it.
type Alert struct {
	Fingerprint string            `json:"fingerprint"` // Alertmanager's, over the labels
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"starts_at"`
	EndsAt      time.Time         `json:"ends_at,omitzero"` // zero while firing, in a notification
	Resolved    bool              `json:"resolved,omitempty"`
	// Suppressed is set while a silence, an inhibition or a mute interval mutes the
	// alert: it fires, and asks for nothing.
	Suppressed bool `json:"suppressed,omitempty"`
	// SeenAt is when Alertmanager last reported the alert.
	SeenAt time.Time `json:"seen_at"`
	// UnheardSince is the time from which on only Alertmanager's API has reported the
	// alert: it fires, it is not suppressed, and no notification has arrived. Zero: a
	// notification has arrived.
	UnheardSince time.Time `json:"unheard_since,omitzero"`
}

// CompareAlerts orders alerts by name, instance and fingerprint. It compares digits
// in names and instances as numbers. All lists of alerts use this order.
func CompareAlerts(a, b Alert) int {
	return cmp.Or(compareNatural(a.Name, b.Name),
		compareNatural(a.Labels[rules.LabelInstance], b.Labels[rules.LabelInstance]), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

// Annotation returns the number in an annotation of the alert, or NaN when the
// annotation is missing or not a finite number.
func (a Alert) Annotation(name string) float64 { return parseFinite(a.Annotations[name]) }

// Value returns the value that the alert's rule compares with its threshold, or NaN
// when the alert has none.
func (a Alert) Value() float64 { return a.Annotation(rules.AnnotationValue) }

// AlertSource reads Alertmanager's own list of alerts.
type AlertSource interface {
	// Alerts returns all alerts, with Suppressed set where it applies. A list
	// without an error is complete: an alert that is not on it no longer fires.
	Alerts(ctx context.Context) ([]Alert, error)
}

// AlertNames returns the names of the alerts, sorted and without duplicates.
func AlertNames(alerts []Alert) []string {
	var out []string
	for _, a := range alerts {
		if !slices.Contains(out, a.Name) {
			out = append(out, a.Name)
		}
	}
	slices.Sort(out)
	return out
}

// scope returns whether an alert is about one server or the whole fleet. An alert
// whose meaning sets no scope is about a server if it has a server_id or an instance
// label.
func (a Alert) scope(asks map[string]rules.Meaning) rules.Scope {
	if m, ok := asks[a.Name]; ok && m.Scope != "" {
		return m.Scope
	}
	if a.Labels[rules.LabelServerID] != "" || a.Labels[rules.LabelInstance] != "" {
		return rules.ScopeServer
	}
	return rules.ScopeFleet
}

// parseFinite returns the finite number in text, or NaN.
func parseFinite(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
