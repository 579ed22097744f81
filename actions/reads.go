package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// reads is a snapshot of the outside, with how each source of it was read.
type reads struct {
	fleet.Snapshot
	contract   *fleet.Contract      // nil: not known
	cloudAt    map[string]time.Time // when each datacenter was read
	balancerAt time.Time
	sources    []fleet.SourceStatus
	failing    []fleet.Hold // sources whose last read failed: no scale-in
	whole      bool         // every source was read lately
	listed     int          // servers that the cloud lists, or did where it cannot be read
	unread     bool         // a datacenter was never read
}

// read reads every source that a cycle needs, side by side.
func (s *Scaler) read(ctx context.Context, cfg fleet.Config, now time.Time) reads {
	var clouds map[string]reading[[]fleet.CloudServer]
	var balancer map[string]reading[[]fleet.BalancerServer]
	var contract *fleet.Contract
	s.together(
		func() { clouds = s.clouds.Read(ctx, cfg.Fleet.Datacenters, cfg.Deadlines.Patience) },
		func() { balancer = s.readBalancer(ctx, cfg) },
		func() { s.resync(ctx, cfg, now) },
		func() { contract = s.readContract(ctx, cfg, now) },
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

// tellSources logs a source whose reads begin to fail, and that is read again:
// one line each, however many cycles lie between.
func (s *Scaler) tellSources(sources []fleet.SourceStatus, now time.Time) {
	for _, source := range sources {
		since, failing := s.unread[source.Name]
		switch {
		case source.Error == errPending.Error(): // it may only be slow; its deadline tells
		case source.Error != "" && !failing:
			s.unread[source.Name] = now
			s.log.Warn("cannot be read", "source", source.Name, "error", source.Error, "last_read", source.ReadAt)
		case source.Error == "" && failing:
			delete(s.unread, source.Name)
			s.log.Info("is read again", "source", source.Name, "after", now.Sub(since))
		}
	}
}

// listing is a server as the cloud listed it last.
type listing struct {
	fleet.CloudServer
	at time.Time
}

// keepMissing adds servers that the cloud listed a while ago and does not list
// now: they are more likely left out than gone, and if they are on they count
// against the ceiling.
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

func (s *Scaler) readBalancer(ctx context.Context, cfg fleet.Config) map[string]reading[[]fleet.BalancerServer] {
	if cfg.NoBalancer {
		return nil
	}
	return s.balancer.Read(ctx, []string{""}, cfg.Deadlines.Patience)
}

// readContract returns what the contract has left, or nil if that is not known.
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

// source notes how a source was read, and says why its servers are uncertain.
func (r *reads) source(name string, at time.Time, err error, cfg fleet.Config, now time.Time) (uncertain string) {
	status := fleet.SourceStatus{Name: name, ReadAt: at}
	if errors.Is(err, errPending) && now.Sub(at) <= cfg.Deadlines.Read+cfg.Fleet.EvaluationInterval {
		err = nil // slow, and read in the cycle before
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

// joined is what the join of a snapshot came to.
type joined struct {
	servers  []fleet.Server
	unjoined []fleet.Hold
	shared   []string
}

// join joins the snapshot to servers, after it has looked up the hosts that the
// join needs addresses of.
func (s *Scaler) join(ctx context.Context, cfg fleet.Config, snapshot fleet.Snapshot, now time.Time) joined {
	snapshot.Hosts = s.spelled
	j := fleet.NewJoin(cfg, snapshot)
	out := joined{}
	out.servers, out.unjoined = j.Servers(s.resolve(ctx, cfg, j.Unknown(), j.Named(), now))
	out.shared = j.Shared()
	if s.spelled = j.Learned(); len(s.spelled) > spelledMost*len(out.servers) {
		s.spelled = s.spelled[:spelledMost*len(out.servers)]
	}
	return out
}

const (
	// resolveAge is how long a resolved host is believed.
	resolveAge = 10 * time.Minute
	// resolveRetry is how long a host that is joined without its addresses is not
	// looked up again after a failure.
	resolveRetry = 10 * time.Minute
	// spelledMost bounds the hosts that are remembered from alerts, a server.
	spelledMost = 8
)

// resolve looks up hosts; addresses known for less than resolveAge are not
// looked up again. The needed hosts are tried in each cycle, further ones less
// often.
func (s *Scaler) resolve(ctx context.Context, cfg fleet.Config, needed, further []string, now time.Time) map[string][]netip.Addr {
	var due []string
	for _, host := range needed {
		if !s.dns[host].fresh(now, resolveAge) {
			due = append(due, host)
		}
	}
	for _, host := range further {
		if known := s.dns[host]; !known.fresh(now, resolveAge) && now.Sub(known.tried) >= resolveRetry {
			due = append(due, host)
		}
	}
	for host, r := range s.hosts.Read(ctx, due, cfg.Deadlines.Patience) {
		old := s.dns[host]
		if r.At.IsZero() {
			r = old.reading
		}
		s.dns[host] = lookup{r, now}
	}
	all := slices.Concat(needed, further)
	out := make(map[string][]netip.Addr, len(all))
	for _, host := range all {
		out[host] = s.dns[host].Value
	}
	maps.DeleteFunc(s.dns, func(host string, _ lookup) bool { _, used := out[host]; return !used })
	return out
}

// lookup is the last reading of a host's addresses, and when it was tried.
type lookup struct {
	reading[[]netip.Addr]
	tried time.Time
}
