package rules

import (
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Config is the section rules of the configuration file: how the fleet's
// Prometheus names things, and how patient the rules are. Durations are written
// as Prometheus writes them (30s, 5m, 1h30m); workloads are ratios from 0 to 1.
type Config struct {
	// Compat is the oldest Prometheus that must load the rules, "2.22" or
	// "2.42"; the latter may use keep_firing_for.
	Compat string `yaml:"compat"`
	// EvaluationInterval is the time between two evaluations of the rules.
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	// ScrapeInterval is the time between two scrapes of every exporter.
	ScrapeInterval model.Duration `yaml:"scrape_interval"`
	// RateWindow is what the CPU workload is averaged over: at least two scrapes.
	RateWindow model.Duration `yaml:"rate_window"`
	// Hysteresis is how far a workload must come back from the threshold that
	// it crossed before the alert resolves.
	Hysteresis float64 `yaml:"hysteresis"`
	// ScaleInBelow is where in its band, 0 at min and 1 at max, each of the
	// fleet's workloads must be below before servers are drained.
	ScaleInBelow float64 `yaml:"scale_in_below"`
	// Trend is how the load is followed on its way up.
	Trend Trend `yaml:"trend"`
	// ScalerStale is the age of the scaler's last read of the fleet from which
	// its metrics no longer tell which servers are in service.
	ScalerStale model.Duration `yaml:"scaler_stale"`
	// ScalerHold is how long the last known states of the servers count while
	// the scaler says nothing; then every server that is seen counts.
	ScalerHold model.Duration `yaml:"scaler_hold"`
	// UnseenShare is the share of the active servers without metrics at which
	// people are told.
	UnseenShare float64 `yaml:"unseen_share"`
	// For is how long each alert's condition must hold, by alert name.
	For map[string]model.Duration `yaml:"for"`
	// KeepFiringFor bridges gaps in the metrics under an alert that asks for
	// capacity; only with compat 2.42.
	KeepFiringFor model.Duration `yaml:"keep_firing_for"`

	Exporters  Exporters         `yaml:"exporters"`
	Labels     Labels            `yaml:"labels"`
	Metrics    Metrics           `yaml:"metrics"`
	Forecast   Forecast          `yaml:"forecast"`
	Severities Severities        `yaml:"severities"`
	Extra      map[string]string `yaml:"extra_labels"` // on every alert
	RunbookURL string            `yaml:"runbook_url"`  // of the page; the alert's anchor is appended
	// Asks maps an operator's own alerts to what they ask for.
	Asks map[string]Ask `yaml:"asks"`

	Operator     Operator     `yaml:"operator"`
	Alertmanager Alertmanager `yaml:"alertmanager"`
	Scrape       Scrape       `yaml:"scrape"`
}

// Trend draws a line through the load of the fleet, and of each server, and
// looks where it leads.
type Trend struct {
	// Window is what the line is drawn through: at least two evaluations; 0s: no
	// trend.
	Window model.Duration `yaml:"window"`
	// Ahead is how far the line is followed: what a start takes.
	Ahead model.Duration `yaml:"ahead"`
}

// Variant is where a server's exporters listen.
type Variant string

// The variants.
const (
	// VariantPorts: node exporter on :9100 and bbb-exporter on :9688, under /metrics.
	VariantPorts Variant = "ports"
	// VariantEBBBA: both on the web server's port, under /mon/node and /mon/bbb,
	// as the Ansible role ebbba sets them up.
	VariantEBBBA Variant = "ebbba"
)

// Matchers select series by the exact values of labels. A file's map replaces
// the default one.
type Matchers map[string]string

// UnmarshalYAML decodes a map of its own, so that no default matcher stays.
func (m *Matchers) UnmarshalYAML(node *yaml.Node) error {
	fresh := map[string]string{}
	if err := node.Decode(&fresh); err != nil {
		return err
	}
	*m = fresh
	return nil
}

// Exporters tells how the scraped series are found.
type Exporters struct {
	Variant    Variant  `yaml:"variant"`
	Node       Matchers `yaml:"node"`       // node exporter's series
	BBB        Matchers `yaml:"bbb"`        // bbb-exporter's series
	Scaler     Matchers `yaml:"scaler"`     // this daemon's series
	WithBBB    bool     `yaml:"with_bbb"`   // whether the servers have a bbb-exporter
	Recordings bool     `yaml:"recordings"` // whether it exports the recordings
}

// Labels are the names of labels of the scraped series.
type Labels struct {
	Instance string `yaml:"instance"`  // holds host:port
	ServerID string `yaml:"server_id"` // holds the IONOS id, where targets carry it
	// Fleet holds the fleet's name, where several fleets share one Prometheus;
	// "" when the series do not carry one.
	Fleet string `yaml:"fleet"`
}

// Metrics are the names of the scraped metrics.
type Metrics struct {
	CPUSeconds           string `yaml:"cpu_seconds"`           // node exporter's; label mode
	MemoryTotal          string `yaml:"memory_total"`          // node exporter's
	MemoryAvailable      string `yaml:"memory_available"`      // node exporter's
	Participants         string `yaml:"participants"`          // bbb-exporter's
	RecordingsQueued     string `yaml:"recordings_queued"`     // bbb-exporter's
	RecordingsProcessing string `yaml:"recordings_processing"` // bbb-exporter's
	APIUp                string `yaml:"api_up"`                // bbb-exporter's
}

// Forecast is how the rules look ahead of the load.
type Forecast struct {
	Enabled bool `yaml:"enabled"`
	// History lists the days to look at, "week" and "day" ago, best first.
	History []History `yaml:"history"`
	// Margin is looked ahead in addition to the time that a start takes.
	Margin model.Duration `yaml:"margin"`
	// Hold is how far ahead scale-in looks, so that no server is drained
	// shortly before it is needed again.
	Hold model.Duration `yaml:"hold"`
	// LevelWindow is the time over which today's load is compared with that
	// day's.
	LevelWindow model.Duration `yaml:"level_window"`
	// LevelPrior is the share of that day's load to come that is added to both
	// sides of that comparison: the more, the less a quiet hour says about the next.
	LevelPrior float64 `yaml:"level_prior"`
	// LevelMax bounds how much more than that day's load is forecast.
	LevelMax float64 `yaml:"level_max"`
}

// History is a day that resembles today.
type History string

// The histories.
const (
	HistoryWeek History = "week"
	HistoryDay  History = "day"
)

// Severities are the values of the label severity.
type Severities struct {
	Ask      string `yaml:"ask"`      // of alerts that the scaler answers
	Warning  string `yaml:"warning"`  // of alerts that can wait until the morning
	Critical string `yaml:"critical"` // of alerts that cannot
}

// Operator is what Kubernetes objects for the Prometheus operator carry.
type Operator struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace"`
	Labels    map[string]string `yaml:"labels"`  // by which Prometheus selects rules
	Service   map[string]string `yaml:"service"` // labels of the servers' Service
	Secret    string            `yaml:"secret"`  // with keys username and password
}

