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
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// scraped checks that Prometheus has node metrics of every active server.
func (c *preflight) scraped(ctx context.Context, prom promv1.API) {
	query := c.series(c.file.Rules.Metrics.MemoryTotal, c.file.Rules.Exporters.Node)
	value, _, err := prom.Query(ctx, query, time.Time{})
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("query %s: %w", query, err), fixPrometheus)
		return
	}
	samples, _ := value.(model.Vector)
	seen, table := map[int]bool{}, newTable(c.status.Servers)
	for _, s := range samples {
		instance, id := s.Metric[model.LabelName(c.file.Rules.Labels.Instance)], s.Metric[model.LabelName(c.file.Rules.Labels.ServerID)]
		if i, ok := table.find(string(instance), string(id)); ok {
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
	c.ok("prometheus", "%d node exporters are scraped, including those of all active servers", len(samples))
}

// series returns the selector of an exporter's metric, as the rules select it.
func (c *preflight) series(metric string, by generate.Matchers) string {
	return c.file.Rules.Selector(metric, by, c.file.Actions.Fleet.Name)
}

// clock compares Prometheus's clock with the clock of this host. The query has no
// time, so that Prometheus uses its own.
func (c *preflight) clock(ctx context.Context, prom promv1.API) {
	asked := time.Now()
	value, _, err := prom.Query(ctx, "time()", time.Time{})
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("query time(): %w", err), fixPrometheus)
		return
	}
	theirs, ok := value.(*model.Scalar)
	if !ok {
		c.wrong("prometheus", fmt.Errorf("query time(): the answer is a %s, not a scalar", value.Type()), "check that prometheus.url is Prometheus")
		return
	}
	now := time.Now()
	here := asked.Add(now.Sub(asked) / 2)
	ahead := time.Duration(float64(theirs.Value)*float64(time.Second)) - time.Duration(here.UnixNano())
	word := "ahead of"
	if ahead < 0 {
		ahead, word = -ahead, "behind"
	}
	if ahead -= now.Sub(asked) / 2; ahead > generate.ClocksApart() {
		c.wrong("prometheus", fmt.Errorf("its clock is %s %s this host's", ahead.Round(time.Second), word), "set both hosts' clocks by NTP")
	}
}

// intervals compares the scrape intervals of the exporters with
// rules.scrape_interval.
func (c *preflight) intervals(ctx context.Context, prom promv1.API) {
	e := c.file.Rules.Exporters
	scraped := map[string]time.Duration{"node exporter": c.interval(ctx, prom, "node exporter", e.Node, "")}
	if e.WithBBB {
		scraped["bbb-exporter"] = c.interval(ctx, prom, "bbb-exporter", e.BBB, "BBBServerIdle uses only the workload")
	}
	scraped["bbb-scaler"] = c.interval(ctx, prom, "bbb-scaler", e.Scaler, "the rules count every server with metrics as active")
	set, slowest := time.Duration(c.file.Rules.ScrapeInterval), time.Duration(0)
	for _, every := range scraped {
		slowest = max(slowest, every)
	}
	maps.DeleteFunc(scraped, func(_ string, every time.Duration) bool { return every < slowest })
	names, every := strings.Join(slices.Sorted(maps.Keys(scraped)), ", "), model.Duration(slowest)
	switch {
	case slowest > generate.SlowestScrape()*11/10:
		c.wrong("prometheus", fmt.Errorf("the scrape interval is %s: %s; the rules need a scrape at least every %s", every, names, model.Duration(generate.SlowestScrape())),
			"lower scrape_interval of these jobs in Prometheus")
	case slowest > set*5/4:
		c.note("prometheus", "the scrape interval is %s, not %s: %s; set rules.scrape_interval to %s and rules.rate_window to at least %s, and generate the rules again",
			every, model.Duration(set), names, every, 2*every)
	}
}

// recently is a range that contains several scrapes for every interval up to
// generate.SlowestScrape.
const recently = "15m"

// interval returns the time between the last scrapes of an exporter, or 0 if it
// is not known. without is the consequence of an exporter that is not scraped.
func (c *preflight) interval(ctx context.Context, prom promv1.API, exporter string, by generate.Matchers, without string) time.Duration {
	query := c.series("up", by) + "[" + recently + "]"
	value, _, err := prom.Query(ctx, query, time.Time{})
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("query %s: %w", query, err), fixPrometheus)
		return 0
	}
	targets, _ := value.(model.Matrix)
	if len(targets) == 0 && without != "" {
		c.note("prometheus", "%s is not scraped (%s): %s", exporter, query, without)
	}
	return scrapeInterval(targets)
}

// scrapeInterval returns the median time between two scrapes, in whole seconds, or
// 0 if there are fewer than two.
func scrapeInterval(targets model.Matrix) time.Duration {
	var gaps []time.Duration
	for _, t := range targets {
		for i := 1; i < len(t.Values); i++ {
			gaps = append(gaps, t.Values[i].Timestamp.Sub(t.Values[i-1].Timestamp))
		}
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2].Round(time.Second)
}
