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

// Deps holds the interfaces and functions that a Scaler uses.
type Deps struct {
	Cloud    fleet.Cloud
	Balancer fleet.Balancer // nil with Config.NoBalancer
	Meetings fleet.Meetings
	Alerts   fleet.AlertSource // nil: alerts are only known from notifications
	// Calendars are those of Config.Capacity; nil: none is read.
	Calendars fleet.Calendars
	// Resolve looks up the addresses of a host, in DNS.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Store   fleet.Store
	// StoreTimeout is the longest time that one call of Store may take; 0: no limit. It
	// bounds how long a slow store delays a webhook, a page or a step.
	StoreTimeout time.Duration
	// Until returns when the right to change the fleet ends, by the clock Now: the end of
	// the lease, less a margin, if several daemons share the store. No step begins and no
	// write is in progress after it. nil: the right does not end.
	Until   func() time.Time
	Log     *slog.Logger          // nil: no logs
	Metrics prometheus.Registerer // nil: not registered
	// Now returns the time; nil is time.Now. Daemons that share a store must have one
	// clock in common, since each compares it with times that the others have stored.
	Now func() time.Time
	// Published, if not nil, is called in each cycle with the status that it published.
	Published func(fleet.Status)
	// InOrder makes all outside calls sequentially, and waits for each. It is for
	// simulations in virtual time, in which the same input must give the same steps.
	// In a daemon, one slow server would delay all others.
	InOrder bool
}

// Scaler keeps the alert table and scales the fleet to what the alerts ask for, in
// cycles. Its methods are safe for concurrent use.
type Scaler struct {
	deps    Deps
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{}

	clouds    *reader[[]fleet.CloudServer]
	balancer  *reader[[]fleet.BalancerServer]
	hosts     *reader[[]netip.Addr]
	probes    *reader[fleet.MeetingCount]
	requests  *reader[fleet.RequestStatus]
	alerts    *reader[[]fleet.Alert]
	contract  *reader[fleet.Contract]
	calendars *reader[fleet.Feed]

	writes sync.WaitGroup // writes in progress

	cycle    sync.Mutex             // held during a cycle; guards the fields up to mu
	resynced time.Time              // when the last applied list of alerts was requested
	dns      map[string]lookup      // by host
	tried    map[string]calendarTry // by name of the calendar
	joined   *fleet.Join            // of the last cycle
	spelled  []string               // hosts that alerts named and that are joined, see Join.Learned
	listed   map[string]listing     // servers listed within fleet.VanishedTrust, by id
	unread   map[string]time.Time   // source that cannot be read → since when

	mu sync.Mutex // guards everything below; held while the store is called
	// shown is held, in addition to mu, while the fields of the next block change. To read
	// them, one of the two is enough: the page does not wait for a store that is slow.
	shown   sync.RWMutex
	cfg     fleet.Config
	memory  fleet.Memory
	status  fleet.Status
	failing storeFailure // of the last commits

	servers  map[string]fleet.Server // of the last cycle, by id
	applying map[string]bool         // servers with a write in progress, by id
	complete int                     // number of cycles that read all sources
	refused  refusals
	refusing bool               // whether alerts of the last notification or list were refused
	expected forecasts          // of the present step of the remembered load
	told     map[string]telling // steps that were journaled as not taken, by server and kind
}

// New returns a Scaler with the contents of its store. It does nothing until Cycle or
// Run is called. It returns an error if the store cannot be read.
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
	ctx, done := d.storing()
	defer done()
	memory, err := d.Store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	s := &Scaler{
		deps: d, log: d.Log, metrics: newMetrics(d.Metrics), wake: make(chan struct{}, 1), cfg: cfg, memory: memory,
		servers: map[string]fleet.Server{}, listed: map[string]listing{}, dns: map[string]lookup{}, tried: map[string]calendarTry{}, applying: map[string]bool{},
		told: map[string]telling{}, unread: map[string]time.Time{},
	}
	s.open(cfg)
	return s, nil
}

// storing returns a context for one call of the store. It ends with no other context: if
// a commit were given up because a request or a cycle ends, nobody would know whether it
// was written.
func (d Deps) storing() (context.Context, context.CancelFunc) {
	if d.StoreTimeout == 0 {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), d.StoreTimeout)
}

