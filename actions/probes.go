package actions

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// probeServers asks BigBlueButton on the servers that are on their way or said
// to be down what runs there, and the cloud what became of the requests whose
// goal does not show. It returns why requests failed, by server id.
func (s *Scaler) probeServers(ctx context.Context, cfg Config, servers []Server, now time.Time) (failed map[string]string) {
	ask, requests := s.toAsk(cfg, servers)
	var probes map[string]reading[MeetingCount]
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
func (s *Scaler) toAsk(cfg Config, servers []Server) (ask []string, requests map[string]string) {
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
		if f := r.Flight; f != nil && f.Request != "" && !v.Busy && !v.reached(f.Step) {
			requests[f.Request] = v.ID
		}
	}
	return ask, requests
}

// probeOf is a reading as a Probe; one that is too old is none.
func probeOf(r reading[MeetingCount], cfg Config, now time.Time) Probe {
	switch {
	case r.Err != nil: // also while the next try hangs as the last one did
		return Probe{At: now, Err: r.Err}
	case r.Err == nil && r.fresh(now, 2*cfg.Fleet.BusyInterval):
		return Probe{At: r.At, Count: r.Value}
	}
	return Probe{}
}

func toProbe(cfg Config, v *Server, r Record) bool {
	if v.Balancer == nil || v.Power != PowerOn || r.inFlight(Start) || r.inFlight(Stop) {
		return false
	}
	down := len(v.asked(cfg.Asks, rules.AskDisable)) > 0
	return down || (r.Aim != AimNone && r.Aim != AimOff)
}

// probe asks BigBlueButton on a server of the present cycle.
func (s *Scaler) probe(ctx context.Context, id string) (MeetingCount, error) {
	s.mu.Lock()
	v := s.servers[id]
	s.mu.Unlock()
	if v.Balancer == nil {
		return MeetingCount{}, errors.New("not in the balancer")
	}
	return s.deps.Meetings.Meetings(ctx, *v.Balancer)
}

// failedRequests asks the cloud about requests, given with their server's id,
// and returns by server id why those that failed did.
func (s *Scaler) failedRequests(ctx context.Context, cfg Config, requests map[string]string) map[string]string {
	failed := map[string]string{}
	for request, r := range s.requests.Read(ctx, slices.Sorted(maps.Keys(requests)), cfg.Deadlines.Patience) {
		if r.Err == nil && r.Value.Phase == RequestFailed {
			failed[requests[request]] = "the cloud's request " + request + " failed: " + r.Value.Message
		}
	}
	return failed
}
