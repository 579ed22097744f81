package receiver

import (
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Scaler is what the HTTP server shows and controls; *actions.Scaler implements
// it.
type Scaler interface {
	// Notify stores the alerts of a notification, and returns how many of them concern
	// the fleet. An error that matches fleet.ErrFull or fleet.ErrInvalid is about
	// single alerts that were refused; after any other error, nothing was stored.
	Notify(alerts []fleet.Alert) (concern int, err error)
	// Ready reports whether the fleet was read completely, and not too long ago.
	Ready() bool
	// Alerts returns the active alerts, sorted by name, instance and fingerprint.
	Alerts() []fleet.Alert
	// Status returns the fleet as of the last cycle.
	Status() fleet.Status
	// Journal returns up to limit entries, newest first: those of one server, by
	// id or name, or of all servers for "".
	Journal(limit int, server string) ([]fleet.Entry, error)
	// RememberedCores returns the busy cores that are remembered of a time, in steps of
	// fleet.LoadStep, oldest first.
	RememberedCores(from, until time.Time) []fleet.CoresAt
	// Pause stores a pause and returns it with its id.
	Pause(p fleet.Pause) (fleet.Pause, error)
	// Resume ends a pause by its id; "" ends all.
	Resume(id string) error
	// Release returns a server that a person changed to the scaler's control.
	Release(server string) error
}

// Registry registers metrics, and gathers them for /metrics.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Deps are the dependencies of the HTTP server.
type Deps struct {
	// Scaler is required.
	Scaler Scaler
	// Reload reads the configuration again, and returns what the operator must do
	// for the new one to take full effect, one sentence each. After an error, the
	// old configuration stays in use.
	Reload func() (todo []string, err error)
	// LoginRequired reports whether every request that reaches the handler is
	// authenticated already, because the server has users or requires client
	// certificates.
	LoginRequired func() bool
	// Warnings returns the warnings about the configuration, for the page.
	Warnings func() []string
	// Asks returns what the alerts mean, by name; nil is rules.Meanings.
	Asks func() map[string]rules.Meaning
	// Discovery returns the name of the fleet, which is a label of all metrics, and how
	// Prometheus reaches the exporters; nil adds no label and lists no targets.
	Discovery func() rules.Discovery
	// Runbook returns the address of the page that explains each alert below a
	// heading with its name; nil or "" shows no links to it.
	Runbook func() string
	// Leader returns the base URL of the daemon that leads, to which requests about the
	// fleet are passed on; nil, or a nil URL: they are served here.
	Leader func() *url.URL
	// Peers makes the calls to the daemon that leads; nil: http.DefaultTransport.
	Peers http.RoundTripper
	// StepDown hands the fleet over to another daemon; nil: there is no other.
	StepDown func() error
	// Config returns the configuration in force; nil returns the defaults.
	Config func() fleet.Config
	// Trend is the last day and what is expected; nil knows nothing.
	Trend Trend
	// Workload returns the CPU and memory workload of a server as shares of its size,
	// NaN where it is not known; nil knows nothing.
	Workload func(s fleet.ServerStatus) (cpu, memory float64)
	// Links returns the addresses of other programs, as people reach them; nil returns
	// none.
	Links func() Links
	// Metrics takes the metrics of the HTTP server and of the fleet.
	Metrics Registry
	// Log logs changes, rejected notifications and panics.
	Log *slog.Logger
	// Version of the program, for the page.
	Version string
	// Now returns the time; nil is time.Now.
	Now func() time.Time
	// Displayed returns the scaler and the time that the page and the API have instead of
	// the real ones, which the metrics keep; nil for the same. A simulation shows its own
	// time by it.
	Displayed func(Scaler, func() time.Time) (Scaler, func() time.Time)
}

// Links are base addresses of other programs; one that is empty is not linked to.
type Links struct{ Prometheus, Alertmanager string }

// complete sets what may be left out.
func (d *Deps) complete() {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Asks == nil {
		d.Asks = rules.Meanings
	}
	if d.Discovery == nil {
		d.Discovery = func() rules.Discovery { return rules.Discovery{} }
	}
	if d.Runbook == nil {
		d.Runbook = func() string { return "" }
	}
	if d.Config == nil {
		d.Config = fleet.Defaults
	}
	if d.Trend == nil {
		d.Trend = new(trend.Day)
	}
	if d.Workload == nil {
		d.Workload = func(fleet.ServerStatus) (cpu, memory float64) { return math.NaN(), math.NaN() }
	}
	if d.Links == nil {
		d.Links = func() Links { return Links{} }
	}
}

// server is what all handlers share.
type server struct {
	Deps
	cfg      Config
	metrics  *metrics
	template *template.Template // of the page
	decoding sync.Mutex         // of one notification at a time
	feed     *feed              // of updates to open pages
	streams  *streams           // the open pages
	keys     keys               // of the servers on the page
	drawing  drawing            // of the chart
}

// Handler serves every path of package api.
type Handler struct {
	http.Handler
	streams *streams
	feed    *feed
}

// Close ends the streams of updates to open pages, so that a server that shuts
// down need not wait for them. Later streams end at once.
func (h *Handler) Close() { h.streams.close() }

// New returns the handler, and registers its metrics.
func New(cfg Config, d Deps) *Handler {
	d.complete()
	s := &server{Deps: d, cfg: cfg, metrics: newMetrics(d.Metrics), template: pageTemplate(), streams: newStreams(d.Metrics), keys: keys{of: map[string]string{}}}
	s.feed = newFeed(s.render)
	d.Metrics.MustRegister(NewFleetCollector(d.Scaler, d.Now))
	if d.Displayed != nil {
		s.Scaler, s.Now = d.Displayed(d.Scaler, d.Now)
	}
	e := echo.New()
	e.HTTPErrorHandler = s.answerError
	e.Use(s.measure, secureHeaders, s.recover, s.passOn)
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{Skipper: notText, MinLength: 4 << 10}))
	s.route(e)
	return &Handler{sameOrigin(e), s.streams, s.feed}
}

