package week

import (
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// Ours is the scaler itself, with all that stands before it: the generated
// rules, evaluated by Prometheus's engine, Alertmanager's grouping and
// repeating, and the daemon's looks at the fleet.
type Ours struct {
	Title string
	File  config.File
	// Meddle, when set, changes what the scaler acts through: to see that the
	// figures show it when something of it is broken.
	Meddle func(*actions.Deps)
}

// Name is its title in tables.
func (o Ours) Name() string { return o.Title }

// Prepare starts with the floor of the first minute, the rest being off.
func (o Ours) Prepare(cfg *sim.Config) {
	cfg.Running = min(cfg.Servers, max(1, o.File.Actions.Capacity.FloorAt(cfg.Start, cfg.Servers)))
	cfg.Size = o.File.Actions.Sizes.Default
}

// Begin builds everything that runs beside the world.
func (o Ours) Begin(w *sim.World, setup Setup) (Run, error) {
	l := &looks{w: w, cfg: o.File.Actions}
	l.cfg.Fleet.Datacenters, l.cfg.Fleet.NamePattern, l.cfg.NoBalancer = w.Datacenters(), fleet.NamePattern{}, false
	l.cfg.Asks = o.File.Rules.Meanings()
	ruleText, err := o.File.Generated(generate.FormatRules)
	if err != nil {
		return nil, err
	}
	routes, err := o.File.Generated(generate.FormatAlertmanager)
	if err != nil {
		return nil, err
	}
	l.evalEvery, l.scrapeEvery = time.Duration(o.File.Rules.EvaluationInterval), time.Duration(o.File.Rules.ScrapeInterval)
	l.rules, err = virtual.NewRules(string(ruleText), virtual.Options{
		Interval:    l.evalEvery,
		Annotations: []string{rules.AnnotationValue, rules.AnnotationCores, rules.AnnotationRAM},
		Alerts:      func(name string) bool { return l.cfg.Asks[name].Ask != "" }, // not those for people
	})
	if err != nil {
		return nil, err
	}
	if l.dispatcher, err = virtual.NewDispatcher(string(routes)); err != nil {
		return nil, err
	}
	remember(l.rules.Samples, setup.History, o.File.Actions, setup.World.Servers)
	l.scraper = newScraper(l.rules.Samples, o.File.Rules)
	deps := actions.Deps{
		Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve,
		Alerts: l, Store: store.NewMemory(), Now: w.Now, InOrder: true,
	}
	if o.Meddle != nil {
		o.Meddle(&deps)
	}
	l.scaler, err = actions.New(l.cfg, deps)
	l.pace.Cycled(w.Now(), 0)
	l.nextScrape = w.Now().Add(l.scrapeEvery / 2) // between two evaluations, as likely as not
	l.nextEval = w.Now().Add(l.evalEvery)
	return l, err
}

// Recorded series that the forecast looks back at.
const (
	cpuLoad    = "fleet:bbb_cpu_busy_cores:avg"
	memoryLoad = "fleet:bbb_memory_used_bytes:sum"
)

// remember writes what Prometheus would hold of the weeks before: the load of
// that time's lessons on as many servers as carry it at the target.
func remember(samples *virtual.Samples, past Demand, c fleet.Config, servers int) {
	m, free := sim.DefaultLoad(), 1-c.Capacity.Headroom
	size := c.Sizes.Together()
	target := Yard{m, sim.Workload{CPU: free * c.Thresholds.CPU.Max, Memory: free * c.Thresholds.Memory.Max}}
	cpu := samples.Series(labels.FromStrings(model.MetricNameLabel, cpuLoad, rules.LabelFleet, c.Fleet.Name))
	memory := samples.Series(labels.FromStrings(model.MetricNameLabel, memoryLoad, rules.LabelFleet, c.Fleet.Name))
	for i := range past.People {
		at, l := past.At(i), past.load(i, m)
		n := float64(max(c.Capacity.FloorAt(at, servers), target.servers(l, size)))
		_ = cpu.Append(at.UnixMilli(), l.cores+n*m.BaseCores) // in order
		_ = memory.Append(at.UnixMilli(), (l.ram+n*m.BaseRAM)*(1<<20))
	}
}
