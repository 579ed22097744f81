package generate

import (
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Config is the section rules of the configuration file: the names of metrics
// and labels in the fleet's Prometheus, and the durations and margins of the
// rules. Durations have Prometheus's format (30s, 5m, 1h30m); workloads are ratios
// from 0 to 1.
type Config struct {
	// Compat is the oldest version of Prometheus that must load the rules, "2.22" or
	// "2.42". With "2.42" the rules use keep_firing_for.
	Compat string `yaml:"compat"`
	// EvaluationInterval is the time between two evaluations of the rules.
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	// ScrapeInterval is the time between two scrapes of every exporter.
	ScrapeInterval model.Duration `yaml:"scrape_interval"`
	// RateWindow is the time over which the CPU workload is averaged: at least two
	// scrape intervals.
	RateWindow model.Duration `yaml:"rate_window"`
	// Hysteresis is how far, as a ratio, a workload must return from its threshold
	// before the alert resolves.
	Hysteresis float64 `yaml:"hysteresis"`
	// ScaleInBelow is the position in the band, from 0 at min to 1 at max, below
	// which both of the fleet's workloads must be before servers are drained.
	ScaleInBelow float64 `yaml:"scale_in_below"`
	// ScaleInStabilization is the time over which the maximum load counts for scale-in
	// while there is no forecast.
	ScaleInStabilization model.Duration `yaml:"scale_in_stabilization"`
	// Trend configures the extrapolation of the load.
	Trend Trend `yaml:"trend"`
	// ScalerStale is the age of the scaler's last complete read of the fleet at
	// which its metrics no longer determine which servers are in service.
	ScalerStale model.Duration `yaml:"scaler_stale"`
	// ScalerHold is how long the last known states of the servers are used while
	// the scaler's metrics are missing or stale. After that, every server with
	// metrics counts as active.
	ScalerHold model.Duration `yaml:"scaler_hold"`
	// UnseenShare is the share of active servers without metrics at which
	// BBBFleetUnseen fires.
	UnseenShare float64 `yaml:"unseen_share"`
	// For is how long each alert's condition must hold, by alert name.
	For map[string]model.Duration `yaml:"for"`
	// KeepFiringFor is how long alerts that ask for capacity keep firing through a
	// gap in the metrics; only with compat 2.42.
	KeepFiringFor model.Duration `yaml:"keep_firing_for"`

	Exporters  Exporters         `yaml:"exporters"`
	Labels     Labels            `yaml:"labels"`
	Metrics    Metrics           `yaml:"metrics"`
	Forecast   Forecast          `yaml:"forecast"`
	Severities Severities        `yaml:"severities"`
	Extra      map[string]string `yaml:"extra_labels"` // labels to add to every alert
	RunbookURL string            `yaml:"runbook_url"`  // address of the runbook page; the alert's anchor is appended
	// Asks maps the names of an operator's own alerts to what they ask for.
	Asks map[string]rules.Ask `yaml:"asks"`

	Operator     Operator     `yaml:"operator"`
	Alertmanager Alertmanager `yaml:"alertmanager"`
	Scrape       Scrape       `yaml:"scrape"`
}

// Trend is the linear extrapolation of the load of the fleet and of each server
// (predict_linear).
type Trend struct {
	// Window is the time whose samples are extrapolated: at least two evaluations.
	// 0s switches the trend off.
	Window model.Duration `yaml:"window"`
	// Ahead is how far the load is extrapolated: the time that a start takes.
	Ahead model.Duration `yaml:"ahead"`
}

// Variant is the port and path at which a server's exporters listen.
type Variant string

// The variants.
const (
	// VariantPorts: node exporter and bbb-exporter on ports of their own, under /metrics.
	VariantPorts Variant = "ports"
	// VariantEBBBA: both on the web server's port, under /mon/node and /mon/bbb,
	// as the Ansible role ebbba sets them up.
	VariantEBBBA Variant = "ebbba"
)

// Matchers select series by the exact values of labels. A map in the file
// replaces the default map.
type Matchers map[string]string

// UnmarshalYAML decodes into a new map, so that no default matcher remains.
func (m *Matchers) UnmarshalYAML(node *yaml.Node) error {
	fresh := map[string]string{}
	if err := node.Decode(&fresh); err != nil {
		return err
	}
	*m = fresh
	return nil
}

// Exporters configures which exporters there are and how their series are
// selected.
type Exporters struct {
	Variant    Variant  `yaml:"variant"`
	Ports      Ports    `yaml:"ports"`      // with VariantPorts
	Node       Matchers `yaml:"node"`       // node exporter's series
	BBB        Matchers `yaml:"bbb"`        // bbb-exporter's series
	Scaler     Matchers `yaml:"scaler"`     // this daemon's series
	WithBBB    bool     `yaml:"with_bbb"`   // whether the servers have a bbb-exporter
	Recordings bool     `yaml:"recordings"` // whether it exports the recordings
}

// Ports are the ports of the exporters.
type Ports struct {
	Node int `yaml:"node"`
	BBB  int `yaml:"bbb"`
}

// Labels are the names of labels of the scraped series.
type Labels struct {
	Instance string `yaml:"instance"`  // holds host:port
	ServerID string `yaml:"server_id"` // holds the IONOS id, where targets carry it
	// Fleet holds the fleet's name, where all series have such a label. For "" the rules
	// use the label fleet, and take series without it for their own.
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

// Forecast configures how the rules predict the load from earlier days.
type Forecast struct {
	Enabled bool `yaml:"enabled"`
	// History lists the earlier days to predict from, "week" and "day" ago. The
	// first one that has samples is used.
	History []History `yaml:"history"`
	// Margin is added to the time that a start takes; the sum is the horizon of
	// scale-out.
	Margin model.Duration `yaml:"margin"`
	// Hold is the horizon of scale-in, so that no server is drained shortly before
	// it is needed again.
	Hold model.Duration `yaml:"hold"`
	// LevelWindow is the time over which today's average load is divided by that
	// of the earlier day. The ratio is the level, which scales the forecast.
	LevelWindow model.Duration `yaml:"level_window"`
	// LevelPrior is the share of the earlier day's load in the horizon that is
	// added to both averages. The larger it is, the less a quiet hour changes the
	// forecast.
	LevelPrior float64 `yaml:"level_prior"`
	// LevelMax is the upper limit of the level.
	LevelMax float64 `yaml:"level_max"`
}

// History names an earlier day from whose load today's load is predicted.
type History string

// The histories.
const (
	HistoryWeek History = "week"
	HistoryDay  History = "day"
)

// Severities are the values of the label severity.
type Severities struct {
	Ask      string `yaml:"ask"`      // for alerts that ask the scaler for something
	Warning  string `yaml:"warning"`  // for alerts to people that can wait until the morning
	Critical string `yaml:"critical"` // for alerts to people that cannot wait
}

// Operator is the metadata of Kubernetes objects for the Prometheus operator.
type Operator struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace"`
	Labels    map[string]string `yaml:"labels"`  // labels by which Prometheus selects rules
	Service   map[string]string `yaml:"service"` // labels of the servers' Service
	Secret    string            `yaml:"secret"`  // Secret with the keys username and password
}

// Alertmanager configures how Alertmanager sends notifications to the daemon.
// Prometheus scrapes the daemon with the same scheme and user.
type Alertmanager struct {
	URL           string         `yaml:"url"` // address of the daemon's webhook, as seen from Alertmanager
	GroupWait     model.Duration `yaml:"group_wait"`
	GroupInterval model.Duration `yaml:"group_interval"`
	Username      string         `yaml:"username"` // "" for no authentication
	PasswordFile  string         `yaml:"password_file"`
	CAFile        string         `yaml:"ca_file"` // "" for the system's
}

// Targets is where the generated scrape jobs take the servers from.
type Targets string

// The values of Targets.
const (
	TargetsFile Targets = "file" // Scrape.HostsFile
	TargetsHTTP Targets = "http" // the daemon's HTTP service discovery
)

// Scrape configures how Prometheus scrapes the exporters and the daemon.
type Scrape struct {
	Targets      Targets `yaml:"targets"`
	HostsFile    string  `yaml:"hosts_file"` // file in the format of file_sd; each target is a host without a port
	Scheme       string  `yaml:"scheme"`
	Username     string  `yaml:"username"` // "" for no authentication
	PasswordFile string  `yaml:"password_file"`
	CAFile       string  `yaml:"ca_file"` // "" for the system's
	SkipVerify   bool    `yaml:"insecure_skip_verify"`
	Scaler       string  `yaml:"scaler"` // host:port of this daemon
	// ScalerPasswordFile holds the password of Alertmanager.Username, on
	// Prometheus's host.
	ScalerPasswordFile string `yaml:"scaler_password_file"`
}
