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

// probeServers asks BigBlueButton on the servers that are on their way or said
// to be down what runs there, and the cloud what became of the requests whose
// goal does not show. It returns why requests failed, by server id.
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

// toAsk returns the ids of the servers whose BigBlueButton is to be asked, and
// the server ids of the requests that the cloud is to be asked about.
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

// probeOf is a reading as a Probe; one that is too old is none.
func probeOf(r reading[fleet.MeetingCount], cfg fleet.Config, now time.Time) fleet.Probe {
	switch {
	case r.Err != nil: // also while the next try hangs as the last one did
		return fleet.Probe{At: now, Err: r.Err}
	case r.Err == nil && r.fresh(now, 2*cfg.Fleet.BusyInterval):
		return fleet.Probe{At: r.At, Count: r.Value}
	}
	return fleet.Probe{}
}

func toProbe(cfg fleet.Config, v *fleet.Server, r fleet.Record) bool {
	if v.Balancer == nil || v.Power != fleet.PowerOn || r.InFlight(fleet.Start) || r.InFlight(fleet.Stop) {
		return false
	}
	down := len(v.AlertsAsking(cfg.Asks, rules.AskDisable)) > 0
	return down || (r.Aim != fleet.AimNone && r.Aim != fleet.AimOff)
}

// probe asks BigBlueButton on a server of the present cycle.
func (s *Scaler) probe(ctx context.Context, id string) (fleet.MeetingCount, error) {
	s.mu.Lock()
	v := s.servers[id]
	s.mu.Unlock()
	if v.Balancer == nil {
		return fleet.MeetingCount{}, errors.New("not in the balancer")
	}
	return s.deps.Meetings.Meetings(ctx, *v.Balancer)
}

// failedRequests asks the cloud about requests, given with their server's id,
// and returns by server id why those that failed did.
func (s *Scaler) failedRequests(ctx context.Context, cfg fleet.Config, requests map[string]string) map[string]string {
	failed := map[string]string{}
	for request, r := range s.requests.Read(ctx, slices.Sorted(maps.Keys(requests)), cfg.Deadlines.Patience) {
		if r.Err == nil && r.Value.Phase == fleet.RequestFailed {
			failed[requests[request]] = "the cloud's request " + request + " failed: " + r.Value.Message
		}
	}
	return failed
}
