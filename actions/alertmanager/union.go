package alertmanager

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/models"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// entry is an alert of one or more peers.
type entry struct {
	alert   fleet.Alert
	updated time.Time // when Alertmanager last received it
	// silenced is set while a silence or an inhibition suppresses the alert, muted
	// while a time interval of its route mutes it.
	silenced, muted bool
}

// suppressedAlert returns the alert, with Suppressed set if no notification is sent.
func (e entry) suppressedAlert() fleet.Alert {
	e.alert.Suppressed = e.silenced || e.muted
	return e.alert
}

// entries are alerts by fingerprint.
type entries map[string]entry

// addPeer adds the alerts of another peer. Of two copies, the newer one is kept, because
// of its annotations. An alert that only one peer suppresses counts as suppressed, since
// peers receive a silence at different times.
func (u entries) addPeer(held entries) {
	for fingerprint, e := range held {
		have, ok := u[fingerprint]
		silenced, muted := have.silenced || e.silenced, have.muted || e.muted
		if ok && !e.updated.After(have.updated) {
			e = have
		}
		e.silenced, e.muted = silenced, muted
		u[fingerprint] = e
	}
}

// addGroup adds an alert of another group of the same peer. An alert for several
// receivers is in several groups, and is muted only if it is muted in all of them.
func (u entries) addGroup(e entry) {
	if e.alert.Fingerprint == "" {
		return
	}
	if have, ok := u[e.alert.Fingerprint]; ok {
		e.silenced, e.muted = have.silenced || e.silenced, have.muted && e.muted
	}
	u[e.alert.Fingerprint] = e
}

// entriesOf returns the alerts in the groups of one peer. told is false if the answer
// does not show which alerts are muted.
func entriesOf(groups models.AlertGroups) (held entries, told bool) {
	held, told = entries{}, true
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, a := range g.Alerts {
			if a == nil {
				continue
			}
			told = told && (a.Status == nil || a.Status.MutedBy != nil)
			held.addGroup(entryOf(a))
		}
	}
	return held, told
}

// entryOf returns the entry of a listed alert.
func entryOf(a *models.GettableAlert) entry {
	e := entry{alert: AlertOf(a), updated: timeOf(a.UpdatedAt)}
	if a.Status != nil {
		e.muted = len(a.Status.MutedBy) > 0
		suppressed := a.Status.State != nil && *a.Status.State == models.AlertStatusStateSuppressed
		e.silenced = len(a.Status.SilencedBy)+len(a.Status.InhibitedBy) > 0 || suppressed && !e.muted
	}
	return e
}

// AlertOf returns an alert that Alertmanager's API listed. Suppressed is not set, and
// SeenAt is set by fleet.AlertTable.Resync. EndsAt is not set either: the API lists only firing alerts, and their endsAt is the
// time at which Alertmanager resolves them if Prometheus sends no update.
func AlertOf(a *models.GettableAlert) fleet.Alert {
	out := fleet.Alert{
		Name: a.Labels[rules.LabelAlert], Labels: a.Labels, Annotations: a.Annotations, StartsAt: timeOf(a.StartsAt),
	}
	if a.Fingerprint != nil {
		out.Fingerprint = strings.TrimSpace(*a.Fingerprint)
	}
	return out
}

// timeOf returns a time, or the zero time for nil.
func timeOf(t *strfmt.DateTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}

// alerts returns the alerts in the order of their fingerprints.
func (u entries) alerts() []fleet.Alert {
	all := make([]fleet.Alert, 0, len(u))
	for _, fingerprint := range slices.Sorted(maps.Keys(u)) {
		all = append(all, u[fingerprint].suppressedAlert())
	}
	return all
}
