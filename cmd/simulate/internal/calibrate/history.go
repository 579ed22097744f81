package calibrate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/record"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// History reads the samples of a fleet's exporters from Prometheus.
type History struct {
	API   promv1.API
	Rules generate.Config // names of metrics and labels
	Fleet string          // the fleet's name, used where rules.labels.fleet is set
	// Webcams and BootTime are the names of metrics that the rules do not use.
	Webcams, BootTime string
}

// DefaultBootTime is the name of node exporter's metric of the boot time.
const DefaultBootTime = "node_boot_time_seconds"

// names are the queries by what they are read for.
type names map[string]string

// queries returns the queries for windows of a length.
func (h History) queries(step time.Duration) names {
	m, in := h.Rules.Metrics, model.Duration(step).String()
	by := fmt.Sprintf(" by (%s) (", h.Rules.Labels.Instance)
	idle := h.selector(m.CPUSeconds, h.Rules.Exporters.Node, "mode", "idle")
	node := func(function, metric string) string {
		return "max" + by + function + "_over_time(" + h.selector(metric, h.Rules.Exporters.Node) + "[" + in + "]))"
	}
	bbb := func(function, metric string) string {
		return "max" + by + function + "_over_time(" + h.selector(metric, h.Rules.Exporters.BBB) + "[" + in + "]))"
	}
	return names{
		"cores": "count" + by + idle + ")", "idle": "sum" + by + "rate(" + idle + "[" + in + "]))",
		"total": node("avg", m.MemoryTotal), "available": node("avg", m.MemoryAvailable), "samples": node("count", m.MemoryAvailable),
		"boot":   "max" + by + h.selector(h.BootTime, h.Rules.Exporters.Node) + ")",
		"people": bbb("avg", m.Participants), "webcams": bbb("avg", h.Webcams), "up": bbb("min", m.APIUp), "processing": bbb("max", m.RecordingsProcessing),
	}
}

// selector returns the selector of a metric of an exporter; more holds pairs of label and
// value.
func (h History) selector(metric string, exporter generate.Matchers, more ...string) string {
	matchers := maps.Clone(exporter)
	if h.Rules.Labels.Fleet != "" {
		matchers[h.Rules.Labels.Fleet] = h.Fleet
	}
	for i := 0; i < len(more); i += 2 {
		matchers[more[i]] = more[i+1]
	}
	var parts []string
	for _, label := range slices.Sorted(maps.Keys(matchers)) {
		parts = append(parts, fmt.Sprintf("%s=%q", label, matchers[label]))
	}
	return metric + "{" + strings.Join(parts, ",") + "}"
}

// values are the samples of one query, by server and time.
type values map[string]map[time.Time]float64

// at returns a value; ok is false if there is none.
func (v values) at(server string, t time.Time) (float64, bool) {
	n, ok := v[server][t]
	return n, ok
}

// Read reads the windows of r, whose step is their length. It calls progress after each
// of r.Chunks() parts.
func (h History) Read(ctx context.Context, r record.Range, progress func()) (Found, error) {
	all := map[string]values{}
	for name := range h.queries(r.Step) {
		all[name] = values{}
	}
	for i := range r.Chunks() {
		for name, query := range h.queries(r.Step) {
			if err := h.query(ctx, query, r.Chunk(i), all[name]); err != nil {
				return Found{}, err
			}
		}
		progress()
	}
	for _, needed := range []struct{ name, metric string }{
		{"people", h.Rules.Metrics.Participants}, {"idle", h.Rules.Metrics.CPUSeconds}, {"available", h.Rules.Metrics.MemoryAvailable},
	} {
		if len(all[needed.name]) == 0 {
			return Found{}, fmt.Errorf("prometheus has no windows of %s with samples of %s from %s until %s: check rules.metrics and rules.exporters in the configuration, how far its retention reaches, and that the scrape interval is at most half of --step",
				model.Duration(r.Step), needed.metric, r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339))
		}
	}
	f := Found{Servers: len(all["people"]), Skipped: Skipped{}}
	for name, metric := range map[string]string{"webcams": h.Webcams, "boot": h.BootTime} {
		if len(all[name]) == 0 {
			f.Missing = append(f.Missing, metric)
		}
	}
	if len(all["up"]) == 0 { // every window counts as up
		f.Missing = append(f.Missing, h.Rules.Metrics.APIUp)
		all["up"] = nil
	}
	slices.Sort(f.Missing)
	f.windows(all, r.Step)
	return f, nil
}

// query adds the values of one query to into.
func (h History) query(ctx context.Context, query string, r promv1.Range, into values) error {
	value, _, err := h.API.QueryRange(ctx, query, r)
	if err != nil {
		return fmt.Errorf("prometheus: query %s from %s: %w", query, r.Start.Format(time.RFC3339), err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return fmt.Errorf("prometheus: query %s: got a %s, need a matrix", query, value.Type())
	}
	for _, series := range matrix {
		server := record.Host(string(series.Metric[model.LabelName(h.Rules.Labels.Instance)]))
		if into[server] == nil {
			into[server] = map[time.Time]float64{}
		}
		for _, s := range series.Values {
			into[server][s.Timestamp.Time().UTC()] = float64(s.Value)
		}
	}
	return nil
}