// open creates the readers.
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
	s.calendars = newReader(n, limit, s.deps.Now, func(ctx context.Context, name string) (fleet.Feed, error) {
		return s.deps.Calendars.Read(ctx, name, s.config().Capacity.Zone(), s.deps.Now())
	})
}

// config returns the present configuration.
func (s *Scaler) config() fleet.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg
}

// Reload sets a new configuration, which applies from the next cycle on, and allows
// writes again that were stopped because credentials were refused. Concurrency and
// Deadlines.Read keep their old values until a restart. Reload returns an error, and
// changes nothing, if DryRun differs.
func (s *Scaler) Reload(cfg fleet.Config) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cfg.DryRun != s.cfg.DryRun {
		return errors.New("reloading: dry run cannot be switched while running: restart")
	}
	s.show(func() { s.cfg = cfg })
	s.refused = refusals{}
	s.poke()
	return nil
}

// Notify stores the alerts of a notification that concern the fleet, wakes Run if one
// of them asks for a step, and returns how many concern it. If the error matches fleet.ErrFull or fleet.ErrInvalid,
// some alerts were refused and the others were stored; sending the notification again
// does not help. After any other error nothing was stored, and the notification
// should be sent again.
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
	if slices.ContainsFunc(alerts, s.cfg.Wakes) {
		s.poke()
	}
	return concern, refused.Err()
}

// show changes fields that the page reads. The caller holds mu.
func (s *Scaler) show(change func()) {
	s.shown.Lock()
	defer s.shown.Unlock()
	change()
}

// commit applies a change to the store, then to memory, and logs its journal entries.
// The caller holds mu.
func (s *Scaler) commit(c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	ctx, done := s.deps.storing()
	defer done()
	err := s.deps.Store.Commit(ctx, c)
	s.noteStored(err)
	if err != nil {
		return err
	}
	s.show(func() { s.memory.Apply(c) })
	for _, e := range c.Entries {
		s.metrics.steps.WithLabelValues(string(e.Step.Kind), string(e.Outcome)).Inc()
		s.log.Info("step", "step", e.Step.Kind, "server", e.Step.Server, "outcome", e.Outcome, "reason", e.Step.Reason,
			"alerts", e.Step.Alerts, "detail", e.Detail, "request", e.Request, "dry_run", e.DryRun)
	}
	return nil
}

// Ready reports whether the last cycle had a result of every source that was at most
// Deadlines.Stale old, and whether that cycle itself is at most as old.
func (s *Scaler) Ready() bool {
	s.shown.RLock()
	defer s.shown.RUnlock()
	return s.ready(s.deps.Now())
}

// ready does the same as Ready for a caller that holds shown.
func (s *Scaler) ready(now time.Time) bool {
	return s.status.Ready && now.Sub(s.status.At) <= s.cfg.Deadlines.Stale
}

// Alerts returns the firing alerts, including suppressed ones, sorted with
// fleet.CompareAlerts.
func (s *Scaler) Alerts() []fleet.Alert {
	s.shown.RLock()
	defer s.shown.RUnlock()
	out := slices.Collect(maps.Values(s.memory.Alerts))
	out = slices.DeleteFunc(out, func(a fleet.Alert) bool { return a.Resolved })
	slices.SortFunc(out, fleet.CompareAlerts)
	return out
}

// Status returns the result of the last cycle, with the pauses in force now, and
// whether the store fails now.
func (s *Scaler) Status() fleet.Status {
	s.shown.RLock()
	defer s.shown.RUnlock()
	st, now := s.status, s.deps.Now()
	st.Pauses, st.Ready = s.pausesAt(now, &fleet.Commit{}), s.ready(now)
	st.Blocked = append(slices.Clip(st.Blocked), s.failing.hold()...)
	return st
}

// Journal returns up to limit journal entries, newest first. If server is not empty,
// only the entries of the server with this id or name are returned.
func (s *Scaler) Journal(limit int, server string) ([]fleet.Entry, error) {
	ctx, done := s.deps.storing()
	defer done()
	return s.deps.Store.Journal(ctx, limit, server)
}
