package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/alert"
	apiv2 "github.com/prometheus/alertmanager/api/v2"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
)

// retention is the time for which silences and the notification log are kept, and
// maintenance the interval of their clean-up: the server's defaults.
const (
	retention   = 120 * time.Hour
	maintenance = 30 * time.Second
)

// AlertmanagerConfig holds what an Alertmanager server gets from its command line.
type AlertmanagerConfig struct {
	Config      string       // text of alertmanager.yml; only webhook receivers are served
	ExternalURL string       // address of its web pages, for links in notifications
	Logger      *slog.Logger // nil discards all lines
	// Notify, if set, delivers the notifications of all receivers of the routes,
	// instead of the webhooks.
	Notify notify.Notifier
	// Cluster, unless nil, is the cluster that it is one of.
	Cluster *ClusterConfig
}

// Alertmanager groups alerts, silences them, and notifies webhooks.
type Alertmanager struct {
	cfg        *config.Config
	logger     *slog.Logger
	silences   *silence.Silences
	silencer   *silence.Silencer
	alerts     *mem.Alerts
	inhibitor  *inhibit.Inhibitor
	dispatcher *dispatch.Dispatcher
	api        *apiv2.API
	member     member
}

// NewAlertmanager loads the configuration. Run starts it; only Run closes it.
func NewAlertmanager(c AlertmanagerConfig) (*Alertmanager, error) {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return nil, fmt.Errorf("loading alertmanager.yml: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Alertmanager{cfg: cfg, logger: c.Logger}
	if err := a.wire(c); err != nil {
		return nil, fmt.Errorf("configuring alertmanager: %w", err)
	}
	return a, nil
}

func (a *Alertmanager) wire(c AlertmanagerConfig) error {
	registry := prom.NewRegistry() // most parts need one; it is not exported
	var err error
	if a.member, err = newMember(c.Cluster, a.logger, registry); err != nil {
		return err
	}
	events, features := eventrecorder.NopRecorder(), featurecontrol.NoopFlags{}
	tmpl, err := templates(a.cfg, c.ExternalURL)
	if err != nil {
		return err
	}
	if a.silences, err = silence.New(silence.Options{Retention: retention, Logger: a.logger, Metrics: registry}); err != nil {
		return err
	}
	a.member.share("sil", a.silences, registry)
	a.silencer = silence.NewSilencer(a.silences, a.logger, events)
	a.alerts, err = mem.NewAlerts(context.Background(), maintenance, 0, a.silencer, a.logger, events, registry, features)
	if err != nil {
		return err
	}
	notifications, err := nflog.New(nflog.Options{Retention: retention, Logger: a.logger, Metrics: registry})
	if err != nil {
		return err
	}
	a.member.share("nfl", notifications, registry)
	receivers, err := integrations(a.cfg, c, tmpl)
	if err != nil {
		return err
	}
	groups := marker.NewGroupMarker()
	a.inhibitor = inhibit.NewInhibitor(a.alerts, a.cfg.InhibitRules, a.logger, events)
	pipeline := notify.NewPipelineBuilder(registry, features, events).New(
		receivers, a.member.wait, a.inhibitor, a.silencer, intervals(a.cfg), groups, notifications, a.member.settled())
	a.dispatcher = dispatch.NewDispatcher(a.alerts, dispatch.NewRoute(a.cfg.Route, nil), pipeline, groups, a.member.timeout,
		maintenance, nil, a.logger, events, dispatch.NewDispatcherMetrics(false, registry, features), tmpl)
	a.api, err = apiv2.NewAPI(a.alerts, a.groups, groups.Muted, a.silences, a.member.listed(), a.logger, registry)
	if err != nil {
		return err
	}
	a.api.Update(a.cfg, func(ctx context.Context, labels model.LabelSet) {
		a.inhibitor.Mutes(ctx, labels)
		a.silencer.Mutes(ctx, labels)
	})
	return nil
}

func templates(cfg *config.Config, external string) (*template.Template, error) {
	tmpl, err := template.FromGlobs(cfg.Templates)
	if err != nil {
		return nil, err
	}
	tmpl.ExternalURL, err = url.Parse(external)
	return tmpl, err
}

func intervals(cfg *config.Config) *timeinterval.Intervener {
	named := map[string][]timeinterval.TimeInterval{}
	for _, t := range cfg.MuteTimeIntervals {
		named[t.Name] = t.TimeIntervals
	}
	for _, t := range cfg.TimeIntervals {
		named[t.Name] = t.TimeIntervals
	}
	return timeinterval.NewIntervener(named)
}

// resolved is the setting send_resolved: true.
type resolved struct{}

// SendResolved returns true.
func (resolved) SendResolved() bool { return true }

func integrations(cfg *config.Config, c AlertmanagerConfig, tmpl *template.Template) (map[string][]notify.Integration, error) {
	receivers := map[string][]notify.Integration{}
	for _, r := range cfg.Receivers {
		receivers[r.Name] = []notify.Integration{}
		if c.Notify != nil {
			receivers[r.Name] = append(receivers[r.Name], notify.NewIntegration(c.Notify, resolved{}, "webhook", 0, r.Name))
			continue
		}
		for i, w := range r.WebhookConfigs {
			n, err := webhook.New(w, tmpl, c.Logger)
			if err != nil {
				return nil, fmt.Errorf("receiver %s: webhook %d: %w", r.Name, i, err)
			}
			receivers[r.Name] = append(receivers[r.Name], notify.NewIntegration(n, w, "webhook", i, r.Name))
		}
	}
	return receivers, nil
}

func (a *Alertmanager) groups(ctx context.Context, routes func(*dispatch.Route) bool, alerts func(*alert.Alert, time.Time) bool) (dispatch.AlertGroups, map[model.Fingerprint][]string, error) {
	return a.dispatcher.Groups(ctx, routes, alerts)
}

// Run sends notifications until ctx is done.
func (a *Alertmanager) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { a.member.run(ctx, a.logger) })
	wg.Go(a.inhibitor.Run)
	a.inhibitor.WaitForLoading() // before anything can be notified that it mutes
	wg.Go(func() { a.dispatcher.Run(time.Now()) })
	<-ctx.Done()
	a.dispatcher.Stop()
	a.inhibitor.Stop()
	a.alerts.Close()
	wg.Wait()
	return nil
}

// Put adds alerts, as a POST to the API does.
func (a *Alertmanager) Put(ctx context.Context, alerts ...*alert.Alert) error {
	return a.alerts.Put(ctx, alerts...)
}

// Handler serves Alertmanager's API below /api/v2, and /-/ready.
func (a *Alertmanager) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/v2/", a.api.Handler)
	mux.HandleFunc("/-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "OK") })
	return mux
}
