package actions

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// metrics are the core's own; what is read from Status is exposed by the
// receiver.
type metrics struct {
	steps *prometheus.CounterVec
	looks prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: rules.MetricSteps, Help: "Steps, by kind and outcome.",
		}, []string{"step", "outcome"}),
		looks: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bbb_scaler_cycle_duration_seconds", Help: "Duration of a look at the fleet and what it led to.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}),
	}
	for _, k := range Kinds() {
		for _, o := range []Outcome{Begun, Done, Failed, Abandoned} {
			m.steps.WithLabelValues(string(k), string(o))
		}
	}
	if reg != nil {
		reg.MustRegister(m.steps, m.looks)
	}
	return m
}
