package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// contested checks that the running daemon is alone on the fleet: whether somebody
// else reverses its changes, and how many daemons Prometheus scrapes.
func (c *preflight) contested(ctx context.Context, prom promv1.API) {
	by := generate.Matchers{}
	maps.Copy(by, c.file.Rules.Exporters.Scaler)
	daemons, err := c.sum(ctx, prom, "count("+c.series(rules.MetricLeader, by)+" == 1)")
	if err != nil {
		c.wrong("prometheus", err, fixPrometheus)
		return
	}
	by["reason"] = rules.ReasonContested
	reversed, err := c.sum(ctx, prom, "max("+c.series(rules.MetricBrakes, by)+")")
	const fix = "look for a second bbb-scaler or another autoscaler, and stop it (runbook of BBBScalerContested)"
	switch {
	case err != nil:
		c.wrong("prometheus", err, fixPrometheus)
	case reversed > 0:
		c.wrong("fleet", errors.New("somebody else reverses the changes of the running daemon"), fix)
	case daemons > 1:
		c.note("prometheus", "%.0f daemons of this fleet are scraped as bbb-scaler: stop all but one, since each takes the other's changes for those of a person", daemons)
	}
}

// sum returns the value of a query's only sample, and 0 if there is none.
func (c *preflight) sum(ctx context.Context, prom promv1.API, query string) (float64, error) {
	value, _, err := prom.Query(ctx, query, time.Time{})
	if err != nil {
		return 0, fmt.Errorf("query %s: %w", query, err)
	}
	samples, _ := value.(model.Vector)
	if len(samples) == 0 {
		return 0, nil
	}
	return float64(samples[0].Value), nil
}
