package fleet

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// AlertTable holds the alerts that concern the fleet, by fingerprint: the firing
// ones, and the resolved ones for at least Deadlines.AlertLate, so that a late copy
// of an earlier notification is recognized. Its methods change nothing; they return
// the Commit to store.
type AlertTable map[string]Alert

// unflushed is the minimum age at which a new alert is accepted from Alertmanager's
// API: the default of group_wait. A younger alert may be listed as active although a
// mute interval applies to it, since Alertmanager evaluates these only when it sends
// the first notification.
const unflushed = 30 * time.Second

// Concerns reports whether an alert is about this fleet and has a known meaning: it
// has no fleet label or that of this fleet, and Config.Asks contains its name.
func (c Config) Concerns(a Alert) bool {
	_, known := c.Asks[a.Name]
	fleet := a.Labels[rules.LabelFleet]
	return known && (fleet == "" || fleet == c.Fleet.Name)
}

// Wakes reports whether a notification of the alert begins a cycle before its time: it
// concerns the fleet and does not only report the load.
func (c Config) Wakes(a Alert) bool {
	return c.Concerns(a) && c.Asks[a.Name].Ask != rules.AskRemember
}

// Believes reports whether an alert counts now: it fires, it is not suppressed, and
// Alertmanager last reported it within Deadlines.AlertExpiry.
func (c Config) Believes(a Alert, now time.Time) bool {
	return !a.Resolved && !a.Suppressed && now.Sub(a.SeenAt) <= c.Deadlines.AlertExpiry
}

// Notify returns the change that a notification makes to the table, and the alerts
// that are refused. servers is the size of the fleet, for Config.AlertLimit.
//
// Notifications are not ordered by StartsAt: two Prometheus replicas report
// different start times for one alert, and an alert that lapses returns with its old
// start time. They are ordered by the time at which they arrive, and by the rule
// that an alert is resolved after it has started.
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

// outdatedBy reports whether a is older than old, the copy in the table. A copy that
// another Alertmanager peer sent earlier may arrive until late after old: a firing one
// with a start time before the end of the resolved old, or a resolved one with an end
// before the start of the firing old. After that, a tells what Alertmanager knows,
// whatever its times are:
//   - An alert returns after a gap in Prometheus with its old start time.
//   - Of a pair of Prometheus, one saw an alert that the other did not see. Once it is
//     over, Alertmanager may report the end of an earlier episode, which is the last
//     that the other reported.
//
// Ignoring a true report does no harm, because Alertmanager repeats it.
func (a Alert) outdatedBy(old Alert, late time.Duration) bool {
	switch {
	case a.Resolved == old.Resolved || a.SeenAt.Sub(old.SeenAt) >= late:
		return false
	case a.Resolved:
		return a.ended().Before(old.StartsAt)
	}
	return !a.StartsAt.After(old.ended())
}

// ended returns the earliest time at which a resolved alert may have ended.
func (a Alert) ended() time.Time { return later(a.StartsAt, a.EndsAt) }

// Resync returns the change that a complete list of Alertmanager's alerts makes to
// the table, and the alerts that are refused. servers is the size of the fleet, for
// Config.AlertLimit; asked is the time at which the list was requested, and becomes the
// SeenAt of each alert on it. An alert that
// is not on the list is dropped. A new alert is added once it is 30 s old: until
// then, its notification is awaited.
func (t AlertTable) Resync(c Config, servers int, list []Alert, asked time.Time) (Commit, Refusal) {
	list = slices.DeleteFunc(slices.Clone(list), func(a Alert) bool { return !c.Concerns(a) })
	listed := make(map[string]bool, len(list))
	for _, a := range list {
		listed[a.Fingerprint] = true
	}
	var over []string
	for f, a := range t {
		late := a.Resolved && asked.Sub(a.SeenAt) < c.Deadlines.AlertLate // needed to recognize late copies
		if !listed[f] && a.SeenAt.Before(asked) && !late {
			over = append(over, f)
		}
	}
	slices.Sort(over)
	ad := t.admit(c.AlertLimit(servers), list, over)
	for _, a := range list {
		old, have := t[a.Fingerprint]
		switch {
		case old.SeenAt.After(asked): // a notification that arrived meanwhile is newer than the list
		case !have && asked.Sub(a.StartsAt) < unflushed:
		default:
			a.SeenAt, a.UnheardSince = asked, old.UnheardSince
			if !have || a.Suppressed {
				a.UnheardSince = asked
			}
			ad.take(a)
		}
	}
	return ad.out, ad.refused
}

// Unheard returns the names of the alerts that count now and that only
// Alertmanager's API has reported for more than Deadlines.AlertExpiry. Alertmanager
// must have sent a notification within that time.
func (t AlertTable) Unheard(c Config, now time.Time) []string {
	return AlertNames(slices.DeleteFunc(t.Believed(c, now), func(a Alert) bool {
		return a.UnheardSince.IsZero() || now.Sub(a.UnheardSince) <= c.Deadlines.AlertExpiry
	}))
}

// Expire returns the change that drops the alerts which Alertmanager has not reported
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

// CorrectClock returns the change that sets every SeenAt which lies more than 1 min
// after now to now. Such a time was stored before the clock was set back; the alert
// would count for as long as the clock was ahead, and Resync would not drop it.
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

// Believed returns the alerts that count now (see Config.Concerns and
// Config.Believes), sorted with CompareAlerts.
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

// FleetAlerts returns those of the alerts that are about the whole fleet.
func (c Config) FleetAlerts(alerts []Alert) []Alert {
	return slices.DeleteFunc(slices.Clone(alerts), func(a Alert) bool { return a.scope(c.Asks) != rules.ScopeFleet })
}