// notText reports whether an answer is not worth compressing as a whole: only the
// page and the lists are large, and a stream must not be held back.
func notText(c echo.Context) bool {
	switch c.Path() {
	case api.PathPage, api.PathServer + "/:server", api.PathAssets + "/*", api.PathFleet, api.PathTrend, api.PathAlerts, api.PathJournal,
		api.PathNodeTargets, api.PathBBBTargets:
		return false
	}
	return true
}

func (s *server) route(e *echo.Echo) {
	e.GET(api.PathPage, s.page)
	e.GET(api.PathServer+"/:server", s.serverPage)
	e.GET(api.PathAssets+"/*", asset)
	e.GET(api.PathEvents, s.events)
	e.GET(api.PathHealthy, func(c echo.Context) error { return c.String(http.StatusOK, "healthy\n") })
	e.GET(api.PathReady, s.ready)
	e.GET(api.PathMetrics, echo.WrapHandler(promhttp.HandlerFor(ofFleet{s.Metrics, s.fleetName}, promhttp.HandlerOpts{})))
	e.GET(api.PathNodeTargets, s.nodeTargets)
	e.GET(api.PathBBBTargets, s.bbbTargets)
	e.POST(api.PathWebhook, s.webhook)
	e.POST(api.PathWebhook+"/", s.webhook) // so that a URL with a trailing slash works
	e.GET(api.PathTrend, s.trend)
	e.GET(api.PathAlerts, s.alerts)
	e.GET(api.PathFleet, s.fleet)
	e.GET(api.PathJournal, s.journal)
	e.POST(api.PathReload, s.reload, s.allowed)
	e.POST(api.PathStepDown, s.stepDown, s.allowed)
	e.POST(api.PathPauses, s.pause, s.allowed)
	e.DELETE(api.PathPauses, s.resume, s.allowed)
	e.DELETE(api.PathPauses+"/:id", s.resume, s.allowed)
	e.POST(api.PathRelease, s.release, s.allowed)
}

// Server returns an HTTP server of h with the time and size limits of cfg on
// every connection. Its Shutdown closes h.
func Server(cfg Config, h *Handler, log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: min(cfg.ReadTimeout, 10*time.Second),
		ReadTimeout:       cfg.ReadTimeout,
		WriteTimeout:      cfg.WriteTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(h.Close)
	return server
}

func (s *server) fleetName() string { return s.Discovery().Fleet }

func (s *server) ready(c echo.Context) error {
	if !s.Scaler.Ready() {
		if l := s.Scaler.Status().Leadership; l != nil && !l.Leads {
			return fail(http.StatusServiceUnavailable, "this daemon stands by, and could not take over: %s", l.Problem)
		}
		return fail(http.StatusServiceUnavailable, "the fleet has not been read completely within deadlines.stale; see %s for what is missing", api.PathFleet)
	}
	return c.String(http.StatusOK, "ready\n")
}

func (s *server) reload(c echo.Context) error {
	todo, err := s.Reload()
	if err != nil {
		return fail(http.StatusBadRequest, "the old configuration stays: %v", err)
	}
	return c.String(http.StatusOK, strings.Join(append([]string{"reloaded"}, todo...), "\n")+"\n")
}
