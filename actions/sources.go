package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// seen is a world together with how it was read.
type seen struct {
	world
	cloudAt    map[string]time.Time // when each datacenter was read
	balancerAt time.Time
	sources    []SourceStatus
	failing    []string // sources whose last read failed: no scale-in
	whole      bool     // every source was read lately
	listed     int      // servers that the cloud lists, or did where it cannot be read
	unread     bool     // a datacenter was never read
}

// read reads everything that a look needs, side by side, but for the addresses
// of the balancer's hosts, which join asks for.
func (s *Scaler) read(ctx context.Context, cfg Config, now time.Time) seen {
	var clouds map[string]reading[[]CloudServer]
	var balancer map[string]reading[[]BalancerServer]
	s.together(cfg,
		func() { clouds = s.clouds.Read(ctx, cfg.Datacenters, cfg.Deadlines.Patience) },
		func() { balancer = s.readBalancer(ctx, cfg) },
		func() { s.resync(ctx, cfg, now) },
	)
	w := seen{whole: true, world: world{unsure: map[string]string{}}, cloudAt: map[string]time.Time{}}
	for _, dc := range cfg.Datacenters {
		r := clouds[dc]
		w.cloud = append(w.cloud, r.Value...)
		w.listed += len(r.Value)
		w.cloudAt[dc] = r.At
		w.unread = w.unread || r.At.IsZero()
		if why := w.source("datacenter "+dc, r.At, r.failure(), cfg, now); why != "" {
			w.unsure[dc] = why
		}
	}
	s.keepMissing(cfg, &w, now)
	if !cfg.NoBalancer {
		r := balancer[""]
		w.balancer, w.balancerAt = r.Value, r.At
		w.balanced = w.source("balancer", r.At, r.failure(), cfg, now)
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
func (s *Scaler) keepMissing(cfg Config, w *seen, now time.Time) {
	w.missing = map[string]string{}
	for _, c := range w.cloud {
		s.listed[c.ID] = listing{c, now}
	}
	for id, l := range s.listed {
		switch {
		case l.at.Equal(now):
		case now.Sub(l.at) >= vanishedTrust, !slices.Contains(cfg.Datacenters, l.Datacenter):
			delete(s.listed, id)
		default:
			w.cloud = append(w.cloud, l.CloudServer)
			w.missing[id] = "the cloud has not listed it since " + clock(l.at)
		}
	}
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
	if errors.Is(err, errPending) && now.Sub(at) <= cfg.Deadlines.Read+cfg.Fleet.EvaluationInterval {
		err = nil // slow, and read at the look before
	}
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

// resolveAge is how long a resolved host is believed.
const resolveAge = 10 * time.Minute

// resolve looks up balancer hosts; what is known lately is not asked again.
func (s *Scaler) resolve(ctx context.Context, cfg Config, hosts []string, now time.Time) map[string][]netip.Addr {
	var due []string
	for _, host := range hosts {
		if !s.dns[host].fresh(now, resolveAge) {
			due = append(due, host)
		}
	}
	for host, r := range s.hosts.Read(ctx, due, cfg.Deadlines.Patience) {
		if !r.At.IsZero() {
			s.dns[host] = r
		}
	}
	out := make(map[string][]netip.Addr, len(hosts))
	for _, host := range hosts {
		out[host] = s.dns[host].Value
	}
	maps.DeleteFunc(s.dns, func(host string, _ reading[[]netip.Addr]) bool { _, used := out[host]; return !used })
	return out
}
