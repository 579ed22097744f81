package week

import (
	"context"
	"iter"
	"maps"
	"slices"
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

// Ours is bbb-scaler itself, with everything that produces its notifications:
// the generated rules, evaluated by Prometheus's engine, Alertmanager's grouping
// and repetition, and the daemon's cycles.
type Ours struct {
	Title string
	File  config.File
	// Override, when set, replaces dependencies of the scaler: a test breaks one
	// and expects the figures to show it.
	Override func(*actions.Deps)
	// Retention is that of Prometheus; 0 keeps what the rules read.
	Retention time.Duration
	// NewStore is set for a scaler that does not remember the load of the weeks before.
	NewStore bool
}

// Name returns Title.
func (o Ours) Name() string { return o.Title }

// Prepare starts with as many servers of each pool as its floor at the start, at the
// default size; the others are off.
func (o Ours) Prepare(cfg *sim.Config) {
	atFloor(cfg, o.File.Actions.Capacity)
	cfg.Size = o.File.Actions.Sizes.Default
}

// Begin builds the scaler and what produces its notifications.
func (o Ours) Begin(w *sim.World, setup Setup) (Run, error) {
	r := &scalerRun{w: w, cfg: o.File.Actions}
	r.cfg.Fleet.Datacenters, r.cfg.Fleet.NamePattern, r.cfg.NoBalancer = w.Datacenters(), fleet.NamePattern{}, false
	r.cfg.Asks = o.File.Rules.Meanings()
	ruleText, err := o.File.Generated(generate.FormatRules)
	if err != nil {
		return nil, err
	}
	routes, err := o.File.Generated(generate.FormatAlertmanager)
	if err != nil {
		return nil, err
	}
	r.evalEvery, r.scrapeEvery = time.Duration(o.File.Rules.EvaluationInterval), time.Duration(o.File.Rules.ScrapeInterval)
	r.rules, err = virtual.NewRules(string(ruleText), virtual.Options{
		Interval: r.evalEvery, Retention: o.Retention,
		Annotations: []string{rules.AnnotationValue, rules.AnnotationCores, rules.AnnotationRAM, rules.AnnotationIdle},
		Alerts:      func(name string) bool { return r.cfg.Asks[name].Ask != "" }, // without alerts for people
	})
	if err != nil {
		return nil, err
	}
	if r.dispatcher, err = virtual.NewDispatcher(string(routes)); err != nil {
		return nil, err
	}
	kept, err := o.remembered(w, setup, r.rules.Samples)
	if err != nil {
		return nil, err
	}
	r.scraper = newScraper(r.rules.Samples, o.File.Rules)
	deps := actions.Deps{
		Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve,
		Alerts: r, Store: kept, Now: w.Now, InOrder: true,
	}
	if o.Override != nil {
		o.Override(&deps)
	}
	if r.scaler, err = actions.New(r.cfg, deps); err != nil {
		return nil, err
	}
	r.scraper.daemon.page = r.scaler
	r.pace.Cycled(w.Now(), 0)
	r.nextScrape = w.Now().Add(r.scrapeEvery / 2) // half an interval after an evaluation
	r.nextEval = w.Now().Add(r.evalEvery)
	return r, nil
}

// remembered returns the daemon's store with the load before the week, unless it is a new
// store, and adds the same load to Prometheus's samples.
func (o Ours) remembered(w *sim.World, setup Setup, samples *virtual.Samples) (fleet.Store, error) {
	memory := fleet.NewMemory()
	for tag, past := range setup.History {
		for at, l := range loadBefore(tag, past, w.Load(), o.File.Actions, serversOf(setup.World, tag)) {
			recordLoad(samples, o.File.Actions.Fleet.Name, tag, at, l)
			if !o.NewStore {
				memory.Apply(memory.Load.Raise(tag, at, l))
			}
		}
	}
	kept := store.NewMemory()
	return kept, kept.Commit(context.Background(), fleet.Commit{Load: slices.Collect(maps.Values(memory.Load))})
}

// loadBefore returns the load of one pool in the weeks before: the load of past, on the
// number of servers that carry it at the target workload of scaling.
func loadBefore(tag string, past Demand, m sim.LoadModel, c fleet.Config, servers int) iter.Seq2[time.Time, fleet.Load] {
	size := c.Sizes.Together()
	target := targetOf(m, c)
	idleCores, _ := m.Idle(size)
	return func(yield func(time.Time, fleet.Load) bool) {
		for i := range past.Crowds {
			at, l := past.At(i), past.load(i, m)
			n := float64(max(c.Capacity.FloorAt(tag, at, servers), target.servers(l, size)))
			if !yield(at, fleet.Load{Cores: l.cores + n*idleCores, RAM: l.ram}) {
				return
			}
		}
	}
}

// recordLoad writes a load of one pool as Prometheus would have recorded it.
func recordLoad(samples *virtual.Samples, name, tag string, at time.Time, l fleet.Load) {
	of := func(record string) *virtual.Series {
		b := labels.NewBuilder(labels.FromStrings(model.MetricNameLabel, record, rules.LabelFleet, name))
		return samples.Series(b.Set(rules.LabelPool, tag).Labels()) // no label for ""
	}
	_ = of(generate.RecordCPULoad).Append(at.UnixMilli(), l.Cores) // in order
	_ = of(generate.RecordMemoryLoad).Append(at.UnixMilli(), l.RAM*(1<<20))
}