// Alertmanager is how notifications reach the daemon.
type Alertmanager struct {
	URL           string         `yaml:"url"` // the daemon's /webhook, as Alertmanager reaches it
	GroupWait     model.Duration `yaml:"group_wait"`
	GroupInterval model.Duration `yaml:"group_interval"`
	Username      string         `yaml:"username"` // "" for no authentication
	PasswordFile  string         `yaml:"password_file"`
}

// Scrape is how Prometheus reaches the exporters and the daemon.
type Scrape struct {
	HostsFile    string `yaml:"hosts_file"` // file_sd file with one host a target, without port
	Scheme       string `yaml:"scheme"`
	Username     string `yaml:"username"` // "" for no authentication
	PasswordFile string `yaml:"password_file"`
	CAFile       string `yaml:"ca_file"` // "" for the system's
	SkipVerify   bool   `yaml:"insecure_skip_verify"`
	Scaler       string `yaml:"scaler"` // host:port of this daemon
}

// Defaults returns the section that an empty file gives.
func Defaults() Config {
	return Config{
		Compat: "2.22", EvaluationInterval: seconds(30), ScrapeInterval: seconds(30), RateWindow: seconds(90),
		Hysteresis: 0.02, ScaleInBelow: 0.5, Trend: Trend{Window: minutes(3), Ahead: minutes(3)}, ScalerStale: minutes(3), ScalerHold: minutes(60), UnseenShare: 0.1,
		For: defaultFor(), KeepFiringFor: minutes(2),
		Exporters: Exporters{
			Variant: VariantPorts, WithBBB: true, Recordings: true,
			Node: Matchers{"job": "bbb-node"}, BBB: Matchers{"job": "bbb-exporter"}, Scaler: Matchers{"job": "bbb-scaler"},
		},
		Labels: Labels{Instance: LabelInstance, ServerID: LabelServerID},
		Metrics: Metrics{
			CPUSeconds: "node_cpu_seconds_total", MemoryTotal: "node_memory_MemTotal_bytes",
			MemoryAvailable: "node_memory_MemAvailable_bytes", Participants: "bbb_meetings_participants",
			RecordingsQueued: "bbb_recordings_unprocessed", RecordingsProcessing: "bbb_recordings_processing",
			APIUp: "bbb_api_up",
		},
		Forecast: Forecast{
			Enabled: true, History: []History{HistoryWeek, HistoryDay}, Margin: minutes(10), Hold: minutes(60),
			LevelWindow: minutes(60), LevelPrior: 0.1, LevelMax: 2,
		},
		Severities: Severities{Ask: "none", Warning: "warning", Critical: "critical"},
		RunbookURL: "https://github.com/bbb-scaler/bbb-scaler/blob/main/deploy/runbooks.md",
		Operator: Operator{
			Name: "bbb-scaler", Namespace: "monitoring", Secret: "bbb-scaler",
			Labels:  map[string]string{"prometheus": "k8s", "role": "alert-rules"},
			Service: map[string]string{"app": "bbb"},
		},
		Alertmanager: Alertmanager{
			URL: "http://bbb-scaler:9745/webhook", GroupWait: seconds(5), GroupInterval: minutes(1),
			PasswordFile: "/etc/alertmanager/bbb-scaler.password",
		},
		Scrape: Scrape{
			HostsFile: "/etc/prometheus/bbb-servers.yml", Scheme: "https", Username: "prometheus",
			PasswordFile: "/etc/prometheus/bbb-exporter.password", Scaler: "bbb-scaler:9745",
		},
	}
}

func seconds(n int) model.Duration { return model.Duration(time.Duration(n) * time.Second) }
func minutes(n int) model.Duration { return model.Duration(time.Duration(n) * time.Minute) }
