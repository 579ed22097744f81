package actions

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Cycle takes one look at the fleet and does what follows: read, join,
// observe, decide, apply. now is the time of the look. It returns an error when
// the store fails, and then writes nothing to the outside.
func (s *Scaler) Cycle(ctx context.Context, now time.Time) error {
	s.cycle.Lock()
	defer s.cycle.Unlock()
	begun := time.Now()
	cfg := s.config()
	w := s.read(ctx, cfg, now)
	servers, unjoined := join(cfg, w.world)
	s.attach(ctx, cfg, servers, now)
	blocked, err := s.observe(ctx, cfg, w, servers, now)
	if err != nil {
		return err
	}
	view := s.view(ctx, cfg, w, servers, blocked, now)
	plan := Decide(cfg, view)
	s.publish(cfg, w, view, plan, unjoined)
	err = s.applyAll(ctx, cfg, plan, servers)
	s.metrics.looks.Observe(time.Since(begun).Seconds())
	return err
}

// seen is a world together with how it was read.
type seen struct {
	world
	balancerAt time.Time
	sources    []SourceStatus
	failing    []string // sources whose last read failed: no scale-in
	whole      bool     // every source was read lately
	listed     int      // servers that the cloud lists
}

// read reads everything that a look needs, side by side.
func (s *Scaler) read(ctx context.Context, cfg Config, now time.Time) seen {
	var clouds map[string]reading[[]CloudServer]
	var balancer map[string]reading[[]BalancerServer]
	s.together(cfg,
		func() { clouds = s.clouds.Read(ctx, cfg.Datacenters, cfg.Deadlines.Patience) },
		func() { balancer = s.readBalancer(ctx, cfg) },
		func() { s.resync(ctx, cfg, now) },
	)
	w := seen{whole: true, world: world{unsure: map[string]string{}}}
	for _, dc := range cfg.Datacenters {
		r := clouds[dc]
		w.cloud = append(w.cloud, r.Value...)
		w.listed += len(r.Value)
		if why := w.source("datacenter "+dc, r.At, r.failure(), cfg, now); why != "" {
			w.unsure[dc] = why
		}
	}
	s.keepMissing(&w, now)
	if !cfg.NoBalancer {
		r := balancer[""]
		w.balancer, w.balancerAt = r.Value, r.At
		w.balanced = w.source("balancer", r.At, r.failure(), cfg, now)
		w.hosts = s.resolve(ctx, cfg, w.world, now)
	}
	s.noteAlerts(cfg, &w, now)
	return w
}

// listing is a server as the cloud listed it last.
type listing struct {
	CloudServer
	at time.Time
}

// keepMissing adds servers that the cloud listed a while ago and does not list
// now: they are likelier to be left out than to be gone, and if they are on
// they count against the ceiling.
func (s *Scaler) keepMissing(w *seen, now time.Time) {
	w.missing = map[string]string{}
	for _, c := range w.cloud {
		s.listed[c.ID] = listing{c, now}
	}
	for id, l := range s.listed {
		switch {
		case l.at.Equal(now):
		case now.Sub(l.at) >= vanishedTrust:
			delete(s.listed, id)
		default:
			w.cloud = append(w.cloud, l.CloudServer)
			w.missing[id] = "the cloud has not listed it since " + clock(l.at)
		}
	}
}

// together runs the functions side by side, or in order where the
// configuration asks for one thing at a time.
func (s *Scaler) together(cfg Config, fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		if cfg.Fleet.Concurrency <= 1 {
			f()
			continue
		}
		wg.Go(f)
	}
	wg.Wait()
}

func (s *Scaler) readBalancer(ctx context.Context, cfg Config) map[string]reading[[]BalancerServer] {
	if cfg.NoBalancer {
		return nil
	}
	return s.balancer.Read(ctx, []string{""}, cfg.Deadlines.Patience)
}

// source notes how a source was read, and says why its servers are uncertain.
func (w *seen) source(name string, at time.Time, err error, cfg Config, now time.Time) (uncertain string) {
	status := SourceStatus{Name: name, ReadAt: at}
	if err != nil {
		status.Error = err.Error()
		w.failing = append(w.failing, fmt.Sprintf("%s cannot be read: %v", name, err))
	}
	w.sources = append(w.sources, status)
	if at.IsZero() || now.Sub(at) > cfg.Deadlines.Stale {
		w.whole = false
		return fmt.Sprintf("%s has not been read for %s: %v", name, cfg.Deadlines.Stale, err)
	}
	return ""
}

