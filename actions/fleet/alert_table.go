package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Concerns reports whether an alert is about this fleet and asks for something.
func (c Config) Concerns(a Alert) bool {
	m, known := c.Asks[a.Name]
	fleet := a.Labels[rules.LabelFleet]
	return known && m.Ask != rules.AskNothing && (fleet == "" || fleet == c.Fleet.Name)
}

// believes reports whether an alert asks for something now: it fires, nobody
// silenced it, and we have heard of it lately.
func (c Config) believes(a Alert, now time.Time) bool {
	return !a.Resolved && !a.Suppressed && now.Sub(a.SeenAt) <= c.Deadlines.AlertExpiry
}

// Notification is the change that a notification makes to the table. A resolved
// alert stays for a while, so that a notification of the same episode that
// comes late does not bring it back; one that speaks of an older episode than
// the table does changes nothing.
func (c Config) Notification(table map[string]Alert, alerts []Alert) Commit {
	var out Commit
	for _, a := range alerts {
		old, have := table[a.Fingerprint]
		late := have && (a.StartsAt.Before(old.StartsAt) || (old.Resolved && !a.Resolved && !a.StartsAt.After(old.StartsAt)))
		if a.Fingerprint == "" || !c.Concerns(a) || late {
			continue
		}
		out.Alerts = append(out.Alerts, a)
	}
	return out
}

// Resync is the change that a complete list of Alertmanager's alerts, asked
// for at the given time, makes to the table: what it lacks is over.
func (c Config) Resync(table map[string]Alert, list []Alert, asked time.Time) Commit {
	var out Commit
	listed := map[string]bool{}
	for _, a := range list {
		if c.Concerns(a) {
			listed[a.Fingerprint] = true
			if table[a.Fingerprint].SeenAt.After(asked) {
				continue // a notification told more while the list was made
			}
			out.Alerts = append(out.Alerts, a)
		}
	}
	for f, a := range table {
		if !listed[f] && a.SeenAt.Before(asked) {
			out.DropAlerts = append(out.DropAlerts, f)
		}
	}
	slices.Sort(out.DropAlerts)
	return out
}

// Expire is the change that drops what has not been heard of for long.
func (c Config) Expire(table map[string]Alert, now time.Time) Commit {
	var out Commit
	for f, a := range table {
		if now.Sub(a.SeenAt) > 2*c.Deadlines.AlertExpiry {
			out.DropAlerts = append(out.DropAlerts, f)
		}
	}
	slices.Sort(out.DropAlerts)
	return out
}

// Active returns the table's believed alerts in a fixed order.
func (c Config) Active(table map[string]Alert, now time.Time) []Alert {
	var out []Alert
	for _, a := range table {
		if c.Concerns(a) && c.believes(a, now) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b Alert) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	return out
}

// FleetAlerts returns those that speak of the whole fleet.
func (c Config) FleetAlerts(alerts []Alert) []Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return a.scope(c.Asks) != rules.ScopeFleet })
}
