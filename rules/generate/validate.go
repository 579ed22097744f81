package generate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// lookback is Prometheus's default lookback delta. Rules that are evaluated less
// often than that do not find their own last results.
const lookback = 5 * time.Minute

// Validate returns everything that is wrong with c, each error beginning with
// its key's path.
func (c Config) Validate() []error {
	var p problems
	p.check(c.Compat == "2.22" || c.Compat == "2.42", "rules.compat", c.Compat, `be "2.22" or "2.42"`)
	c.validateTimes(&p)
	p.check(c.Hysteresis >= 0 && c.Hysteresis < 0.5, "rules.hysteresis", c.Hysteresis, "be at least 0 and below 0.5")
	p.check(c.ScaleInBelow > 0 && c.ScaleInBelow < 1, "rules.scale_in_below", c.ScaleInBelow, "be above 0 and below 1")
	p.check(c.UnseenShare > 0 && c.UnseenShare < 1, "rules.unseen_share", c.UnseenShare, "be above 0 and below 1")
	c.Exporters.validate(&p)
	c.Labels.validate(&p)
	c.Metrics.validate(&p)
	c.Trend.validate(&p, c.EvaluationInterval)
	c.Forecast.validate(&p)
	p.labels("rules.extra_labels", c.Extra)
	_, pool := c.Extra[rules.LabelPool]
	p.check(!pool, "rules.extra_labels."+rules.LabelPool, c.Extra[rules.LabelPool], "not be set: it is the servers' tag in Scalelite")
	p.url("rules.runbook_url", c.RunbookURL)
	c.validateAsks(&p)
	c.validateDelivery(&p)
	return p
}

func (c Config) validateTimes(p *problems) {
	p.duration("rules.evaluation_interval", time.Duration(c.EvaluationInterval))
	p.check(time.Duration(c.EvaluationInterval) < lookback, "rules.evaluation_interval", c.EvaluationInterval,
		"be shorter than 5m, or Prometheus forgets the rules' last results")
	p.duration("rules.scrape_interval", time.Duration(c.ScrapeInterval))
	slowest := max(c.ScrapeInterval, c.EvaluationInterval)
	p.check(c.RateWindow >= 2*slowest, "rules.rate_window", c.RateWindow,
		fmt.Sprintf("be at least two times %v, the longer of rules.scrape_interval and rules.evaluation_interval", slowest))
	p.check(c.ScaleInStabilization >= slowest, "rules.scale_in_stabilization", c.ScaleInStabilization,
		fmt.Sprintf("be at least %v, the longer of rules.scrape_interval and rules.evaluation_interval", slowest))
	p.duration("rules.scaler_stale", time.Duration(c.ScalerStale))
	p.duration("rules.scaler_hold", time.Duration(c.ScalerHold))
	p.duration("rules.keep_firing_for", time.Duration(c.KeepFiringFor))
	known := durations()
	for _, name := range slices.Sorted(maps.Keys(c.For)) {
		_, ok := known[name]
		p.check(ok, "rules.for."+name, c.For[name], "name an alert: one of "+joined(slices.Sorted(maps.Keys(known))))
		p.duration("rules.for."+name, time.Duration(c.For[name]))
	}
}

func (e Exporters) validate(p *problems) {
	p.check(e.Variant == VariantPorts || e.Variant == VariantEBBBA, "rules.exporters.variant", string(e.Variant),
		"be ports or ebbba")
	p.port("rules.exporters.ports.node", e.Ports.Node)
	p.port("rules.exporters.ports.bbb", e.Ports.BBB)
	p.matchers("rules.exporters.node", e.Node)
	p.matchers("rules.exporters.bbb", e.BBB)
	p.matchers("rules.exporters.scaler", e.Scaler)
}

func (l Labels) validate(p *problems) {
	p.match(labelName, "rules.labels.instance", l.Instance)
	p.match(labelName, "rules.labels.server_id", l.ServerID)
	if l.Fleet != "" {
		p.match(labelName, "rules.labels.fleet", l.Fleet)
	}
}

func (m Metrics) validate(p *problems) {
	p.match(metricName, "rules.metrics.cpu_seconds", m.CPUSeconds)
	p.match(metricName, "rules.metrics.memory_total", m.MemoryTotal)
	p.match(metricName, "rules.metrics.memory_available", m.MemoryAvailable)
	p.match(metricName, "rules.metrics.participants", m.Participants)
	p.match(metricName, "rules.metrics.recordings_queued", m.RecordingsQueued)
	p.match(metricName, "rules.metrics.recordings_processing", m.RecordingsProcessing)
	p.match(metricName, "rules.metrics.api_up", m.APIUp)
}

func (t Trend) validate(p *problems, evaluation model.Duration) {
	tooSlow := time.Duration(evaluation) >= lookback // validateTimes reports that
	p.check(t.Window == 0 || t.Window >= 2*evaluation || tooSlow, "rules.trend.window", t.Window,
		fmt.Sprintf("be at least two evaluation intervals (%s), or 0s for no trend", 2*evaluation))
	p.duration("rules.trend.ahead", time.Duration(t.Ahead))
}

func (f Forecast) validate(p *problems) {
	p.check(len(f.History) > 0, "rules.forecast.history", f.History, "list week, day or both; to have no forecast, set rules.forecast.enabled to false")
	for _, h := range f.History {
		p.check(h == HistoryWeek || h == HistoryDay, "rules.forecast.history", string(h), "be week or day")
	}
	p.duration("rules.forecast.margin", time.Duration(f.Margin))
	p.duration("rules.forecast.hold", time.Duration(f.Hold))
	p.check(time.Duration(f.Hold) < 12*time.Hour, "rules.forecast.hold", f.Hold, "be shorter than 12h")
	p.duration("rules.forecast.level_window", time.Duration(f.LevelWindow))
	p.check(f.LevelPrior > 0 && f.LevelPrior <= 1, "rules.forecast.level_prior", f.LevelPrior, "be above 0 and at most 1")
	p.check(f.LevelMax >= 1, "rules.forecast.level_max", f.LevelMax, "be at least 1")
}

func (c Config) validateDelivery(p *problems) {
	p.check(c.Severities.Ask != "" && c.Severities.Warning != "" && c.Severities.Critical != "", "rules.severities",
		c.Severities, "have ask, warning and critical set")
	p.check(c.Operator.Name != "", "rules.operator.name", c.Operator.Name, "not be empty")
	p.check(len(c.Operator.Service) > 0, "rules.operator.service", c.Operator.Service, "match at least one label")
	p.url("rules.alertmanager.url", c.Alertmanager.URL)
	p.duration("rules.alertmanager.group_wait", time.Duration(c.Alertmanager.GroupWait))
	p.duration("rules.alertmanager.group_interval", time.Duration(c.Alertmanager.GroupInterval))
	p.check(c.Scrape.Scheme == "http" || c.Scrape.Scheme == "https", "rules.scrape.scheme", c.Scrape.Scheme, "be http or https")
	p.check(c.Scrape.Targets == TargetsFile || c.Scrape.Targets == TargetsHTTP, "rules.scrape.targets", string(c.Scrape.Targets), "be file or http")
	p.check(c.Scrape.HostsFile != "", "rules.scrape.hosts_file", c.Scrape.HostsFile, "not be empty")
	p.check(c.Scrape.Scaler != "", "rules.scrape.scaler", c.Scrape.Scaler, "be the daemon's host:port")
}
