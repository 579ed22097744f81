package daemon

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// routes reports where each Alertmanager sends the alerts for the scaler, and what
// keeps them from this daemon. listed are the firing alerts: they have the labels
// that Prometheus adds.
func (c *preflight) routes(ctx context.Context, listed []fleet.Alert) {
	source, is := c.clients.alerts.(*alertmanager.Source)
	if !is {
		return
	}
	asking, err := c.asking(listed)
	if err != nil {
		c.wrong("alertmanager", err, "")
		return
	}
	routings, err := source.Routings(ctx)
	if err != nil {
		c.note("alertmanager", "the route was not checked: %v", err)
	}
	for _, r := range routings {
		c.route(r, asking)
		c.delivered(r)
	}
}

// asking returns the labels of the alerts for the scaler: those of the generated
// alerts, and those of the alerts that fire.
func (c *preflight) asking(listed []fleet.Alert) (all []map[string]string, err error) {
	groups, err := generate.Build(c.file.Rules, c.file.RuleInput())
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.Labels[rules.LabelScaler] == rules.RouteScaler {
				all = append(all, sentLabels(r))
			}
		}
	}
	for _, a := range listed {
		if c.file.Actions.Concerns(a) {
			all = append(all, a.Labels)
		}
	}
	return all, nil
}

// route reports where one Alertmanager sends the alerts, with one line for all
// alerts that have the same receivers.
func (c *preflight) route(r alertmanager.Routing, asking []map[string]string) {
	names, to := map[string][]string{}, map[string][]alertmanager.Receiver{}
	for _, labels := range asking {
		receivers := r.Receivers(labels)
		key := named(receivers)
		to[key] = receivers
		if name := labels[rules.LabelAlert]; !slices.Contains(names[key], name) {
			names[key] = append(names[key], name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(to)) {
		what := fmt.Sprintf("%s: %d alerts for the scaler of fleet %s (%s) are routed to receiver %s",
			r.URL, len(names[key]), c.file.Actions.Fleet.Name, some(names[key]), key)
		c.heard(what, to[key])
	}
}

func named(receivers []alertmanager.Receiver) string {
	var names []string
	for _, r := range receivers {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// heard reports whether one of the receivers sends notifications to the daemon.
func (c *preflight) heard(what string, receivers []alertmanager.Receiver) {
	ours := c.file.Rules.Alertmanager.URL
	own, hidden, unresolved := false, false, false
	var others []string
	for _, r := range receivers {
		for _, w := range r.Webhooks {
			shown, ok := w.Shown()
			switch {
			case !ok:
				hidden = true
			case sameURL(w.URL, ours):
				own, unresolved = true, w.Unresolved
			default:
				others = append(others, shown)
			}
		}
	}
	switch {
	case own && unresolved:
		c.wrong("alertmanager", fmt.Errorf("%s, which does not send resolved alerts to %s", what, ours), "set send_resolved: true in its webhook_configs")
	case own:
		c.ok("alertmanager", "%s, which sends them to %s", what, ours)
	case hidden:
		c.ok("alertmanager", "%s; Alertmanager does not show the URL of its webhook, which must be %s", what, ours)
	case len(others) > 0:
		c.wrong("alertmanager", fmt.Errorf("%s, whose webhook is %s, and not %s", what, some(others), ours),
			"correct its URL; if it is another name of this daemon, whose path is "+api.PathWebhook+", set rules.alertmanager.url to it")
	default:
		c.wrong("alertmanager", fmt.Errorf("%s, which has no webhook to this daemon", what),
			"add the route and the receiver that genrules --format=alertmanager writes, above the routes that match these alerts, with the URL "+ours)
	}
}

// delivered reports notifications that failed. Alertmanager's metrics do not name the
// receiver.
func (c *preflight) delivered(r alertmanager.Routing) {
	switch d := r.Deliveries; {
	case d.Failed > 0 && d.Failed == d.Sent:
		c.wrong("alertmanager", fmt.Errorf("%s: all %.0f notifications to webhooks failed since it was started", r.URL, d.Sent),
			"check that the URL of the webhook is "+c.file.Rules.Alertmanager.URL+" and reachable from there; Alertmanager's log has the reason")
	case d.Failed > 0:
		c.note("alertmanager", "%s: %.0f of %.0f notifications to webhooks failed since it was started; its log has the reasons", r.URL, d.Failed, d.Sent)
	}
}

// sameURL reports whether two URLs are the same but for a login and a slash at
// the end, which the daemon takes.
func sameURL(a, b string) bool {
	plain := func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			return text
		}
		u.User = nil
		return strings.TrimRight(u.String(), "/")
	}
	return plain(a) == plain(b)
}

// sentLabels returns the labels of the alerts of a rule, as Alertmanager routes by them.
func sentLabels(r generate.Rule) map[string]string {
	labels := maps.Clone(r.Labels)
	labels[rules.LabelAlert] = r.Alert
	return labels
}
