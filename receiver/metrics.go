package receiver

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// metrics are those of the HTTP side itself.
type metrics struct {
	notifications *prometheus.CounterVec
	received      *prometheus.CounterVec
	truncated     prometheus.Counter
	requests      *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: rules.MetricNotifications, Help: "Notifications of Alertmanager, by the status code of the answer.",
		}, []string{"code"}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bbb_scaler_alerts_received_total", Help: "Alerts in accepted notifications; known: they ask the scaler for something.",
		}, []string{"known"}),
		truncated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bbb_scaler_alerts_truncated_total", Help: "Alerts that Alertmanager left out of its notifications.",
		}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bbb_scaler_http_request_duration_seconds", Help: "Duration of requests, by route, method and status code.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}, []string{"route", "method", "code"}),
	}
	for _, code := range []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusServiceUnavailable} {
		m.notifications.WithLabelValues(strconv.Itoa(code))
	}
	reg.MustRegister(m.notifications, m.received, m.truncated, m.requests)
	return m
}

// measure times requests; unknown paths are one route.
func (s *server) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
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

// method bounds the label to the methods in use.
func method(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodPost, http.MethodDelete:
		return m
	}
	return "other"
}
