package fleet

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// AlertTable is the alerts that concern the fleet, by fingerprint: the firing
// ones, and for a while the resolved ones, so that a late copy of an earlier
// notification is known for what it is. Its methods return the change to make.
type AlertTable map[string]Alert

// unflushed is how old a firing alert is at least that Alertmanager has told of,
// or keeps back: its default group_wait. Before, its list shows alerts that a
// time interval is about to mute as active.
const unflushed = 30 * time.Second

// Concerns reports whether an alert is about this fleet and asks for something.
func (c Config) Concerns(a Alert) bool {
	_, known := c.Asks[a.Name]
	fleet := a.Labels[rules.LabelFleet]
	return known && (fleet == "" || fleet == c.Fleet.Name)
}

// Believes reports whether an alert asks for something now: it fires, nothing
// mutes it, and Alertmanager told of it within Deadlines.AlertExpiry.
func (c Config) Believes(a Alert, now time.Time) bool {
	return !a.Resolved && !a.Suppressed && now.Sub(a.SeenAt) <= c.Deadlines.AlertExpiry
}

// Notify is the change that a notification makes to the table of a fleet with
// that many servers, and what of it is refused. Start times do not order
// notifications: a pair of Prometheus reports two of them for one alert, and a
// lapse brings an alert back with the old one. What orders them is that an
// episode ends after it begins, and the time at which they arrive.
func (t AlertTable) Notify(c Config, servers int, alerts []Alert) (Commit, Refusal) {
	ad := t.admit(c.AlertLimit(servers), alerts, nil)
	for _, a := range alerts {
		old, have := t[a.Fingerprint]
		if a.Fingerprint == "" || !c.Concerns(a) || (have && a.outdatedBy(old, c.Deadlines.AlertLate)) {
			continue
		}
		ad.take(a)
	}
	return ad.out, ad.refused
}

// outdatedBy reports whether a tells of an earlier time than old does, the copy
// in the table. Soon after a resolved notification, within late, a firing one of
// the same episode is a copy that another peer sent; an alert that comes back
// after a lapse of Prometheus, with its old start time, is repeated for as long
// as it fires.
func (a Alert) outdatedBy(old Alert, late time.Duration) bool {
	switch {
	case a.Resolved && !old.Resolved:
		return a.ended().Before(old.StartsAt)
	case !a.Resolved && old.Resolved:
		return !a.StartsAt.After(old.ended()) && a.SeenAt.Sub(old.SeenAt) < late
	}
	return false
}

// ended is when a resolved alert's episode ended, at the earliest.
func (a Alert) ended() time.Time { return later(a.StartsAt, a.EndsAt) }

// Resync is the change that a complete list of Alertmanager's alerts, asked
// for at the given time, makes to the table of a fleet with that many servers:
// what the list lacks is over. An alert that is new is left to its notification
// for the time that Alertmanager waits with it. It also returns what of the list
// is refused.
func (t AlertTable) Resync(c Config, servers int, list []Alert, asked time.Time) (Commit, Refusal) {
	list = slices.DeleteFunc(slices.Clone(list), func(a Alert) bool { return !c.Concerns(a) })
	listed := make(map[string]bool, len(list))
	for _, a := range list {
		listed[a.Fingerprint] = true
	}
	var over []string
	for f, a := range t {
		late := a.Resolved && asked.Sub(a.SeenAt) < c.Deadlines.AlertLate // of use until then
		if !listed[f] && a.SeenAt.Before(asked) && !late {
			over = append(over, f)
		}
	}
	slices.Sort(over)
	ad := t.admit(c.AlertLimit(servers), list, over)
	for _, a := range list {
		old, have := t[a.Fingerprint]
		switch {
		case old.SeenAt.After(asked): // a notification told more while the list was made
		case !have && asked.Sub(a.StartsAt) < unflushed:
		default:
			a.UnheardSince = old.UnheardSince
			if !have || a.Suppressed {
				a.UnheardSince = asked
			}
			ad.take(a)
		}
	}
	return ad.out, ad.refused
}

// Unheard returns the names of the alerts that ask for something and of which no
// notification has come for so long that Alertmanager must have repeated it.
func (t AlertTable) Unheard(c Config, now time.Time) []string {
	return AlertNames(slices.DeleteFunc(t.Believed(c, now), func(a Alert) bool {
		return a.UnheardSince.IsZero() || now.Sub(a.UnheardSince) <= c.Deadlines.AlertExpiry
	}))
}

// Expire is the change that drops the alerts of which Alertmanager has not told
// for twice Deadlines.AlertExpiry.
func (t AlertTable) Expire(c Config, now time.Time) Commit {
	var out Commit
	for f, a := range t {
		if now.Sub(a.SeenAt) > 2*c.Deadlines.AlertExpiry {
			out.DropAlerts = append(out.DropAlerts, f)
		}
	}
	slices.Sort(out.DropAlerts)
	return out
}

// CorrectClock is the change that brings times of a clock that was ahead of now
// back to now: otherwise the alert would be believed for as long as the jump, and
// no list would end it.
func (t AlertTable) CorrectClock(now time.Time) Commit {
	var out Commit
	for _, a := range t {
		if seen := pulled(a.SeenAt, now); seen != a.SeenAt {
			a.SeenAt = seen
			out.Alerts = append(out.Alerts, a)
		}
	}
	slices.SortFunc(out.Alerts, CompareAlerts)
	return out
}

// Believed returns the alerts that ask for something now, in the order of
// CompareAlerts.
func (t AlertTable) Believed(c Config, now time.Time) []Alert {
	var out []Alert
	for _, a := range t {
		if c.Concerns(a) && c.Believes(a, now) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, CompareAlerts)
	return out
}

// AboutPool reports whether an alert may speak of the servers of a pool: if it speaks
// of the whole fleet, it names the pool.
func (c Config) AboutPool(a Alert, pool string) bool {
	return a.scope(c.Asks) != rules.ScopeFleet || a.Pool() == pool
}

// FleetAlerts returns those of the alerts that speak of the whole fleet.
func (c Config) FleetAlerts(alerts []Alert) []Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return a.scope(c.Asks) != rules.ScopeFleet })
}
