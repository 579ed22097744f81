package outbound

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts the calls to one kind of host and measures their duration.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers bbb_scaler_<side>_requests_total, with labels method and
// outcome, and bbb_scaler_<side>_request_duration_seconds, with label method. Each
// attempt of a call counts. If reg is nil, the metrics are not registered. If reg
// already has them, they are reused.
func NewMetrics(reg prometheus.Registerer, side string) Metrics {
	const namespace = "bbb_scaler"
	return Metrics{
		requests: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: side, Name: "requests_total",
			Help: "Calls to the " + side + " by API method and outcome, repetitions included.",
		}, []string{"method", "outcome"})),
		duration: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: side, Name: "request_duration_seconds",
			Help:    "Time from a call to the " + side + " to the end of its answer.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30},
		}, []string{"method"})),
	}
}

// Observe counts an attempt that began at start.
func (m Metrics) Observe(method, outcome string, start time.Time) {
	m.requests.WithLabelValues(method, outcome).Inc()
	m.duration.WithLabelValues(method).Observe(time.Since(start).Seconds())
}

// register registers c, or returns the same collector that reg already has.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	err := reg.Register(c)
	if have, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if known, ok := have.ExistingCollector.(C); ok {
			return known
		}
	}
	return c
}
