package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// The recorded series that the page shows.
const (
	seriesLoad     = "fleet:bbb_cpu_busy_cores:avg"
	seriesForecast = "fleet:bbb_cpu_busy_cores:forecast"
	seriesCPU      = "instance:bbb_cpu_workload:ratio"
	seriesMemory   = "instance:bbb_memory_workload:ratio"
)

const (
	// measureEvery is the time between two reads of Prometheus for the page.
	measureEvery = 30 * time.Second
	// measuredFor is how long a result counts as the present.
	measuredFor = 3 * time.Minute
)

// measures keeps what Prometheus measures, for the page. The scaler decides nothing
// by it. Without prometheus.url nothing is known.
type measures struct {
	config func() *config.File
	log    *slog.Logger
	last   atomic.Pointer[measured]

	dialled config.Prometheus // the configuration of api
	api     promv1.API
	failing bool
}

// measured is the result of one read.
type measured struct {
	at     time.Time
	load   trend.Load
	cpu    map[string]float64 // by fleet.HostKey
	memory map[string]float64
}

func newMeasures(config func() *config.File, log *slog.Logger) *measures {
	return &measures{config: config, log: log}
}

// run reads until ctx is done.
func (m *measures) run(ctx context.Context) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		m.read(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// read reads once, and logs when reading begins to fail or no longer fails.
func (m *measures) read(ctx context.Context) {
	f := m.config()
	if f.Prometheus.URL == "" {
		return
	}
	now, err := m.ask(ctx, f)
	switch {
	case err == nil:
		m.last.Store(now)
	case !m.failing && ctx.Err() == nil:
		m.log.Warn("reading Prometheus for the page failed; the scaler does not need it", "error", err)
	}
	m.failing = err != nil
}

func (m *measures) ask(ctx context.Context, f *config.File) (*measured, error) {
	if m.api == nil || m.dialled != f.Prometheus {
		api, err := promapi.Dial(f.Prometheus)
		if err != nil {
			return nil, err
		}
		m.api, m.dialled = api, f.Prometheus
	}
	query := fmt.Sprintf(`{__name__=~"%s|%s|%s|%s",fleet=%q}`, seriesLoad, seriesForecast, seriesCPU, seriesMemory, f.Actions.Fleet.Name)
	at := time.Now()
	value, _, err := m.api.Query(ctx, query, at)
	if err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	samples, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("prometheus: the answer is a %s, not a vector", value.Type())
	}
	out := measuredOf(samples)
	out.at, out.load.Within = at, f.Actions.Capacity.StartTime+time.Duration(f.Rules.Forecast.Margin)
	return out, nil
}

// measuredOf sorts samples; the loads of all pools are added.
func measuredOf(samples model.Vector) *measured {
	out := &measured{load: trend.NoLoad(), cpu: map[string]float64{}, memory: map[string]float64{}}
	for _, s := range samples {
		x := float64(s.Value)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		host := fleet.HostKey(fleet.InstanceHost(string(s.Metric[model.InstanceLabel])))
		switch s.Metric[model.MetricNameLabel] {
		case seriesLoad:
			add(&out.load.Cores, x)
		case seriesForecast:
			add(&out.load.Forecast, x)
		case seriesCPU:
			out.cpu[host] = x
		case seriesMemory:
			out.memory[host] = x
		}
	}
	return out
}

// present returns the last result, or nil if it is too old.
func (m *measures) present() *measured {
	if last := m.last.Load(); last != nil && time.Since(last.at) < measuredFor {
		return last
	}
	return nil
}

// load returns the load of the fleet as Prometheus measures it, or else as its alerts
// tell it for the scaler's memory, and the forecast of either.
func (m *measures) load(st fleet.Status, alerts []fleet.Alert) trend.Load {
	l := trend.NoLoad()
	if now := m.present(); now != nil {
		l = now.load
	}
	c := m.config().Actions
	if math.IsNaN(l.Cores) {
		for _, a := range alerts {
			if x := a.Annotation(rules.AnnotationCores); c.Asks[a.Name].Ask == rules.AskRemember && x >= 0 {
				add(&l.Cores, x)
			}
		}
	}
	if math.IsNaN(l.Forecast) {
		l.Within = c.Forecast.Ahead
		for _, f := range st.Forecasts {
			if f.Cores != nil {
				add(&l.Forecast, f.Cores.Soon)
			}
		}
	}
	return l
}

// add adds x to a number that may not be known yet.
func add(to *float64, x float64) {
	if math.IsNaN(*to) {
		*to = 0
	}
	*to += x
}

// workload returns the CPU and memory workload of a server, NaN where it is not known.
func (m *measures) workload(s fleet.ServerStatus) (cpu, memory float64) {
	cpu, memory = math.NaN(), math.NaN()
	now := m.present()
	if now == nil {
		return cpu, memory
	}
	for _, alias := range append([]string{s.Host}, s.Aliases...) {
		key := fleet.HostKey(alias)
		if x, known := now.cpu[key]; known {
			cpu = x
		}
		if x, known := now.memory[key]; known {
			memory = x
		}
	}
	return cpu, memory
}
