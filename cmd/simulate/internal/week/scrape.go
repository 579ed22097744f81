package week

import (
	"maps"
	"math"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// scraper writes the samples that Prometheus would scrape from the exporters of the
// simulated servers and from the daemon.
type scraper struct {
	samples *virtual.Samples
	cfg     generate.Config
	nodes   map[string]*target // node exporters, by server name
	bbbs    map[string]*target // bbb-exporters, by server name
	daemon  daemonTarget
	servers []sim.Reading // reused
}

// target is a scraped endpoint with its series, by key.
type target struct {
	labels map[string]string
	series map[string]*virtual.Series
	up     *virtual.Series
	alive  bool
}

func newScraper(samples *virtual.Samples, cfg generate.Config) *scraper {
	return &scraper{
		samples: samples, cfg: cfg, nodes: map[string]*target{}, bbbs: map[string]*target{},
		daemon: daemonTarget{target: newTarget(samples, cfg, cfg.Exporters.Scaler, "bbb-scaler:9745"), samples: samples},
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

// gone ends all series of a target that no longer answers.
func (t *target) gone(at int64) {
	if t.alive {
		t.alive = false
		t.end(at)
	}
}

// end marks the series without a sample at the time as stale, as Prometheus does
// with those that a scrape no longer finds.
func (t *target) end(at int64) {
	for key, s := range t.series {
		if s.Last() < at {
			_ = s.Append(at, math.Float64frombits(value.StaleNaN)) // nothing is newer than now
			delete(t.series, key)
		}
	}
}

// put writes one sample; key is unique for the series within its target.
func (s *scraper) put(t *target, at int64, v float64, key, metric string, more ...string) {
	series, ok := t.series[key]
	if !ok {
		series = t.open(s.samples, metric, more...)
		t.series[key] = series
	}
	_ = series.Append(at, v)
}

// scrape scrapes every server.
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
		s.put(t, at, seconds, "idle "+coreKey(core), m.CPUSeconds, "mode", "idle", "cpu", coreKey(core))
		s.put(t, at, r.CPUBusy[core], coreKey(core), m.CPUSeconds, "mode", "user", "cpu", coreKey(core))
	}
}

// coreKey returns the name of a core. All of its busy time is written in one mode,
// because the rules add the modes up.
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
