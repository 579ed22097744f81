package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// fixPrometheus is what to do when a query fails.
const fixPrometheus = "check prometheus.url and the login"

// prometheus checks that the rules are loaded and that the fleet is scraped.
func (c *preflight) prometheus(ctx context.Context) {
	if c.file.Prometheus.URL == "" {
		c.note("prometheus", "prometheus.url is not set: the rules and the scraped servers were not checked")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 6*c.file.Prometheus.RequestTimeout)
	defer cancel()
	prom, err := promapi.Dial(c.file.Prometheus)
	if err != nil {
		c.wrong("prometheus", err, "check prometheus.url")
		return
	}
	if !c.loaded(ctx, prom) {
		return // nothing else can be read either
	}
	c.clock(ctx, prom)
	c.scraped(ctx, prom)
	c.intervals(ctx, prom)
	c.names(ctx, prom)
	c.recordings(ctx, prom)
	c.contested(ctx, prom)
}

// loaded checks that Prometheus evaluates all generated alerts, with the rules of
// this configuration. It reports whether the rules could be read.
func (c *preflight) loaded(ctx context.Context, prom promv1.API) bool {
	got, err := prom.Rules(ctx, nil)
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("reading the rules: %w", err), fixPrometheus)
		return false
	}
	missing, digests := generated(c.file.Rules), []string{}
	wanted := len(missing)
	for _, g := range got.Groups {
		for _, r := range g.Rules {
			switch r := r.(type) {
			case promv1.AlertingRule:
				delete(missing, r.Name)
				c.deaf(r)
			case promv1.RecordingRule:
				if r.Name == rules.RecordRules && string(r.Labels[rules.LabelFleet]) == c.file.Actions.Fleet.Name {
					digests = append(digests, string(r.Labels[rules.LabelDigest]))
				}
			}
		}
	}
	const fix = "run genrules with this configuration and its variables, and load the rules into Prometheus"
	switch want := rulesDigest(c.file); {
	case len(missing) > 0:
		c.wrong("prometheus", fmt.Errorf("%d of %d alerts are not loaded: %s", len(missing), wanted,
			strings.Join(slices.Sorted(maps.Keys(missing)), ", ")), fix)
	case !slices.Contains(digests, want):
		c.wrong("prometheus", fmt.Errorf("the rules in Prometheus are not those of this configuration: their digest is %s, not %s",
			cmp.Or(strings.Join(digests, ", "), "missing"), want), fix)
	default:
		c.ok("prometheus", "all %d alerts for the scaler are loaded, and the rules are those of this configuration", wanted)
	}
	return true
}

// deaf reports that the alert on notifications that do not arrive is pending or fires.
func (c *preflight) deaf(r promv1.AlertingRule) {
	ours := model.LabelValue(c.file.Actions.Fleet.Name)
	if r.Name == rules.ScalerDeaf && r.Labels[rules.LabelFleet] == ours && len(r.Alerts) > 0 {
		c.wrong("prometheus", fmt.Errorf("%s is %s: alerts for the scaler fire, and their notifications do not arrive", r.Name, r.State),
			"look at Alertmanager's route, at the URL of the webhook ("+c.file.Rules.Alertmanager.URL+"), and at Alertmanager's log")
	}
}

// generated returns the names of the generated alerts that ask the scaler for
// something.
func generated(c generate.Config) map[string]bool {
	all := map[string]bool{}
	for _, a := range c.Alerts() {
		if a.Ask != "" {
			all[a.Name] = true
		}
	}
	return all
}
