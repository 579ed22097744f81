// Package exportertest serves the metrics of the servers of a sim.World in the format of
// the node exporter and the BigBlueButton exporter.
package exportertest

import (
	"crypto/subtle"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// Config sets what is served, and the credentials that clients must send.
type Config struct {
	World *sim.World
	// Identify returns the server that a request is for; default simhttp.ByLocalAddr.
	Identify simhttp.Identify
	// User and Password are the credentials that clients must send. If User is empty,
	// all clients are accepted.
	User     string
	Password fleet.Secret
}

// Node returns the node exporters of all servers as one handler, to be mounted
// at the root of a listener. It serves the metrics on every path. For a server
// that is off it closes the connection; counters start at 0 when it boots.
func Node(cfg Config) http.Handler { return serve(cfg, node, true) }

// BBB returns the BigBlueButton exporters of all servers as one handler, in the
// same way. While BigBlueButton does not answer, bbb_api_up is 0 and the metrics of
// meetings are absent.
func BBB(cfg Config) http.Handler { return serve(cfg, bbb, false) }

// serve returns a handler that serves the metrics of collect.
func serve(cfg Config, collect func(sim.Reading, chan<- prometheus.Metric), isNode bool) http.Handler {
	if cfg.Identify == nil {
		cfg.Identify = simhttp.ByLocalAddr
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s, err := cfg.World.Server(cfg.Identify(r))
		switch {
		case err != nil || !s.NodeUp:
			simhttp.HangUp(rw)
		case isNode && s.Unauthorized || !cfg.knows(r):
			rw.Header().Set("WWW-Authenticate", "Basic")
			http.Error(rw, "Unauthorized", http.StatusUnauthorized)
		default:
			registry := prometheus.NewRegistry()
			registry.MustRegister(collector(func(ch chan<- prometheus.Metric) { collect(s, ch) }))
			promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(rw, r)
		}
	})
}

// knows reports whether the request has valid credentials.
func (c Config) knows(r *http.Request) bool {
	if c.User == "" {
		return true
	}
	user, password, ok := r.BasicAuth()
	return ok && user == c.User && subtle.ConstantTimeCompare([]byte(password), []byte(c.Password.Reveal())) == 1
}

// collector is the prometheus.Collector of one scrape.
type collector func(chan<- prometheus.Metric)

// Describe implements prometheus.Collector. It sends nothing, because the set of metrics
// depends on the server's state.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) { c(ch) }

// The metrics of the node exporter from which workloads are computed.
var (
	cpuSeconds = prometheus.NewDesc("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", []string{"cpu", "mode"}, nil)
	memTotal   = prometheus.NewDesc("node_memory_MemTotal_bytes", "Memory information field MemTotal_bytes.", nil, nil)
	memAvail   = prometheus.NewDesc("node_memory_MemAvailable_bytes", "Memory information field MemAvailable_bytes.", nil, nil)
	bootTime   = prometheus.NewDesc("node_boot_time_seconds", "Node boot time, in unixtime.", nil, nil)
)

// node sends the metrics of the node exporter of a server.
func node(s sim.Reading, ch chan<- prometheus.Metric) {
	for core, idle := range s.CPUIdle {
		cpu, busy := strconv.Itoa(core), s.CPUBusy[core]
		for mode, v := range map[string]float64{"idle": idle, "user": 0.75 * busy, "system": 0.25 * busy, "iowait": 0} {
			ch <- prometheus.MustNewConstMetric(cpuSeconds, prometheus.CounterValue, v, cpu, mode)
		}
	}
	gauge(ch, memTotal, s.MemoryTotal)
	gauge(ch, memAvail, s.MemoryAvailable)
	gauge(ch, bootTime, float64(s.BootedAt.Unix()))
}

// The metrics of the BigBlueButton exporter.
var (
	apiUp        = prometheus.NewDesc("bbb_api_up", "1 if BigBlueButton API is responding, 0 otherwise.", nil, nil)
	meetings     = prometheus.NewDesc("bbb_meetings", "Number of meetings.", nil, nil)
	participants = prometheus.NewDesc("bbb_meetings_participants", "Total number of participants in all meetings.", nil, nil)
	videos       = prometheus.NewDesc("bbb_meetings_video_participants", "Total number of video participants in all meetings.", nil, nil)
	processing   = prometheus.NewDesc("bbb_recordings_processing", "Total number of recordings processing.", nil, nil)
	unprocessed  = prometheus.NewDesc("bbb_recordings_unprocessed", "Total number of recordings enqueued to be processed.", nil, nil)
)

// bbb sends the metrics of the BigBlueButton exporter of a server.
func bbb(s sim.Reading, ch chan<- prometheus.Metric) {
	up := 0.0
	if s.BBBUp {
		up = 1
		gauge(ch, meetings, float64(s.Meetings))
		gauge(ch, participants, float64(s.Participants))
		gauge(ch, videos, float64(s.Webcams))
	}
	gauge(ch, apiUp, up)
	gauge(ch, processing, float64(min(1, s.Recordings)))
	gauge(ch, unprocessed, float64(s.Recordings))
}

// gauge sends one gauge.
func gauge(ch chan<- prometheus.Metric, desc *prometheus.Desc, v float64) {
	ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v)
}
