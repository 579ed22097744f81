package receiver

import (
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Scaler is what the HTTP side shows and steers: *actions.Scaler.
type Scaler interface {
	// Notify stores what a notification tells, and returns how many of the alerts
	// concern the fleet; after an error nothing was taken over.
	Notify(alerts []fleet.Alert) (concern int, err error)
	// Ready reports whether the fleet was read completely at least once.
	Ready() bool
	Alerts() []fleet.Alert
	Status() fleet.Status
	// Journal returns the newest entries first; server keeps those of one.
	Journal(limit int, server string) ([]fleet.Entry, error)
	Pause(p fleet.Pause) (fleet.Pause, error)
	// Resume ends a pause by its id; "" ends all.
	Resume(id string) error
	// Release gives a server that a person took over back to the scaler.
	Release(server string) error
}

// Registry is where metrics are registered and read from.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Deps is what the HTTP side works with.
type Deps struct {
	Scaler Scaler
	// Reload reads the configuration again; an error keeps the old one.
	Reload func() error
	// LoginRequired reports whether whoever reaches the handler has logged in
	// already: the server around it has users or client certificates.
	LoginRequired func() bool
	// Warnings names what is odd about the configuration, for the page.
	Warnings func() []string
	Metrics  Registry
	Log      *slog.Logger
	Version  string // shown on the page
	Now      func() time.Time
}

// server is the handlers' common ground.
type server struct {
	Deps
	cfg      Config
	metrics  *metrics
	template *template.Template // of the page
}

// New returns the handler of everything that the daemon serves, and registers
// its metrics.
func New(cfg Config, d Deps) http.Handler {
	if d.Now == nil {
		d.Now = time.Now
	}
	s := &server{Deps: d, cfg: cfg, metrics: newMetrics(d.Metrics), template: pageTemplate()}
	d.Metrics.MustRegister(fleetCollector{d.Scaler, d.Now})
	e := echo.New()
	e.HTTPErrorHandler = s.answerError
	e.Use(s.measure, secureHeaders, s.recover)
	s.route(e)
	return sameOrigin(e)
}

func (s *server) route(e *echo.Echo) {
	e.GET("/", s.page)
	e.GET("/style.css", style)
	e.GET("/-/healthy", func(c echo.Context) error { return c.String(http.StatusOK, "healthy\n") })
	e.GET("/-/ready", s.ready)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.Metrics, promhttp.HandlerOpts{})))
	e.POST("/webhook", s.webhook)
	e.GET("/api/v1/alerts", s.alerts)
	e.GET("/api/v1/fleet", s.fleet)
	e.GET("/api/v1/journal", s.journal)
	e.POST("/-/reload", s.reload, s.allowed)
	e.POST("/api/v1/pauses", s.pause, s.allowed)
	e.DELETE("/api/v1/pauses", s.resume, s.allowed)
	e.DELETE("/api/v1/pauses/:id", s.resume, s.allowed)
	e.POST("/api/v1/release", s.release, s.allowed)
}

// Server returns a server of h with limits on every connection.
func Server(cfg Config, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: min(cfg.ReadTimeout, 10*time.Second),
		ReadTimeout:       cfg.ReadTimeout,
		WriteTimeout:      cfg.WriteTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func (s *server) ready(c echo.Context) error {
	if !s.Scaler.Ready() {
		return fail(http.StatusServiceUnavailable, "the fleet has not been read completely yet; see /api/v1/fleet for what is missing")
	}
	return c.String(http.StatusOK, "ready\n")
}

func (s *server) reload(c echo.Context) error {
	if err := s.Reload(); err != nil {
		return fail(http.StatusBadRequest, "the old configuration stays: %v", err)
	}
	return c.String(http.StatusOK, "reloaded\n")
}
