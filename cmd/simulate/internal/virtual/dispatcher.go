package virtual

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/common/model"
)

// Notification is one notification of Alertmanager to a receiver, about one group
// of alerts.
type Notification struct {
	At       time.Time
	Receiver string
	Group    model.LabelSet
	Firing   []model.Alert // by fingerprint; EndsAt is zero, as in a webhook
	Resolved []model.Alert // by fingerprint
}

// Dispatcher groups alerts and decides when they are notified, as
// Alertmanager's does: group_wait before a group's first notification,
// group_interval between two flushes of a group, repeat_interval while nothing
// changes. It assumes that every notification is delivered at once. Mute
// times, silences and inhibition are not modelled.
type Dispatcher struct {
	route  *dispatch.Route
	alerts map[model.Fingerprint]model.Alert // the latest state of each alert
	groups map[string]*group                 // by route and group labels
	log    map[string]entry                  // the last notification of each group; kept when the group ends
}

type group struct {
	key    string
	opts   *dispatch.RouteOpts
	labels model.LabelSet
	next   time.Time
	alerts map[model.Fingerprint]model.Alert
}

// entry is a line of the notification log.
type entry struct {
	at               time.Time
	firing, resolved map[model.Fingerprint]bool
}

// NewDispatcher reads the routes of alertmanager.yml.
func NewDispatcher(text string) (*Dispatcher, error) {
	cfg, err := config.Load(text)
	if err != nil {
		return nil, fmt.Errorf("loading alertmanager.yml: %w", err)
	}
	return &Dispatcher{
		route: dispatch.NewRoute(cfg.Route, nil), alerts: map[model.Fingerprint]model.Alert{},
		groups: map[string]*group{}, log: map[string]entry{},
	}, nil
}

// Put adds alerts as Prometheus posts them at now. The EndsAt of a firing alert is
// the time at which it expires unless it is sent again; the EndsAt of a resolved
// alert is the time at which it ended.
func (d *Dispatcher) Put(now time.Time, alerts ...model.Alert) {
	for _, a := range alerts {
		id := a.Fingerprint()
		if old, ok := d.alerts[id]; ok {
			a = merge(now, old, a)
		}
		d.alerts[id] = a
		for _, r := range d.route.Match(a.Labels) {
			d.insert(now, r, id, a)
		}
	}
}

// merge merges two states of one alert if their times overlap.
func merge(now time.Time, old, a model.Alert) model.Alert {
	overlaps := a.EndsAt.After(old.StartsAt) && a.EndsAt.Before(old.EndsAt) ||
		a.StartsAt.After(old.StartsAt) && a.StartsAt.Before(old.EndsAt)
	if !overlaps {
		return a
	}
	if old.StartsAt.Before(a.StartsAt) {
		a.StartsAt = old.StartsAt
	}
	if (!a.ResolvedAt(now) || old.ResolvedAt(now)) && old.EndsAt.After(a.EndsAt) {
		a.EndsAt = old.EndsAt
	}
	return a
}

func (d *Dispatcher) insert(now time.Time, r *dispatch.Route, id model.Fingerprint, a model.Alert) {
	labels := model.LabelSet{}
	for name, value := range a.Labels {
		if _, ok := r.RouteOpts.GroupBy[name]; ok || r.RouteOpts.GroupByAll {
			labels[name] = value
		}
	}
	key := fmt.Sprintf("%s:%s", r.Key(), labels)
	g := d.groups[key]
	if g == nil {
		g = &group{key: key, opts: &r.RouteOpts, labels: labels, alerts: map[model.Fingerprint]model.Alert{}}
		g.next = now.Add(g.opts.GroupWait)
		if a.StartsAt.Add(g.opts.GroupWait).Before(now) {
			g.next = now // the alert is older than group_wait
		}
		d.groups[key] = g
	}
	g.alerts[id] = a
}

// Next returns the time at which the next group is due for Flush. ok is false if
// there is no group.
func (d *Dispatcher) Next() (at time.Time, ok bool) {
	for _, g := range d.groups {
		if !ok || g.next.Before(at) {
			at, ok = g.next, true
		}
	}
	return at, ok
}

// Flush flushes every group that is due by now, in the order of their times, and
// returns the notifications.
func (d *Dispatcher) Flush(now time.Time) []Notification {
	var out []Notification
	for {
		g := d.due(now)
		if g == nil {
			return out
		}
		if n, ok := d.flush(g); ok {
			out = append(out, n)
		}
	}
}

func (d *Dispatcher) due(now time.Time) *group {
	var first *group
	for _, g := range d.groups {
		if g.next.After(now) {
			continue
		}
		if first == nil || cmp.Or(g.next.Compare(first.next), cmp.Compare(g.key, first.key)) < 0 {
			first = g
		}
	}
	return first
}

func (d *Dispatcher) flush(g *group) (Notification, bool) {
	at := g.next
	g.next = at.Add(g.opts.GroupInterval)
	n := g.notification(at)
	e := entry{at: at, firing: ids(n.Firing), resolved: ids(n.Resolved)}
	last, logged := d.log[g.key]
	send := needed(e, last, logged, g.opts.RepeatInterval)
	if send {
		d.log[g.key] = e
	}
	for id := range e.resolved {
		delete(g.alerts, id)
		delete(d.alerts, id)
	}
	if len(g.alerts) == 0 {
		delete(d.groups, g.key)
	}
	return n, send
}

func (g *group) notification(at time.Time) Notification {
	n := Notification{At: at, Receiver: g.opts.Receiver, Group: g.labels}
	for _, a := range g.alerts {
		if a.ResolvedAt(at) {
			n.Resolved = append(n.Resolved, a)
			continue
		}
		a.EndsAt = time.Time{}
		n.Firing = append(n.Firing, a)
	}
	byID := func(a, b model.Alert) int { return cmp.Compare(a.Fingerprint(), b.Fingerprint()) }
	slices.SortFunc(n.Firing, byID)
	slices.SortFunc(n.Resolved, byID)
	return n
}

func ids(alerts []model.Alert) map[model.Fingerprint]bool {
	set := make(map[model.Fingerprint]bool, len(alerts))
	for _, a := range alerts {
		set[a.Fingerprint()] = true
	}
	return set
}

// needed reports whether a group needs a notification, given the last one.
func needed(e, last entry, logged bool, repeat time.Duration) bool {
	switch {
	case !logged:
		return len(e.firing) > 0
	case !subset(e.firing, last.firing):
		return true
	case len(e.firing) == 0:
		return len(last.firing) > 0
	case !subset(e.resolved, last.resolved):
		return true
	}
	return last.at.Before(e.at.Add(-repeat))
}

func subset(a, of map[model.Fingerprint]bool) bool {
	for id := range a {
		if !of[id] {
			return false
		}
	}
	return true
}

// Alerts returns the alerts that Alertmanager's API would list at now: those that
// have not ended, by fingerprint.
func (d *Dispatcher) Alerts(now time.Time) []model.Alert {
	var list []model.Alert
	for _, a := range d.alerts {
		if !a.ResolvedAt(now) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b model.Alert) int { return cmp.Compare(a.Fingerprint(), b.Fingerprint()) })
	return list
}
