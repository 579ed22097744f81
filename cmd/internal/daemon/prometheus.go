package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// prometheus checks that the rules are loaded and that the fleet is scraped.
func (c *preflight) prometheus(ctx context.Context) {
	if c.file.Prometheus.URL == "" {
		c.note("prometheus", "prometheus.url is not set: the rules and the scraped servers were not checked")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 3*c.file.Prometheus.RequestTimeout)
	defer cancel()
	prom, err := promapi.Dial(c.file.Prometheus)
	if err != nil {
		c.wrong("prometheus", err, "check prometheus.url")
		return
	}
	c.loaded(ctx, prom)
	c.scraped(ctx, prom)
	c.names(ctx, prom)
}

// loaded checks that Prometheus evaluates the generated alerts.
func (c *preflight) loaded(ctx context.Context, prom promv1.API) {
	const fix = "generate the rules with genrules and load them into Prometheus"
	got, err := prom.Rules(ctx, nil)
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("reading the rules: %w", err), "check prometheus.url and the login")
		return
	}
	missing := generated(c.file.Rules)
	wanted := len(missing)
	for _, g := range got.Groups {
		for _, r := range g.Rules {
			if a, ok := r.(promv1.AlertingRule); ok {
				delete(missing, a.Name)
			}
		}
	}
	if len(missing) > 0 {
		c.wrong("prometheus", fmt.Errorf("%d of %d alerts are not loaded: %s", len(missing), wanted,
			strings.Join(slices.Sorted(maps.Keys(missing)), ", ")), fix)
		return
	}
	c.ok("prometheus", "all %d alerts for the scaler are loaded", wanted)
}

// generated returns the names of the generated alerts that ask for something.
func generated(c generate.Config) map[string]bool {
	all := map[string]bool{}
	for _, a := range c.Alerts() {
		if a.Ask != "" {
			all[a.Name] = true
		}
	}
	return all
}

// scraped checks that Prometheus has node metrics of every active server.
func (c *preflight) scraped(ctx context.Context, prom promv1.API) {
	query := selector(c.file.Rules)
	value, _, err := prom.Query(ctx, query, time.Now())
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("query %s: %w", query, err), "check prometheus.url and the login")
		return
	}
	samples, _ := value.(model.Vector)
	seen, table := map[int]bool{}, newTable(c.status.Servers)
	for _, s := range samples {
		if i, ok := table.find(string(s.Metric[model.LabelName(c.file.Rules.Labels.Instance)]), string(s.Metric[model.LabelName(c.file.Rules.Labels.ServerID)])); ok {
			seen[i] = true
		}
	}
	var unseen []string
	for i, s := range c.status.Servers {
		if s.State == fleet.StateActive && !seen[i] {
			unseen = append(unseen, s.Name)
		}
	}
	if len(unseen) > 0 {
		c.wrong("prometheus", fmt.Errorf("%s finds no metrics of %d active servers: %s", query, len(unseen), some(unseen)),
			"scrape the node exporters of these servers, or change rules.exporters.node and rules.metrics")
		return
	}
	c.ok("prometheus", "%d node exporters are scraped, those of every active server among them", len(samples))
}

// selector returns the selector of node exporter's series that the rules use.
func selector(c generate.Config) string {
	return c.Metrics.MemoryTotal + "{" + matchers(c.Exporters.Node) + "}"
}
