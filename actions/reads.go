package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// reads is the snapshot of one cycle, with how each source was read.
type reads struct {
	fleet.Snapshot
	contract   *fleet.Contract      // nil: not known
	cloudAt    map[string]time.Time // datacenter → when it was read
	balancerAt time.Time
	sources    []fleet.SourceStatus
	failing    []fleet.Hold // sources whose last read failed: no scale-in
	whole      bool         // whether every source was read within Deadlines.Stale
	listed     int          // servers in the latest list of each datacenter
	unread     bool         // whether a datacenter was never read
}

// read reads all sources of a cycle concurrently.
func (s *Scaler) read(ctx context.Context, cfg fleet.Config, now time.Time) reads {
	var clouds map[string]reading[[]fleet.CloudServer]
	var balancer map[string]reading[[]fleet.BalancerServer]
	var contract *fleet.Contract
	s.together(
		func() { clouds = s.clouds.Read(ctx, cfg.Fleet.Datacenters, cfg.Deadlines.Patience) },
		func() { balancer = s.readBalancer(ctx, cfg) },
		func() { s.resync(ctx, cfg, now) },
		func() { contract = s.readContract(ctx, cfg, now) },
		func() { s.readCalendars(ctx, cfg, now) },
	)
	r := reads{whole: true, contract: contract, Snapshot: fleet.Snapshot{Unsure: map[string]string{}}, cloudAt: map[string]time.Time{}}
	for _, dc := range cfg.Fleet.Datacenters {
		got := clouds[dc]
		r.Cloud = append(r.Cloud, got.Value...)
		r.listed += len(got.Value)
		r.cloudAt[dc] = got.At
		r.unread = r.unread || got.At.IsZero()
		if why := r.source("datacenter "+dc, got.At, got.failure(), cfg, now); why != "" {
			r.Unsure[dc] = why
		}
	}
	s.keepMissing(cfg, &r, now)
	if !cfg.NoBalancer {
		got := balancer[""]
		r.Balancer, r.balancerAt = got.Value, got.At
		r.BalancerUnsure = r.source("balancer", got.At, got.failure(), cfg, now)
	}
	s.noteAlerts(cfg, &r, now)
	s.tellSources(r.sources, now)
	return r
}

// tellSources logs one line when the reads of a source begin to fail, and one when it
// is read again.
func (s *Scaler) tellSources(sources []fleet.SourceStatus, now time.Time) {
	for _, source := range sources {
		since, failing := s.unread[source.Name]
		switch {
		case source.Error == errPending.Error(): // it may only be slow; after Deadlines.Read the error is set
		case source.Error != "" && !failing:
			s.unread[source.Name] = now
			s.log.Warn("source cannot be read", "source", source.Name, "error", source.Error, "last_read", source.ReadAt)
		case source.Error == "" && failing:
			delete(s.unread, source.Name)
			s.log.Info("source is read again", "source", source.Name, "after", now.Sub(since))
		}
	}
}

// listing is a server as the cloud last listed it, and when.
type listing struct {
	fleet.CloudServer
	at time.Time
}

// keepMissing adds the servers that the cloud listed within the last
// fleet.VanishedTrust and does not list now. It is more likely that the list is
// incomplete than that they were deleted, and those that are on count against the
// ceiling.
func (s *Scaler) keepMissing(cfg fleet.Config, r *reads, now time.Time) {
	r.Missing = map[string]string{}
	for _, c := range r.Cloud {
		s.listed[c.ID] = listing{c, now}
	}
	for id, l := range s.listed {
		switch {
		case l.at.Equal(now):
		case now.Sub(l.at) >= fleet.VanishedTrust, !slices.Contains(cfg.Fleet.Datacenters, l.Datacenter):
			delete(s.listed, id)
		default:
			r.Cloud = append(r.Cloud, l.CloudServer)
			r.Missing[id] = "the cloud has not listed it since " + fleet.Clock(l.at)
		}
	}
}

// readBalancer reads the balancer's list; nil without a balancer.
func (s *Scaler) readBalancer(ctx context.Context, cfg fleet.Config) map[string]reading[[]fleet.BalancerServer] {
	if cfg.NoBalancer {
		return nil
	}
	return s.balancer.Read(ctx, []string{""}, cfg.Deadlines.Patience)
}

// readContract returns the room that the contract has left, or nil if it was not read
// within Deadlines.Stale.
func (s *Scaler) readContract(ctx context.Context, cfg fleet.Config, now time.Time) *fleet.Contract {
	got := s.contract.Read(ctx, []string{""}, cfg.Deadlines.Patience)[""]
	status := fleet.SourceStatus{Name: "contract", ReadAt: got.At}
	if got.Err != nil {
		status.Error = got.Err.Error()
	}
	s.tellSources([]fleet.SourceStatus{status}, now)
	if !got.fresh(now, cfg.Deadlines.Stale) {
		return nil
	}
	return &got.Value
}

// source adds the status of a source. It returns why its servers are uncertain, or ""
// if it was read within Deadlines.Stale.
func (r *reads) source(name string, at time.Time, err error, cfg fleet.Config, now time.Time) (uncertain string) {
	status := fleet.SourceStatus{Name: name, ReadAt: at}
	if errors.Is(err, errPending) && now.Sub(at) <= cfg.Deadlines.Read+cfg.Fleet.EvaluationInterval {
		err = nil // slow, but the previous read is recent
	}
	if err != nil {
		status.Error = err.Error()
		r.failing = append(r.failing, fleet.Hold{Kind: fleet.HoldRead, Text: fmt.Sprintf("%s cannot be read: %v", name, err)})
	}
	r.sources = append(r.sources, status)
	if at.IsZero() || now.Sub(at) > cfg.Deadlines.Stale {
		r.whole = false
		return fmt.Sprintf("%s has not been read for %s: %v", name, cfg.Deadlines.Stale, err)
	}
	return ""
}

// joined is the result of joining a snapshot.
type joined struct {
	servers  []fleet.Server
	unjoined []fleet.Hold
	shared   []string
}

// join joins the snapshot to servers. It looks up the addresses that the join needs.
func (s *Scaler) join(ctx context.Context, cfg fleet.Config, snapshot fleet.Snapshot, now time.Time) joined {
	snapshot.Hosts = s.spelled
	j := fleet.NewJoin(cfg, snapshot, s.joined)
	s.joined = j
	out := joined{}
	out.servers, out.unjoined = j.Servers(s.resolve(ctx, cfg, j.Unknown(), j.Named(), now))
	out.shared = j.Shared()
	if s.spelled = j.Learned(); len(s.spelled) > spelledMost*len(out.servers) {
		s.spelled = s.spelled[:spelledMost*len(out.servers)]
	}
	return out
}

const (
	// resolveAge is how long the addresses of a host are used before it is looked up
	// again.
	resolveAge = 10 * time.Minute
	// resolveRetry is the time between two lookups of a host whose addresses the join
	// does not need, after a failure.
	resolveRetry = 10 * time.Minute
	// spelledMost is the maximum number of hosts remembered from alerts, per server.
	spelledMost = 8
)
