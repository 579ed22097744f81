package live

import (
	"fmt"
	"maps"
	"net"
	"reflect"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// floor is the least number of active servers in the demo.
const floor = 2

// Prometheus's defaults for --query.lookback-delta and
// --rules.alert.resend-delay, before they are divided by the speed.
const (
	lookback    = 5 * time.Minute
	resendDelay = time.Minute
)

// settings are the texts that configure the parts.
type settings struct {
	files        map[string]string // in the place's directory
	prometheus   string
	alertmanager string
}

// Files in the place's directory.
const (
	daemonFile   = "bbb-scaler.yml"
	ruleFile     = "bbb-rules.yml"
	ionosFile    = "ionos-password"
	balancerFile = "scalelite-secret"
)

// settings generates the rules, the route and the daemon's file from one
// configuration: the shipped defaults in faster time.
func (p *place) settings() (settings, error) {
	c := p.config()
	s := settings{files: map[string]string{ionosFile: p.secret.password.Reveal(), balancerFile: p.secret.balancer.Reveal()}}
	var err error
	if s.files[ruleFile], err = c.Generated(generate.FormatRules); err != nil {
		return s, err
	}
	if s.alertmanager, err = c.Generated(generate.FormatAlertmanager); err != nil {
		return s, err
	}
	if s.files[daemonFile], err = p.daemonConfig(c); err != nil {
		return s, err
	}
	s.prometheus, err = p.prometheusConfig(c)
	return s, err
}

// config is the shipped default configuration, with the demo's fleet, and with
// every duration that is not a time limit on a call divided by the speed.
func (p *place) config() config.File {
	c := config.Defaults()
	c.Actions.Capacity.MinActive = floor
	c.Actions.Thresholds.CPU = rules.Band{Min: 0.1, Max: 0.5} // fewer people fill a server: more to see
	c.Actions.Sizes.Max.Cores = 4                             // the same
	c.Rules.Forecast.Enabled = false                          // there is no yesterday
	p.shorten(reflect.ValueOf(&c.Actions).Elem())
	p.shorten(reflect.ValueOf(&c.Rules).Elem())
	d := &c.Actions.Deadlines // calls take as long as they take
	d.Read, d.Write, d.Patience = 2*time.Second, 5*time.Second, time.Second
	c.Rules.Alertmanager.URL = "http://" + p.daemonAt + api.PathWebhook
	c.Rules.Alertmanager.Username = ""
	return c
}

func (p *place) shorter(d time.Duration) time.Duration {
	return max(time.Millisecond, (time.Duration(float64(d) / p.speed)).Round(time.Millisecond))
}

// shorten divides all durations within v.
func (p *place) shorten(v reflect.Value) {
	switch d := v.Interface().(type) {
	case time.Duration:
		if d > 0 {
			v.SetInt(int64(p.shorter(d)))
		}
		return
	case model.Duration:
		if d > 0 {
			v.SetInt(int64(p.shorter(time.Duration(d))))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				p.shorten(v.Field(i))
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			p.shorten(value)
			v.SetMapIndex(key, value)
		}
	}
}

// daemonConfig is the daemon's file.
func (p *place) daemonConfig(c config.File) (string, error) {
	c.Actions.Fleet.Datacenters = p.world.Datacenters()
	text, err := yaml.Marshal(c.Actions)
	if err != nil {
		return "", err
	}
	doc := map[string]any{}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return "", err
	}
	maps.Copy(doc, map[string]any{
		"rules":        c.Rules,
		"ionos":        map[string]any{"url": "http://" + p.ionosAt, "username": ionosUser, "password_file": ionosFile},
		"scalelite":    map[string]any{"url": p.scaleliteURL, "secret_file": balancerFile, "poll_interval": p.pollInterval.String()},
		"alertmanager": map[string]any{"urls": []string{"http://" + p.alertmanagerAt}},
	})
	text, err = yaml.Marshal(doc)
	return string(text), err
}

// prometheusConfig scrapes every exporter and the daemon.
func (p *place) prometheusConfig(c config.File) (string, error) {
	login := map[string]any{"username": exporterUser, "password": p.secret.exporter.Reveal()}
	job := func(name string, login any, targets ...any) map[string]any {
		j := map[string]any{"job_name": name, "static_configs": targets}
		if login != nil {
			j["basic_auth"] = login
		}
		return j
	}
	interval := c.Rules.ScrapeInterval.String()
	text, err := yaml.Marshal(map[string]any{
		"global":     map[string]any{"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": c.Rules.EvaluationInterval.String()},
		"rule_files": []string{ruleFile},
		"alerting":   map[string]any{"alertmanagers": []any{map[string]any{"static_configs": []any{map[string]any{"targets": []string{p.alertmanagerAt}}}}}},
		"scrape_configs": []any{
			job("node", login, p.scraped(p.node, c.Rules.Exporters.Node)...),
			job("bbb", login, p.scraped(p.exporter, c.Rules.Exporters.BBB)...),
			job("scaler", nil, target(p.daemonAt, c.Rules.Exporters.Scaler)),
		},
	})
	return string(text), err
}

func target(at string, labels generate.Matchers) map[string]any {
	return map[string]any{"targets": []string{at}, "labels": map[string]string(labels)}
}

// scraped returns one target for each exporter. There is no DNS for the servers'
// names: by name, the address that is dialled is hidden behind the label.
func (p *place) scraped(list []net.Listener, labels generate.Matchers) []any {
	out := make([]any, len(list))
	for i, l := range list {
		named := maps.Clone(labels)
		if p.targets == TargetsName {
			_, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's address has a port
			named[rules.LabelInstance] = net.JoinHostPort(serverName(i+1), port)
		}
		out[i] = target(l.Addr().String(), named)
	}
	return out
}

// daemonArgs is the daemon's command line.
func (p *place) daemonArgs() []string {
	return []string{
		fmt.Sprintf("--config.file=%s/%s", p.dir, daemonFile), "--web.listen-address=" + p.daemonAt,
		fmt.Sprintf("--storage.path=%s/bbb-scaler", p.dir),
	}
}

func summary(w *sim.World) Summary {
	f := w.Figures()
	s := Summary{
		Steps: map[string]int{}, Meetings: f.Meetings, MeetingsEndedEarly: f.MeetingsEndedEarly,
		MeetingsRefused: f.MeetingsRefused, ServerHours: f.ServerHours,
	}
	for _, kind := range fleet.Kinds() {
		s.Steps[string(kind)] = f.Steps[kind]
	}
	return s
}

// String is the summary for people.
func (s Summary) String() string {
	var steps []string
	for _, kind := range fleet.Kinds() {
		steps = append(steps, fmt.Sprintf("%s %d", kind, s.Steps[string(kind)]))
	}
	return fmt.Sprintf("\nMeetings: %d, ended early %d, refused %d. Server-hours: %.1f.\nSteps: %s.\n",
		s.Meetings, s.MeetingsEndedEarly, s.MeetingsRefused, s.ServerHours, strings.Join(steps, ", "))
}
