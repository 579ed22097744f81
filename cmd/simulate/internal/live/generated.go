package live

import (
	"maps"
	"net"
	"path/filepath"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// floor is capacity.min_active in the demo.
const floor = 2

// Prometheus's defaults for --query.lookback-delta and
// --rules.alert.resend-delay, before they are divided by the speed.
const (
	lookback    = 5 * time.Minute
	resendDelay = time.Minute
)

// settings holds the configuration files of the parts of the demo.
type settings struct {
	files        map[string]string // in the demo's directory
	prometheus   []string          // one for each
	alertmanager []string
	past         []monitor.Past // the history that Prometheus starts with
}

// Files in the demo's directory.
const (
	daemonFile   = "bbb-scaler.yml"
	ruleFile     = "bbb-rules.yml"
	ionosFile    = "ionos-password"
	balancerFile = "scalelite-secret"
)

// settings generates the rules, the route and the daemon's configuration file from
// one configuration: the shipped defaults, with durations divided by the speed.
func (d *demo) settings() (settings, error) {
	c := d.config()
	s := settings{files: map[string]string{ionosFile: d.secret.password.Reveal()}}
	var err error
	if s.files[ruleFile], err = c.Generated(generate.FormatRules); err != nil {
		return s, err
	}
	for i := range d.daemonAt {
		s.files[d.fileOf(i, balancerFile)] = d.secret.balancer[i].Reveal()
		if s.files[d.fileOf(i, daemonFile)], err = d.daemonConfig(c, i); err != nil {
			return s, err
		}
	}
	s.past = d.history(c.Actions.Fleet.Name, time.Duration(c.Rules.EvaluationInterval))
	for range d.alertmanagerAt {
		text, err := d.alertmanagerConfig(c)
		if err != nil {
			return s, err
		}
		s.alertmanager = append(s.alertmanager, text)
	}
	for range d.prometheusAt {
		text, err := d.prometheusConfig(c)
		if err != nil {
			return s, err
		}
		s.prometheus = append(s.prometheus, text)
	}
	return s, nil
}

// fileOf returns the configuration of the daemon and of the rules in the time of the
// simulation. Without a file, servers grow less than by default, so that a small school
// needs several. The schedule is left out, because the daemon's clock is the real one.
func fileOf(cfg Config) config.File {
	if cfg.File != nil {
		c := *cfg.File
		c.Actions.Capacity.Schedule = nil
		return c
	}
	c := config.Defaults()
	c.Actions.Capacity.MinActive = floor
	c.Actions.Sizes.Fleet.Cores, c.Actions.Sizes.Max.Cores = 4, 6
	return c
}

// config returns the configuration of the demo's fleet, in faster time.
func (d *demo) config() config.File {
	c := d.file
	c.Rules.For = maps.Clone(c.Rules.For) // Faster changes it
	c.Faster(d.speed)
	if d.replicas != nil {
		c.Actions.Fleet.Name += "-demo" // its rows in the database are not those of a real fleet
	}
	c.Rules.Alertmanager.URL = "http://" + d.daemonAt[0] + api.PathWebhook
	c.Rules.Alertmanager.Username = ""
	return c
}

func (d *demo) shorter(t time.Duration) time.Duration { return config.Shorter(t, d.speed) }

// alertmanagerConfig is the generated route to the daemon, or to all replicas.
func (d *demo) alertmanagerConfig(c config.File) (string, error) {
	addrs, err := d.network.each(d.daemonAt)
	if err != nil {
		return "", err
	}
	c.Rules.Alertmanager.URL = "http://" + addrs[0] + api.PathWebhook
	text, err := c.Generated(generate.FormatAlertmanager)
	if err != nil || len(addrs) == 1 {
		return text, err
	}
	return toAll(text, addrs)
}

// daemonConfig returns the configuration file of a daemon.
func (d *demo) daemonConfig(c config.File, replica int) (string, error) {
	c.Actions.Fleet.Datacenters = d.world.Datacenters()
	text, err := yaml.Marshal(c.Actions)
	if err != nil {
		return "", err
	}
	doc := map[string]any{}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return "", err
	}
	urls, err := d.network.each(d.alertmanagerAt)
	if err != nil {
		return "", err
	}
	for i, at := range urls {
		urls[i] = "http://" + at
	}
	maps.Copy(doc, map[string]any{
		"rules":        c.Rules,
		"ionos":        map[string]any{"url": "http://" + d.ionosAt, "username": d.user(replica), "password_file": ionosFile},
		"scalelite":    map[string]any{"url": d.scaleliteURL, "secret_file": d.fileOf(replica, balancerFile), "poll_interval": d.pollInterval.String()},
		"alertmanager": map[string]any{"urls": urls, "request_timeout": callTimeout.String()},
		"prometheus":   map[string]any{"url": "http://" + d.prometheusAt[0]}, // for the page
		"web":          map[string]any{"prices": map[string]any{"core_hour": d.prices.CoreHour, "gib_hour": d.prices.GiBHour}},
	})
	text, err = yaml.Marshal(doc)
	return string(text), err
}

// prometheusConfig returns a configuration of Prometheus that scrapes every exporter
// and the daemon.
func (d *demo) prometheusConfig(c config.File) (string, error) {
	login := map[string]any{"username": exporterUser, "password": d.secret.exporter.Reveal()}
	job := func(name string, login any, targets ...any) map[string]any {
		j := map[string]any{"job_name": name, "static_configs": targets}
		if login != nil {
			j["basic_auth"] = login
		}
		return j
	}
	alertmanagers, err := d.network.each(d.alertmanagerAt)
	if err != nil {
		return "", err
	}
	interval := c.Rules.ScrapeInterval.String()
	text, err := yaml.Marshal(map[string]any{
		"global":     map[string]any{"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": c.Rules.EvaluationInterval.String()},
		"rule_files": []string{filepath.Join(d.dir, ruleFile)},
		"alerting":   map[string]any{"alertmanagers": []any{map[string]any{"static_configs": []any{map[string]any{"targets": alertmanagers}}}}},
		"scrape_configs": []any{
			job("node", login, d.scraped(d.node, c.Rules.Exporters.Node)...),
			job("bbb", login, d.scraped(d.exporter, c.Rules.Exporters.BBB)...),
			job("scaler", nil, d.scrapedDaemons(c.Rules.Exporters.Scaler)...),
		},
	})
	return string(text), err
}

func target(at string, labels generate.Matchers) map[string]any {
	return map[string]any{"targets": []string{at}, "labels": map[string]string(labels)}
}

// scraped returns one target for each exporter. There is no DNS for the servers'
// names: with TargetsName the label instance hides the address that is dialled.
func (d *demo) scraped(list []net.Listener, labels generate.Matchers) []any {
	out := make([]any, len(list))
	for i, l := range list {
		named := maps.Clone(labels)
		if d.targets == TargetsName {
			_, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's address has a port
			named[rules.LabelInstance] = net.JoinHostPort(serverName(i+1), port)
		}
		out[i] = target(l.Addr().String(), named)
	}
	return out
}
