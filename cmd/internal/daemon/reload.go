package daemon

import (
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// reloader replaces the configuration while the daemon runs.
type reloader struct {
	options *options
	links   *links
	scaler  reloadable
	log     *slog.Logger
	good    prometheus.Gauge
	when    prometheus.Gauge
	rules   *prometheus.GaugeVec // 1 for the digest of the rules of this configuration

	mu  sync.Mutex // held during a reload
	now atomic.Pointer[config.File]
}

// reloadable takes a new configuration: a Scaler, or the member that runs one.
type reloadable interface {
	Reload(fleet.Config) error
}

func newReloader(o *options, f config.File, l *links, s reloadable, metrics prometheus.Registerer, log *slog.Logger) *reloader {
	r := &reloader{
		options: o, links: l, scaler: s, log: log,
		good: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: rules.MetricReloaded, Help: "Whether the last reload of the configuration was successful.",
		}),
		when: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bbb_scaler_config_last_reload_success_timestamp_seconds", Help: "Time of the last successful reload of the configuration.",
		}),
		rules: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: rules.MetricRules, Help: "1 for the digest of the rules that the configuration produces.",
		}, []string{rules.LabelDigest}),
	}
	metrics.MustRegister(r.good, r.when, r.rules)
	r.took(f)
	return r
}

// What the operator must do after a reload for the new configuration to take full
// effect.
const (
	todoRules   = "the configuration produces other rules than before: generate them with genrules, and load them into Prometheus"
	todoRestart = "section web has changed: restart the daemon to apply it"
)

// took makes f the present configuration and updates the metrics.
func (r *reloader) took(f config.File) {
	r.now.Store(&f)
	r.rules.Reset()
	r.rules.WithLabelValues(rulesDigest(f)).Set(1)
	r.good.Set(1)
	r.when.SetToCurrentTime()
}

// reload reads the configuration again, and returns and logs what the operator must
// do for it to take full effect. After an error, the complete previous configuration
// stays in use.
func (r *reloader) reload() (todo []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.now.Load()
	f, err := r.options.load(r.log)
	if err == nil {
		err = r.take(f)
	}
	if err != nil {
		r.good.Set(0)
		r.log.Error("reload failed, the old configuration stays", "error", err)
		return nil, err
	}
	r.took(f)
	r.log.Info("reloaded")
	if rulesDigest(*old) != rulesDigest(f) {
		todo = append(todo, todoRules)
	}
	if !reflect.DeepEqual(old.Web, f.Web) {
		todo = append(todo, todoRestart)
	}
	for _, text := range todo {
		r.log.Warn(text)
	}
	return todo, nil
}

// rulesDigest returns the digest of the rules that a configuration produces, or ""
// if genrules refuses the configuration.
func rulesDigest(f config.File) string {
	digest, err := generate.Digest(f.Rules, f.RuleInput())
	if err != nil {
		return ""
	}
	return digest
}

func (r *reloader) take(f config.File) error {
	old := r.now.Load()
	if (len(old.Alertmanager.URLs) == 0) != (len(f.Alertmanager.URLs) == 0) {
		return fmt.Errorf("alertmanager.urls: setting or unsetting it needs a restart")
	}
	if err := r.links.replace(f); err != nil {
		return err
	}
	return r.scaler.Reload(f.Actions)
}

// warnings returns the warnings of the present configuration.
func (r *reloader) warnings() []string { return r.now.Load().Warnings() }

// asks returns what the alerts mean in the configuration in force.
func (r *reloader) asks() map[string]rules.Meaning { return r.now.Load().Actions.Asks }

// discovery returns how Prometheus reaches the exporters, in the configuration in
// force.
func (r *reloader) discovery() rules.Discovery {
	f := r.now.Load()
	return f.Rules.Discovery(f.Actions.Fleet.Name)
}

// runbook returns the address of the runbooks in the configuration in force.
func (r *reloader) runbook() string { return r.now.Load().Rules.RunbookURL }

// fleet returns the configuration of the scaler in force.
func (r *reloader) fleet() fleet.Config { return r.now.Load().Actions }

// others returns the addresses of Prometheus and Alertmanager in the configuration in
// force, for links on the page.
func (r *reloader) others() receiver.Links {
	f := r.now.Load()
	l := receiver.Links{Prometheus: f.Prometheus.URL}
	if len(f.Alertmanager.URLs) > 0 {
		l.Alertmanager = f.Alertmanager.URLs[0]
	}
	return l
}

// loginRequired reports whether the web configuration, as it is now, rejects every
// request without a login or a client certificate. It reads the file at each
// request, as exporter-toolkit does.
func (o *options) loginRequired() bool {
	if *o.web.WebConfigFile == "" {
		return false
	}
	text, err := os.ReadFile(*o.web.WebConfigFile)
	if err != nil {
		return false
	}
	var c struct {
		Users map[string]string `yaml:"basic_auth_users"`
		TLS   struct {
			ClientAuth string `yaml:"client_auth_type"`
		} `yaml:"tls_server_config"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return false
	}
	return len(c.Users) > 0 || c.TLS.ClientAuth == "RequireAndVerifyClientCert"
}
