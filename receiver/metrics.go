package receiver

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// metrics are the metrics of the HTTP server.
type metrics struct {
	notifications *prometheus.CounterVec
	received      *prometheus.CounterVec
	truncated     prometheus.Counter
	requests      *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: rules.MetricNotifications, Help: "Notifications received from Alertmanager, by status code of the response.",
		}, []string{"code"}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bbb_scaler_alerts_received_total", Help: "Alerts in accepted notifications. The label known is true for alerts that ask the scaler of this fleet for something.",
		}, []string{"known"}),
		truncated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bbb_scaler_alerts_truncated_total", Help: "Alerts that Alertmanager left out of truncated notifications.",
		}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bbb_scaler_http_request_duration_seconds", Help: "Duration of HTTP requests, by route, method and status code.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}, []string{"route", "method", "code"}),
	}
	for _, code := range []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		m.notifications.WithLabelValues(strconv.Itoa(code))
	}
	reg.MustRegister(m.notifications, m.received, m.truncated, m.requests)
	return m
}

// measure records the duration of requests. Unknown paths share one route label.
func (s *server) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Path() == api.PathEvents {
			return next(c) // lasts as long as a page is open
		}
		begin := time.Now()
		err := next(c)
		code := c.Response().Status
		if err != nil {
			code = statusOf(err)
		}
		route := c.Path()
		if errors.Is(err, echo.ErrNotFound) || errors.Is(err, echo.ErrMethodNotAllowed) {
			route = "other"
		}
		s.metrics.requests.WithLabelValues(route, method(c), strconv.Itoa(code)).Observe(time.Since(begin).Seconds())
		return err
	}
}

// method returns the label of a request's method, one of a fixed set.
func method(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodPost, http.MethodDelete:
		return m
	}
	return "other"
}
