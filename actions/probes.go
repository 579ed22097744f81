package actions

import (
	"context"
	"errors"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

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
	case r.Err != nil: // also while the next try hangs as the last one did
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
