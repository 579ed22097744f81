package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	_ "github.com/prometheus/prometheus/discovery/http" // http_sd_configs
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
)

// reloadInterval is the time after which new targets are scraped; the server's
// default is 5 s.
const reloadInterval = 100 * time.Millisecond

// PrometheusConfig holds what a Prometheus server gets from its command line.
type PrometheusConfig struct {
	Config string // text of prometheus.yml; relative rule_files are below Dir
	Dir    string // for the samples; must exist
	// Lookback is --query.lookback-delta: the age at which a sample no longer
	// counts. 0 is the server's default, 5 min.
	Lookback time.Duration
	// ResendDelay is --rules.alert.resend-delay: the minimum time before a firing
	// alert is sent again. 0 is the server's default, 1 min.
	ResendDelay time.Duration
	// Past are series that are written into the storage, which must be empty, before
	// Prometheus starts. Samples older than 15 days, the default retention, are
	// deleted.
	Past        []Past
	ExternalURL string       // address of its web pages, for the generator URLs of alerts
	Logger      *slog.Logger // nil discards all lines
}

// Prometheus scrapes, records, evaluates rules and sends alerts.
type Prometheus struct {
	db       *tsdb.DB
	engine   *promql.Engine
	scrape   *scrape.Manager
	targets  *discovery.Manager
	notifier *notifier.Manager
	notified *discovery.Manager
	rules    *rules.Manager
	stop     context.CancelFunc // ends the discoveries
}

// NewPrometheus loads the configuration and opens the storage. Run starts it;
// only Run closes it.
func NewPrometheus(c PrometheusConfig) (*Prometheus, error) {
	c = c.withDefaults()
	cfg, err := config.Load(c.Config, c.Logger)
	if err != nil {
		return nil, fmt.Errorf("loading prometheus.yml: %w", err)
	}
	cfg.SetDirectory(c.Dir)
	options, data := tsdb.DefaultOptions(), filepath.Join(c.Dir, "data")
	if len(c.Past) > 0 {
		if err := writePast(data, c.Past, c.Logger); err != nil {
			return nil, err
		}
	}
	db, err := tsdb.Open(data, c.Logger, nil, options, nil)
	if err != nil {
		return nil, fmt.Errorf("opening the storage below %s: %w", c.Dir, err)
	}
	p, err := wire(c, cfg, db)
	if err == nil {
		err = p.apply(c, cfg)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("configuring prometheus: %w", err), db.Close())
	}
	return p, nil
}

func (c PrometheusConfig) withDefaults() PrometheusConfig {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Lookback == 0 {
		c.Lookback = 5 * time.Minute
	}
	if c.ResendDelay == 0 {
		c.ResendDelay = time.Minute
	}
	return c
}

func wire(c PrometheusConfig, cfg *config.Config, db *tsdb.DB) (*Prometheus, error) {
	registry := prom.NewRegistry() // most parts need one; it is not exported
	sd, err := discovery.CreateAndRegisterSDMetrics(registry)
	if err != nil {
		return nil, err
	}
	external, err := url.Parse(c.ExternalURL)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background()) // ended by Run
	p := &Prometheus{db: db, stop: stop, engine: newEngine(c)}
	p.targets = discovery.NewManager(ctx, c.Logger, registry, sd, discovery.Name("scrape"), discovery.Updatert(reloadInterval))
	p.notified = discovery.NewManager(ctx, c.Logger, registry, sd, discovery.Name("notify"), discovery.Updatert(reloadInterval))
	p.notifier = notifier.NewManager(&notifier.Options{QueueCapacity: 10000, Registerer: registry}, cfg.GlobalConfig.MetricNameValidationScheme, c.Logger)
	p.scrape, err = scrape.NewManager(&scrape.Options{
		DiscoveryReloadInterval: model.Duration(reloadInterval), DiscoveryReloadOnStartup: true,
	}, c.Logger, nil, nil, db, registry)
	if err != nil {
		stop()
		return nil, err
	}
	p.rules = rules.NewManager(&rules.ManagerOptions{
		NameValidationScheme: cfg.GlobalConfig.MetricNameValidationScheme,
		Appendable:           db, Queryable: db, Context: ctx, ExternalURL: external,
		QueryFunc:   rules.EngineQueryFunc(p.engine, db),
		NotifyFunc:  rules.SendAlerts(p.notifier, external.String()),
		ResendDelay: c.ResendDelay, Registerer: registry, Logger: c.Logger,
		DefaultRuleQueryOffset: func() time.Duration { return time.Duration(cfg.GlobalConfig.RuleQueryOffset) },
	})
	return p, nil
}

func newEngine(c PrometheusConfig) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger: c.Logger, MaxSamples: 50_000_000, Timeout: 2 * time.Minute, LookbackDelta: c.Lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{}),
	})
}

// apply passes the configuration to all parts: first to those that receive targets,
// then to the discoveries that find them.
func (p *Prometheus) apply(c PrometheusConfig, cfg *config.Config) error {
	scrapes, err := cfg.GetScrapeConfigs()
	if err != nil {
		return err
	}
	jobs := map[string]discovery.Configs{}
	for _, s := range scrapes {
		jobs[s.JobName] = s.ServiceDiscoveryConfigs
	}
	alertmanagers := map[string]discovery.Configs{}
	for name, am := range cfg.AlertingConfig.AlertmanagerConfigs.ToMap() {
		alertmanagers[name] = am.ServiceDiscoveryConfigs
	}
	files, err := ruleFiles(cfg)
	if err != nil {
		return err
	}
	return errors.Join(
		p.db.ApplyConfig(cfg), p.scrape.ApplyConfig(cfg), p.targets.ApplyConfig(jobs),
		p.notifier.ApplyConfig(cfg), p.notified.ApplyConfig(alertmanagers),
		p.rules.Update(time.Duration(cfg.GlobalConfig.EvaluationInterval), files, cfg.GlobalConfig.ExternalLabels, c.ExternalURL, nil),
	)
}

func ruleFiles(cfg *config.Config) ([]string, error) {
	var files []string
	for _, pattern := range cfg.RuleFiles {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("rule_files %q: %w", pattern, err)
		}
		files = append(files, found...)
	}
	return files, nil
}

// Run scrapes and evaluates until ctx is done, then closes the storage. Alerts
// that were not sent by then are lost, as when a server is stopped.
func (p *Prometheus) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { _ = p.targets.Run() }) // end with ctx's error only
	wg.Go(func() { _ = p.notified.Run() })
	wg.Go(func() { _ = p.scrape.Run(p.targets.SyncCh()) })
	wg.Go(func() { p.notifier.Run(p.notified.SyncCh()) })
	wg.Go(p.rules.Run)
	<-ctx.Done()
	p.rules.Stop()
	p.stop()
	p.scrape.Stop()
	p.notifier.Stop()
	wg.Wait()
	return p.db.Close()
}