// noteAlerts adds the believed alerts and how Alertmanager was read.
func (s *Scaler) noteAlerts(cfg Config, w *seen, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.alerts = cfg.active(s.memory.Alerts, now)
	if s.deps.Alerts == nil {
		return
	}
	last := s.alerts.peek("")
	status := SourceStatus{Name: "alertmanager", ReadAt: last.At}
	if last.Err != nil {
		status.Error = last.Err.Error()
	}
	w.sources = append(w.sources, status)
}

// resync reads Alertmanager's own list when it is time, or when the fleet asks
// for something and values should be fresh.
func (s *Scaler) resync(ctx context.Context, cfg Config, now time.Time) {
	if s.deps.Alerts == nil {
		s.change("alerts", func() Commit { return cfg.expired(s.memory.Alerts, now) })
		return
	}
	last := s.alerts.peek("")
	due := cfg.Deadlines.AlertResync
	if s.fleetAsks(cfg, now) {
		due = cfg.Fleet.EvaluationInterval
	}
	if now.Sub(last.At) < due && last.Err == nil {
		return
	}
	got := s.alerts.Read(ctx, []string{""}, cfg.Deadlines.Patience)[""]
	if got.failure() != nil || !got.At.After(last.At) {
		s.change("alerts", func() Commit { return cfg.expired(s.memory.Alerts, now) })
		return
	}
	s.change("alerts", func() Commit { return cfg.resynced(s.memory.Alerts, got.Value, got.At) })
}

func (s *Scaler) fleetAsks(cfg Config, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(cfg.fleetAlerts(cfg.active(s.memory.Alerts, now))) > 0
}

// change commits what f says, and logs when the store fails: the next look
// tries again.
func (s *Scaler) change(what string, f func() Commit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(f()); err != nil {
		s.log.Error("storing failed", "what", what, "error", err)
	}
}

// resolveAge is how long a resolved host is believed.
const resolveAge = 10 * time.Minute

// resolve looks up the balancer hosts that name no cloud server themselves.
func (s *Scaler) resolve(ctx context.Context, cfg Config, w world, now time.Time) map[string][]netip.Addr {
	j := newJoiner(cfg, w.cloud)
	var due, all []string
	for _, b := range w.balancer {
		host := hostOf(b.URL)
		if _, direct := j.findHost(host, nil); direct {
			continue
		}
		all = append(all, host)
		if !s.dns[host].fresh(now, resolveAge) {
			due = append(due, host)
		}
	}
	for host, r := range s.hosts.Read(ctx, due, cfg.Deadlines.Patience) {
		if !r.At.IsZero() {
			s.dns[host] = r
		}
	}
	out := make(map[string][]netip.Addr, len(all))
	for _, host := range all {
		out[host] = s.dns[host].Value
	}
	return out
}

// attach gives each server its record and asks those that are on their way, or
// said to be down, what runs on them.
func (s *Scaler) attach(ctx context.Context, cfg Config, servers []Server, now time.Time) {
	s.mu.Lock()
	clear(s.servers)
	var ask []string
	for i := range servers {
		v := &servers[i]
		v.Record = s.memory.Records[v.ID]
		s.servers[v.ID] = *v
		if v.toProbe(cfg) {
			ask = append(ask, v.ID)
		}
	}
	s.mu.Unlock()
	got := s.probes.Read(ctx, ask, cfg.Deadlines.Patience)
	for i := range servers {
		if r, asked := got[servers[i].ID]; asked {
			servers[i].Probe = probed(r, cfg, now)
		}
	}
}

// probed is a reading as a Probe; one that is too old is none.
func probed(r reading[MeetingCount], cfg Config, now time.Time) Probe {
	switch {
	case r.Err != nil && !r.Pending:
		return Probe{At: now, Err: r.Err}
	case r.Err == nil && r.fresh(now, 2*cfg.Fleet.BusyInterval):
		return Probe{At: r.At, Count: r.Value}
	}
	return Probe{}
}

func (v *Server) toProbe(cfg Config) bool {
	if v.Balancer == nil || v.Power != PowerOn || v.inFlight(Start) || v.inFlight(Stop) {
		return false
	}
	down := len(v.asked(cfg.Asks, rules.AskDisable)) > 0
	return down || (v.Record.Aim != AimNone && v.Record.Aim != AimOff)
}

// probe asks a server of the last look.
func (s *Scaler) probe(ctx context.Context, id string) (MeetingCount, error) {
	s.mu.Lock()
	v := s.servers[id]
	s.mu.Unlock()
	if v.Balancer == nil {
		return MeetingCount{}, errors.New("not in the balancer")
	}
	return s.deps.Meetings.Meetings(ctx, *v.Balancer)
}

