package week

import (
	"maps"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// scraper writes what Prometheus would find at the exporters of a world's
// servers and at the daemon.
type scraper struct {
	samples *virtual.Samples
	cfg     generate.Config
	nodes   map[string]*target // by server name
	bbbs    map[string]*target
	scaler  *target
	states  map[string]*virtual.Series // of the daemon's servers, by id
	said    map[string]fleet.State
	servers []sim.Reading // reused
}

// target is a scraped endpoint: its series by what sets them apart.
type target struct {
	labels map[string]string
	series map[string]*virtual.Series
	up     *virtual.Series
	alive  bool
}

func newScraper(samples *virtual.Samples, cfg generate.Config) *scraper {
	return &scraper{
		samples: samples, cfg: cfg, nodes: map[string]*target{}, bbbs: map[string]*target{},
		scaler: newTarget(samples, cfg, cfg.Exporters.Scaler, "bbb-scaler:9745"),
		states: map[string]*virtual.Series{}, said: map[string]fleet.State{},
	}
}

func newTarget(samples *virtual.Samples, cfg generate.Config, job generate.Matchers, instance string) *target {
	t := &target{labels: map[string]string{cfg.Labels.Instance: instance}, series: map[string]*virtual.Series{}}
	maps.Copy(t.labels, job)
	t.up = t.open(samples, "up")
	return t
}

// open returns a series of the target; more holds pairs of label and value.
func (t *target) open(samples *virtual.Samples, metric string, more ...string) *virtual.Series {
	b := labels.NewBuilder(labels.FromMap(t.labels))
	b.Set(model.MetricNameLabel, metric)
	for i := 0; i < len(more); i += 2 {
		b.Set(more[i], more[i+1])
	}
	return samples.Series(b.Labels())
}

// gone marks all series of a target that no longer answers as over, as
// Prometheus does.
func (t *target) gone(at int64) {
	if !t.alive {
		return
	}
	t.alive = false
	for key, s := range t.series {
		_ = s.Append(at, math.Float64frombits(value.StaleNaN)) // nothing is older than now
		delete(t.series, key)
	}
}

// put writes one sample; key sets the series apart within its target.
func (s *scraper) put(t *target, at int64, v float64, key, metric string, more ...string) {
	series, ok := t.series[key]
	if !ok {
		series = t.open(s.samples, metric, more...)
		t.series[key] = series
	}
	_ = series.Append(at, v)
}

// servers scrapes every server.
func (s *scraper) scrape(w *sim.World) {
	s.servers = w.AppendServers(s.servers)
	at := w.Now().UnixMilli()
	for i := range s.servers {
		s.node(&s.servers[i], at)
		if s.cfg.Exporters.WithBBB {
			s.bbb(&s.servers[i], at)
		}
	}
}

func (s *scraper) node(r *sim.Reading, at int64) {
	t := s.nodes[r.Name]
	if t == nil {
		t = newTarget(s.samples, s.cfg, s.cfg.Exporters.Node, r.Addr.String()+":9100")
		s.nodes[r.Name] = t
	}
	if !r.NodeUp || r.Unauthorized {
		_ = t.up.Append(at, 0)
		t.gone(at)
		return
	}
	t.alive = true
	_ = t.up.Append(at, 1)
	m := s.cfg.Metrics
	s.put(t, at, r.MemoryTotal, "total", m.MemoryTotal)
	s.put(t, at, r.MemoryAvailable, "available", m.MemoryAvailable)
	for core, seconds := range r.CPUIdle {
		s.put(t, at, seconds, coreKey(core), m.CPUSeconds, "mode", "idle", "cpu", coreKey(core))
	}
}

// coreKey names a core; the rules look at idle time alone, so that the other
// modes are not written.
func coreKey(core int) string { return strconv.Itoa(core) }

func (s *scraper) bbb(r *sim.Reading, at int64) {
	t := s.bbbs[r.Name]
	if t == nil {
		t = newTarget(s.samples, s.cfg, s.cfg.Exporters.BBB, r.Addr.String()+":9688")
		s.bbbs[r.Name] = t
	}
	if !r.NodeUp { // the exporter runs beside the node exporter, whatever BigBlueButton does
		_ = t.up.Append(at, 0)
		t.gone(at)
		return
	}
	t.alive = true
	_ = t.up.Append(at, 1)
	m := s.cfg.Metrics
	answers := 0.0
	if r.BBBUp {
		answers = 1
		s.put(t, at, float64(r.Participants), "participants", m.Participants)
		if s.cfg.Exporters.Recordings {
			s.put(t, at, float64(r.Recordings), "queued", m.RecordingsQueued)
			s.put(t, at, 0, "processing", m.RecordingsProcessing)
		}
	}
	s.put(t, at, answers, "api", m.APIUp)
}

// daemon scrapes the scaler's own metrics: those of its states, its floor and
// its last read, which the rules for the scaler itself go by.
func (s *scraper) daemon(status fleet.Status, now time.Time) {
	at := now.UnixMilli()
	_ = s.scaler.up.Append(at, 1)
	for i := range status.Servers {
		s.state(&status.Servers[i], at)
	}
	s.put(s.scaler, at, float64(status.Floor), "floor", rules.MetricFloor)
	s.put(s.scaler, at, float64(status.Ceiling), "ceiling", rules.MetricCeiling)
	if status.Ready {
		s.put(s.scaler, at, float64(status.At.UnixMilli())/1000, "read", rules.MetricFleetRead)
	}
}

func (s *scraper) state(v *fleet.ServerStatus, at int64) {
	if s.said[v.ID] != v.State || s.states[v.ID] == nil {
		_ = s.states[v.ID].Append(at, math.Float64frombits(value.StaleNaN))
		s.states[v.ID] = s.scaler.open(s.samples, rules.MetricServerState,
			"server", v.Name, "server_id", v.ID, "host", v.Host, "state", string(v.State))
		s.said[v.ID] = v.State
	}
	_ = s.states[v.ID].Append(at, 1)
}
