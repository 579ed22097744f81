package actions

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// probeServers sets the Probe of the servers that toProbe selects, and reads from the
// cloud the requests of steps in flight whose goal it does not show yet. It returns
// the error messages of the requests that failed, by server id.
func (s *Scaler) probeServers(ctx context.Context, cfg fleet.Config, servers []fleet.Server, now time.Time) (failed map[string]string) {
	ask, requests := s.toAsk(cfg, servers)
	var probes map[string]reading[fleet.MeetingCount]
	s.together(
		func() { probes = s.probes.Read(ctx, ask, cfg.Deadlines.Patience) },
		func() { failed = s.failedRequests(ctx, cfg, requests) },
	)
	for i := range servers {
		if r, asked := probes[servers[i].ID]; asked {
			servers[i].Probe = probeOf(r, cfg, now)
		}
	}
	return failed
}

// toAsk returns the ids of the servers to probe, and the requests to read, as request
// id → server id.
func (s *Scaler) toAsk(cfg fleet.Config, servers []fleet.Server) (ask []string, requests map[string]string) {
	requests = map[string]string{}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.servers)
	for i := range servers {
		v := &servers[i]
		s.servers[v.ID] = *v
		r := s.memory.Records[v.ID]
		if toProbe(cfg, v, r) {
			ask = append(ask, v.ID)
		}
		if f := r.Flight; f != nil && f.Request != "" && !v.Busy && !v.Reached(f.Step) {
			requests[f.Request] = v.ID
		}
	}
	return ask, requests
}

// probeOf returns a reading as a Probe. An answer older than twice
// FleetConfig.BusyInterval gives the zero value.
func probeOf(r reading[fleet.MeetingCount], cfg fleet.Config, now time.Time) fleet.Probe {
	switch {
	case r.Err != nil: // even if the next read is still in progress
		return fleet.Probe{At: now, Err: r.Err}
	case r.Err == nil && r.fresh(now, 2*cfg.Fleet.BusyInterval):
		return fleet.Probe{At: r.At, Count: r.Value}
	}
	return fleet.Probe{}
}

// toProbe reports whether a running server is probed: if an alert says that it is
// down, or if the scaler has an aim for it.
func toProbe(cfg fleet.Config, v *fleet.Server, r fleet.Record) bool {
	if v.Balancer == nil || v.Power != fleet.PowerOn || r.InFlight(fleet.Start) || r.InFlight(fleet.Stop) {
		return false
	}
	down := len(v.AlertsAsking(cfg.Asks, rules.AskDisable)) > 0
	return down || (r.Aim != fleet.AimNone && r.Aim != fleet.AimOff)
}

// probe reads the meetings of the server with this id from its BigBlueButton.
func (s *Scaler) probe(ctx context.Context, id string) (fleet.MeetingCount, error) {
	s.mu.Lock()
	v := s.servers[id]
	s.mu.Unlock()
	if v.Balancer == nil {
		return fleet.MeetingCount{}, errors.New("not in the balancer")
	}
	return s.deps.Meetings.Meetings(ctx, *v.Balancer)
}

// failedRequests reads the requests (request id → server id) from the cloud, and
// returns the error messages of those that failed, by server id.
func (s *Scaler) failedRequests(ctx context.Context, cfg fleet.Config, requests map[string]string) map[string]string {
	failed := map[string]string{}
	for request, r := range s.requests.Read(ctx, slices.Sorted(maps.Keys(requests)), cfg.Deadlines.Patience) {
		if r.Err == nil && r.Value.Phase == fleet.RequestFailed {
			failed[requests[request]] = "the cloud's request " + request + " failed: " + r.Value.Message
		}
	}
	return failed
}
