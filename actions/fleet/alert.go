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

// Alert is one alert of Prometheus, as a notification or Alertmanager's API
// gave it: a hint on the state of a server or the fleet.
type Alert struct {
	Fingerprint string            `json:"fingerprint"` // Alertmanager's, over the labels
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"starts_at"`
	EndsAt      time.Time         `json:"ends_at,omitzero"` // zero while firing, in a notification
	Resolved    bool              `json:"resolved,omitempty"`
	// Suppressed is set while a silence or an inhibition mutes it: the alert is
	// known to be firing and asks for nothing.
	Suppressed bool `json:"suppressed,omitempty"`
	// SeenAt is when Alertmanager last told us of it.
	SeenAt time.Time `json:"seen_at"`
	// UnheardSince is since when Alertmanager's API alone has told of it: it fires,
	// nothing keeps it back, and no notification has come. Zero: one has.
	UnheardSince time.Time `json:"unheard_since,omitzero"`
}

// CompareAlerts is the order of alerts everywhere: by name, instance and
// fingerprint, with numbers in names and instances compared as numbers.
func CompareAlerts(a, b Alert) int {
	return cmp.Or(compareNatural(a.Name, b.Name),
		compareNatural(a.Labels[rules.LabelInstance], b.Labels[rules.LabelInstance]), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

// Annotation returns a number that the alert carries, or NaN when it carries
// none or it is not a finite number.
func (a Alert) Annotation(name string) float64 { return parseFinite(a.Annotations[name]) }

// Value returns the figure that the alert compares with its threshold, or NaN.
func (a Alert) Value() float64 { return a.Annotation(rules.AnnotationValue) }

// Pool returns the pool that an alert about the fleet speaks of; empty is that of the
// servers without a tag.
func (a Alert) Pool() string { return a.Labels[rules.LabelPool] }

// AlertSource reads Alertmanager's own list of alerts.
type AlertSource interface {
	// Alerts returns every alert, suppressed ones marked. Without an error the
	// list is complete enough to drop what it lacks.
	Alerts(ctx context.Context) ([]Alert, error)
}

// AlertNames returns the names of the alerts, each once, sorted.
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

// scope tells what an alert speaks of: an alert that names an instance speaks
// of that server, whatever its name.
func (a Alert) scope(asks map[string]rules.Meaning) rules.Scope {
	if m, ok := asks[a.Name]; ok && m.Scope != "" {
		return m.Scope
	}
	if a.Labels[rules.LabelServerID] != "" || a.Labels[rules.LabelInstance] != "" {
		return rules.ScopeServer
	}
	return rules.ScopeFleet
}

func parseFinite(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
