package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Deps is what a Scaler acts through.
type Deps struct {
	Cloud    Cloud
	Balancer Balancer // nil with Config.NoBalancer
	Meetings Meetings
	Alerts   AlertSource // nil: alerts are known from notifications alone
	// Resolve looks up the addresses of a balancer server's host.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Store   Store
	Log     *slog.Logger          // nil: silent
	Metrics prometheus.Registerer // nil: not registered
	Now     func() time.Time      // nil: time.Now
}

// AlertSource reads Alertmanager's own list of alerts.
type AlertSource interface {
	// Alerts returns every alert, suppressed ones marked. Without an error the
	// list is complete enough to drop what it lacks.
	Alerts(ctx context.Context) ([]Alert, error)
}

// Scaler keeps the table of alerts and, cycle by cycle, brings the fleet to
// what they ask for. Its methods are safe for concurrent use.
type Scaler struct {
	deps    Deps
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{}

	clouds   *reader[[]CloudServer]
	balancer *reader[[]BalancerServer]
	hosts    *reader[[]netip.Addr]
	probes   *reader[MeetingCount]
	requests *reader[RequestStatus]
	alerts   *reader[[]Alert]
	contract *reader[Contract]

	cycle  sync.Mutex     // one look at a time
	writes sync.WaitGroup // writes under way

	mu       sync.Mutex // guards everything below
	cfg      Config
	memory   Memory
	status   Status
	servers  map[string]Server // of the last look, by id
	dns      map[string]reading[[]netip.Addr]
	applying map[string]bool // servers with a write under way
	counts   []Count
	listed   map[string]listing // by id
	complete int                // looks that read everything
	refused  refusals
	dryRun   map[string]time.Time // what a dry run has journaled, by server and kind
}

// New returns a Scaler that knows what its store remembers. It does nothing
// until Cycle or Run.
func New(cfg Config, d Deps) (*Scaler, error) {
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
		servers: map[string]Server{}, listed: map[string]listing{}, dns: map[string]reading[[]netip.Addr]{}, applying: map[string]bool{},
		dryRun: map[string]time.Time{},
	}
	s.open(cfg)
	return s, nil
}

// open makes the readers of the outside.
func (s *Scaler) open(cfg Config) {
	n, limit := cfg.Fleet.Concurrency, cfg.Deadlines.Read
	s.clouds = newReader(n, limit, s.deps.Now, s.deps.Cloud.Servers)
	s.balancer = newReader(n, limit, s.deps.Now, func(ctx context.Context, _ string) ([]BalancerServer, error) {
		return s.deps.Balancer.Servers(ctx)
	})
	s.hosts = newReader(n, limit, s.deps.Now, s.deps.Resolve)
	s.probes = newReader(n, limit, s.deps.Now, s.probe)
	s.requests = newReader(n, limit, s.deps.Now, s.deps.Cloud.Request)
	s.alerts = newReader(n, limit, s.deps.Now, func(ctx context.Context, _ string) ([]Alert, error) {
		return s.deps.Alerts.Alerts(ctx)
	})
	s.contract = newReader(n, limit, s.deps.Now, func(ctx context.Context, _ string) (Contract, error) {
		return s.deps.Cloud.Contract(ctx)
	})
}

// Run looks at the fleet again and again until ctx is done: soon after a
// notification, often while something is under way, and at the evaluation
// interval in any case. It waits for the writes under way before it returns.
func (s *Scaler) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.Cycle(ctx, s.deps.Now()); err != nil && ctx.Err() == nil {
			s.log.Error("cycle failed", "error", err)
		}
		s.rest(ctx)
	}
	s.writes.Wait()
	return nil
}

// rest waits for the next look.
func (s *Scaler) rest(ctx context.Context) {
	timer := time.NewTimer(s.interval())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.wake:
		s.debounce(ctx)
	}
}

// debounce waits until notifications have been quiet, or for long enough.
func (s *Scaler) debounce(ctx context.Context) {
	cfg := s.config()
	end := time.NewTimer(cfg.Fleet.DebounceMax)
	defer end.Stop()
	for {
		quiet := time.NewTimer(cfg.Fleet.DebounceQuiet)
		select {
		case <-s.wake:
			quiet.Stop()
			continue
		case <-quiet.C:
		case <-end.C:
		case <-ctx.Done():
		}
		quiet.Stop()
		return
	}
}

// interval is short while a server is on its way from one state to another.
func (s *Scaler) interval() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	moving := 0
	for _, state := range []State{StateStarting, StateWarming, StateDraining, StateEmpty, StateStopping, StateResizing, StateDown} {
		moving += s.status.Counts[state]
	}
	if moving > 0 || s.complete == 0 {
		return s.cfg.Fleet.BusyInterval
	}
	return s.cfg.Fleet.EvaluationInterval
}