// observe brings the records up to what the look shows and stores them; it
// returns why nothing may be written.
func (s *Scaler) observe(ctx context.Context, cfg Config, w seen, servers []Server, now time.Time) ([]string, error) {
	failed := s.failedRequests(ctx, cfg, servers)
	s.mu.Lock()
	defer s.mu.Unlock()
	var c Commit
	pauses := s.pausesAt(now, &c)
	for i := range servers {
		v := &servers[i]
		v.Record = s.memory.Records[v.ID] // a write may have ended meanwhile
		if w.unsure[v.Datacenter] == "" && w.missing[v.ID] == "" && w.balanced == "" && !s.applying[v.ID] {
			c.Entries = append(c.Entries, v.observe(cfg, failed[v.ID], w.balancerAt, now)...)
		}
		v.classify(cfg, w.world, now)
		v.hold(pauses, now)
		if s.applying[v.ID] {
			v.Hold = "a write is under way"
		}
		v.since(now)
		if !reflect.DeepEqual(v.Record, s.memory.Records[v.ID]) {
			c.Records = append(c.Records, v.Record)
		}
	}
	s.forgive(&c)
	frozen := s.freeze(cfg, w, now, &c)
	if err := s.commit(c); err != nil {
		return nil, fmt.Errorf("storing a look: %w", err)
	}
	return append(frozen, s.refused.why(now)...), nil
}

// forgive takes failed starts out of the scale-out cooldown: others are to be
// started in their place at once.
func (s *Scaler) forgive(c *Commit) {
	f := &s.memory.Fleet
	for _, e := range c.Entries {
		if e.Step.Kind == Start && e.Outcome != Done {
			f = f.forgiven()
			c.Fleet = f
		}
	}
}

// since notes when the state changed.
func (v *Server) since(now time.Time) {
	v.Record.ID = v.ID
	if v.Record.State != v.State {
		v.Record.State, v.Record.Since = v.State, now
	}
}

// pausesAt returns the pauses in force and drops those that are over.
func (s *Scaler) pausesAt(now time.Time, c *Commit) []Pause {
	var out []Pause
	for _, p := range s.memory.Pauses {
		if now.Before(p.Until) {
			out = append(out, p)
		} else {
			c.DropPauses = append(c.DropPauses, p.ID)
		}
	}
	slices.SortFunc(out, func(a, b Pause) int { return a.From.Compare(b.From) })
	return out
}

// failedRequests asks the cloud about flights whose server shows no pending
// change and not their goal either.
func (s *Scaler) failedRequests(ctx context.Context, cfg Config, servers []Server) map[string]string {
	ids := map[string]string{}
	var ask []string
	for i := range servers {
		if f := servers[i].Record.Flight; f != nil && f.Request != "" && !servers[i].Busy && !servers[i].reached(f.Step) {
			ids[f.Request] = servers[i].ID
			ask = append(ask, f.Request)
		}
	}
	failed := map[string]string{}
	for request, r := range s.requests.Read(ctx, ask, cfg.Deadlines.Patience) {
		if r.Err == nil && r.Value.Phase == RequestFailed {
			failed[ids[request]] = "the cloud's request " + request + " failed: " + r.Value.Message
		}
	}
	return failed
}

// vanishedTrust is how long a list that is far shorter than before must stay
// so until it is believed.
const vanishedTrust = time.Hour

// freeze says that nothing may be done while the cloud suddenly lists far
// fewer servers than before: a wrong answer is likelier than a smaller fleet.
func (s *Scaler) freeze(cfg Config, w seen, now time.Time, c *Commit) []string {
	n := w.listed
	f := s.memory.Fleet
	if c.Fleet != nil {
		f = *c.Fleet
	}
	if !w.whole {
		return nil
	}
	fewer := float64(f.Known-n) > cfg.ScaleIn.MaxVanished*float64(f.Known)
	switch {
	case fewer && f.FewerSince.IsZero():
		f.FewerSince = now
	case !fewer, now.Sub(f.FewerSince) >= vanishedTrust:
		f.Known, f.FewerSince, fewer = n, time.Time{}, false
	}
	if !reflect.DeepEqual(f, s.memory.Fleet) {
		c.Fleet = &f
	}
	if !fewer {
		return nil
	}
	return []string{fmt.Sprintf("frozen: the cloud lists %d servers, %d before; believed at %s if it stays so",
		n, f.Known, clock(f.FewerSince.Add(vanishedTrust)))}
}
