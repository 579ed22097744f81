package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/prometheus/client_golang/prometheus"
)

// Deps is what a Scaler acts through.
type Deps struct {
	Cloud    fleet.Cloud
	Balancer fleet.Balancer // nil with Config.NoBalancer
	Meetings fleet.Meetings
	Alerts   fleet.AlertSource // nil: alerts are known from notifications alone
	// Resolve looks up the addresses of a balancer server's host.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Store   fleet.Store
	Log     *slog.Logger          // nil: silent
	Metrics prometheus.Registerer // nil: not registered
	Now     func() time.Time      // nil: time.Now
	// InOrder makes every outside call one after the other, and waits for each:
	// for simulations in virtual time, where the same input must give the same
	// steps. In a daemon one slow server would delay all others.
	InOrder bool
}

// Scaler keeps the table of alerts and, cycle by cycle, brings the fleet to
// what they ask for. Its methods are safe for concurrent use.
type Scaler struct {
	deps    Deps
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{}

	clouds   *reader[[]fleet.CloudServer]
	balancer *reader[[]fleet.BalancerServer]
	hosts    *reader[[]netip.Addr]
	probes   *reader[fleet.MeetingCount]
	requests *reader[fleet.RequestStatus]
	alerts   *reader[[]fleet.Alert]
	contract *reader[fleet.Contract]

	writes sync.WaitGroup // writes under way

	cycle    sync.Mutex // one cycle at a time; guards the fields up to mu
	resynced time.Time  // when the list of alerts taken over last was asked for
	dns      map[string]lookup
	spelled  []string             // hosts that alerts named and that are joined, as they spell them
	listed   map[string]listing   // by id
	unread   map[string]time.Time // sources that cannot be read → since when

	mu       sync.Mutex // guards everything below
	cfg      fleet.Config
	memory   fleet.Memory
	status   fleet.Status
	servers  map[string]fleet.Server // of the last cycle, by id
	applying map[string]bool         // servers with a write under way
	complete int                     // cycles that read everything
	refused  refusals
	refusing bool               // the last alerts were not all taken
	told     map[string]telling // of steps that were not made, by server and kind
}

// New returns a Scaler that knows what its store remembers. It does nothing
// until Cycle or Run.
func New(cfg fleet.Config, d Deps) (*Scaler, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.DryRun {
		d.Cloud, d.Balancer = dryCloud{d.Cloud}, dryBalancer{d.Balancer}
	}
	memory, err := d.Store.Load()
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	s := &Scaler{
		deps: d, log: d.Log, metrics: newMetrics(d.Metrics), wake: make(chan struct{}, 1), cfg: cfg, memory: memory,
		servers: map[string]fleet.Server{}, listed: map[string]listing{}, dns: map[string]lookup{}, applying: map[string]bool{},
		told: map[string]telling{}, unread: map[string]time.Time{},
	}
	s.open(cfg)
	return s, nil
}

// open makes the readers of the outside.
func (s *Scaler) open(cfg fleet.Config) {
	n, limit := cfg.Fleet.Concurrency, cfg.Deadlines.Read
	if s.deps.InOrder {
		n = 0
	}
	s.clouds = newReader(n, limit, s.deps.Now, s.deps.Cloud.Servers)
	s.balancer = newReader(n, limit, s.deps.Now, func(ctx context.Context, _ string) ([]fleet.BalancerServer, error) {
		return s.deps.Balancer.Servers(ctx)
	})
	s.hosts = newReader(n, limit, s.deps.Now, s.deps.Resolve)
	s.probes = newReader(n, limit, s.deps.Now, s.probe)
	s.requests = newReader(n, limit, s.deps.Now, s.deps.Cloud.Request)
	s.alerts = newReader(n, limit, s.deps.Now, func(ctx context.Context, _ string) ([]fleet.Alert, error) {
		return s.deps.Alerts.Alerts(ctx)
	})
	s.contract = newReader(n, limit, s.deps.Now, func(ctx context.Context, _ string) (fleet.Contract, error) {
		return s.deps.Cloud.Contract(ctx)
	})
}

func (s *Scaler) config() fleet.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg
}

// Reload takes over a new configuration from the next cycle on, but for the
// concurrency, the dry run and the read deadline, which stay until a restart.
func (s *Scaler) Reload(cfg fleet.Config) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cfg.DryRun != s.cfg.DryRun {
		return errors.New("reloading: dry run cannot be switched while running: restart")
	}
	s.cfg = cfg
	s.refused = refusals{}
	s.poke()
	return nil
}

// Notify stores what a notification tells of the alerts that concern the fleet,
// wakes Run, and returns how many do. An error that matches fleet.ErrFull or
// fleet.ErrInvalid tells what was refused for good, while the rest was stored;
// at any other nothing was, and the notification should be sent again.
func (s *Scaler) Notify(alerts []fleet.Alert) (concern int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range alerts {
		if s.cfg.Concerns(a) {
			concern++
		}
	}
	if concern == 0 {
		return 0, nil
	}
	c, refused := s.memory.Alerts.Notify(s.cfg, s.memory.Fleet.Known, alerts)
	if err := s.commit(c); err != nil {
		return concern, fmt.Errorf("storing a notification of %d alerts: %w", len(alerts), err)
	}
	s.noteRefused(refused)
	s.poke()
	return concern, refused.Err()
}

// commit makes a change in the store, then in memory. The caller holds mu.
func (s *Scaler) commit(c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	if err := s.deps.Store.Commit(c); err != nil {
		return err
	}
	s.memory.Apply(c)
	for _, e := range c.Entries {
		s.metrics.steps.WithLabelValues(string(e.Step.Kind), string(e.Outcome)).Inc()
		s.log.Info("step", "step", e.Step.Kind, "server", e.Step.Server, "outcome", e.Outcome, "reason", e.Step.Reason,
			"alerts", e.Step.Alerts, "detail", e.Detail, "request", e.Request, "dry_run", e.DryRun)
	}
	return nil
}

// Ready reports whether the fleet was read completely within the last
// Deadlines.Stale, and cycles go on.
func (s *Scaler) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready(s.deps.Now())
}

func (s *Scaler) ready(now time.Time) bool {
	return s.status.Ready && now.Sub(s.status.At) <= s.cfg.Deadlines.Stale
}

// Alerts returns the alerts that fire, by name, suppressed ones included.
func (s *Scaler) Alerts() []fleet.Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Collect(maps.Values(s.memory.Alerts))
	out = slices.DeleteFunc(out, func(a fleet.Alert) bool { return a.Resolved })
	slices.SortFunc(out, fleet.CompareAlerts)
	return out
}

// Status returns what the last cycle saw and decided, with the present pauses.
func (s *Scaler) Status() fleet.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, now := s.status, s.deps.Now()
	st.Pauses, st.Ready = s.pausesAt(now, &fleet.Commit{}), s.ready(now)
	return st
}

// Journal returns the newest entries first; server keeps those of one server,
// by id or name.
func (s *Scaler) Journal(limit int, server string) ([]fleet.Entry, error) {
	return s.deps.Store.Journal(limit, server)
}