func (s *Scaler) config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg
}

// Reload takes over a new configuration from the next look on, but for the
// concurrency, the dry run and the read deadline, which stay until a restart.
func (s *Scaler) Reload(cfg Config) error {
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

// poke wakes Run, and never waits.
func (s *Scaler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Notify stores what a notification tells and wakes Run. When it returns an
// error nothing was taken over, and the notification should be sent again.
func (s *Scaler) Notify(alerts []Alert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(s.cfg.notified(s.memory.Alerts, alerts)); err != nil {
		return fmt.Errorf("storing a notification of %d alerts: %w", len(alerts), err)
	}
	s.poke()
	return nil
}

// commit makes a change in the store, then in memory. The caller holds mu.
func (s *Scaler) commit(c Commit) error {
	if c.empty() {
		return nil
	}
	if err := s.deps.Store.Commit(c); err != nil {
		return err
	}
	s.memory.apply(c)
	for _, e := range c.Entries {
		s.metrics.steps.WithLabelValues(string(e.Step.Kind), string(e.Outcome)).Inc()
		s.log.Info("step", "step", e.Step.Kind, "server", e.Step.Server, "outcome", e.Outcome, "reason", e.Step.Reason,
			"alerts", e.Step.Alerts, "detail", e.Detail, "request", e.Request, "dry_run", e.DryRun)
	}
	return nil
}

// Ready reports whether the fleet was read completely at least once.
func (s *Scaler) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.complete > 0
}

// Alerts returns the alerts that fire, by name, suppressed ones included.
func (s *Scaler) Alerts() []Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Collect(maps.Values(s.memory.Alerts))
	out = slices.DeleteFunc(out, func(a Alert) bool { return a.Resolved })
	slices.SortFunc(out, func(a, b Alert) int {
		return compareNatural(a.Name+a.Labels["instance"]+a.Fingerprint, b.Name+b.Labels["instance"]+b.Fingerprint)
	})
	return out
}

// Status returns what the last look saw and decided.
func (s *Scaler) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Journal returns the newest entries first; server keeps those of one server,
// by id or name.
func (s *Scaler) Journal(limit int, server string) ([]Entry, error) {
	return s.deps.Store.Journal(limit, server)
}

// Pause stores a pause. Its reason and a time to end in the future are required.
func (s *Scaler) Pause(p Pause) (Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.deps.Now()
	if p.From.IsZero() {
		p.From = now
	}
	if err := p.validate(now); err != nil {
		return Pause{}, err
	}
	p.ID = fmt.Sprintf("p%d", now.UnixNano())
	if err := s.commit(Commit{Pauses: []Pause{p}}); err != nil {
		return Pause{}, fmt.Errorf("storing a pause: %w", err)
	}
	s.poke()
	return p, nil
}

// ErrInvalid: what was asked for makes no sense; the message says what would.
var ErrInvalid = errors.New("invalid")

func (p Pause) validate(now time.Time) error {
	switch _, err := path.Match(p.Server, ""); {
	case p.Reason == "":
		return fmt.Errorf("%w pause: a reason is required", ErrInvalid)
	case !p.Until.After(now):
		return fmt.Errorf("%w pause: it must end in the future, not at %s", ErrInvalid, p.Until)
	case err != nil:
		return fmt.Errorf("%w pause: server pattern %q: %v", ErrInvalid, p.Server, err)
	}
	return nil
}

// Resume ends a pause by its id; "" ends all. ErrGone if there is none.
func (s *Scaler) Resume(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var drop []string
	for _, p := range s.memory.Pauses {
		if id == "" || p.ID == id {
			drop = append(drop, p.ID)
		}
	}
	if len(drop) == 0 && id != "" {
		return fmt.Errorf("pause %q %w", id, ErrGone)
	}
	s.poke()
	return s.commit(Commit{DropPauses: drop})
}

// Release gives a server that a person stopped, resized, cordoned or disabled
// back to the scaler, by id or name. One that runs and is not enabled is
// brought into service once BigBlueButton answers.
func (s *Scaler) Release(server string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.servers {
		if known.ID == server || known.Name == server {
			r := s.memory.Records[known.ID]
			r.Manual, r.Tried = "", nil
			if known.State == StateManual && known.Power == PowerOn {
				r.aim(AimServe, s.deps.Now())
			}
			s.poke()
			return s.commit(Commit{Records: []Record{r}})
		}
	}
	return fmt.Errorf("server %q %w in the fleet", server, ErrGone)
}
