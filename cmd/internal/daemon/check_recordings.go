package daemon

import (
	"context"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

// recordings says whether Prometheus sees the recordings that wait to be processed.
// Without them, an empty server is stopped by its workload alone.
func (c *preflight) recordings(ctx context.Context, prom promv1.API) {
	const then = "an empty server is stopped although a recording may wait on it, and processes it at its next start"
	e, metric := c.file.Rules.Exporters, c.file.Rules.Metrics.RecordingsQueued
	switch {
	case !e.WithBBB:
		c.note("recordings", "rules.exporters.with_bbb is false: %s", then)
		return
	case !e.Recordings:
		c.note("recordings", "rules.exporters.recordings is false: %s", then)
		return
	}
	query := "count(" + c.series(metric, e.BBB) + ")"
	n, err := c.sum(ctx, prom, query)
	switch {
	case err != nil:
		c.wrong("prometheus", err, fixPrometheus)
	case n == 0:
		c.note("recordings", "%s is 0 (rules.metrics.recordings_queued): %s; run bbb-exporter on the servers with RECORDINGS_METRICS_READ_FROM_DISK=true", query, then)
	default:
		c.ok("recordings", "%.0f servers tell how many recordings wait to be processed", n)
	}
}
