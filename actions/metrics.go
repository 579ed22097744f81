package actions

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// metrics are the counters and histograms of the Scaler. The receiver exposes gauges
// computed from Status.
type metrics struct {
	steps   *prometheus.CounterVec
	cycles  prometheus.Histogram
	refused *prometheus.CounterVec
}

// newMetrics returns the metrics, registered with reg if it is not nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: rules.MetricSteps, Help: "Steps, by kind and outcome.",
		}, []string{"step", "outcome"}),
		cycles: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bbb_scaler_cycle_duration_seconds", Help: "Duration of a cycle, from reading the fleet to the end of its writes.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bbb_scaler_alerts_refused_total", Help: "Alerts about this fleet that were not taken, by reason: full (fleet.max_alerts) or oversized.",
		}, []string{"reason"}),
	}
	for _, k := range fleet.Kinds() {
		for _, o := range []fleet.Outcome{fleet.Begun, fleet.Done, fleet.Failed, fleet.Abandoned} {
			m.steps.WithLabelValues(string(k), string(o))
		}
	}
	m.refused.WithLabelValues("full")
	m.refused.WithLabelValues("oversized")
	if reg != nil {
		m.steps, m.cycles, m.refused = registered(reg, m.steps), registered(reg, m.cycles), registered(reg, m.refused)
	}
	return m
}

// registered registers a collector. If an earlier Scaler of this process has registered
// the same one, that is returned, so that its counts go on.
func registered[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	err := reg.Register(c)
	if earlier, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		return earlier.ExistingCollector.(C)
	}
	if err != nil {
		panic(err) // two metrics of this program with one name
	}
	return c
}
