package alertmanager

import (
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/models"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// entry is an alert as one or more Alertmanagers hold it.
type entry struct {
	alert   fleet.Alert
	updated time.Time // when Alertmanager last heard of it
	// silenced is set while a silence or an inhibition keeps it back, and muted
	// while a time interval of its route does.
	silenced, muted bool
}

// suppressedAlert is the alert, marked if nothing is sent of it.
func (e entry) suppressedAlert() fleet.Alert {
	e.alert.Suppressed = e.silenced || e.muted
	return e.alert
}

// entries are alerts by fingerprint.
type entries map[string]entry

// addPeer adds what another peer holds: the newer copy counts, for its
// annotations; what only one of them keeps back yet counts as kept back.
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

// addGroup adds an alert of a further group of the same peer: an alert goes to
// several receivers, and is muted only if it is on the way to all of them.
func (u entries) addGroup(e entry) {
	if e.alert.Fingerprint == "" {
		return
	}
	if have, ok := u[e.alert.Fingerprint]; ok {
		e.silenced, e.muted = have.silenced || e.silenced, have.muted && e.muted
	}
	u[e.alert.Fingerprint] = e
}

// entriesOf reads the groups of one peer; told is false if it does not tell
// what is muted.
func entriesOf(groups models.AlertGroups, now time.Time) (held entries, told bool) {
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
			held.addGroup(entryOf(a, now))
		}
	}
	return held, told
}

// entryOf reads an alert of the API, which lists firing ones only: their endsAt
// lies ahead, and is when they would be forgotten.
func entryOf(a *models.GettableAlert, now time.Time) entry {
	e := entry{alert: fleet.Alert{
		Name: a.Labels["alertname"], Labels: a.Labels, Annotations: a.Annotations, SeenAt: now, StartsAt: timeOf(a.StartsAt),
	}, updated: timeOf(a.UpdatedAt)}
	if a.Fingerprint != nil {
		e.alert.Fingerprint = strings.TrimSpace(*a.Fingerprint)
	}
	if a.Status != nil {
		e.muted = len(a.Status.MutedBy) > 0
		suppressed := a.Status.State != nil && *a.Status.State == models.AlertStatusStateSuppressed
		e.silenced = len(a.Status.SilencedBy)+len(a.Status.InhibitedBy) > 0 || suppressed && !e.muted
	}
	return e
}

func timeOf(t *strfmt.DateTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}
