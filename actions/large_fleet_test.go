package actions_test

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// TestThousandServersWithFlappingAlertsForADay is meant for the race detector. It
// simulates a day of 1,000 servers, each with a flapping alert, with concurrent reads
// and writes and a cycle every 2 min.
func TestThousandServersWithFlappingAlertsForADay(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Fleet.Concurrency = 16
	cfg.Capacity.MinActive = 900
	w := sim.New(sim.Config{Servers: 1000, Running: 950, Start: noon})
	first := w.Servers()
	cfg.Fleet.Datacenters = []string{first[0].Datacenter, first[1].Datacenter}
	s, err := actions.New(cfg, actions.Deps{
		Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve,
		Store: store.NewMemory(), Now: w.Now,
	})
	must(t, err)
	for cycle := range 24 * 30 {
		w.Advance(w.Now().Add(2 * time.Minute))
		done := make(chan error, 1)
		go func() { done <- onlyErr(s.Notify(flapping(first, cycle, w.Now()))) }()
		must(t, s.Cycle(context.Background(), w.Now()))
		must(t, <-done)
		_ = s.Status()
	}
	if n := s.Status().Counts[fleet.StateActive]; n < 900 {
		t.Errorf("%d in service, want the floor of 900 at least: %v", n, s.Status().Counts)
	}
	if f := w.Figures(); f.Steps[fleet.Grow] > 1000*2 {
		t.Errorf("%d growths of servers that can grow twice", f.Steps[fleet.Grow])
	}
}

// flapping returns a notification with an alert for each server, alternately firing
// and resolved.
func flapping(servers []sim.Reading, cycle int, now time.Time) []fleet.Alert {
	out := make([]fleet.Alert, len(servers))
	for i, r := range servers {
		out[i] = fleet.Alert{
			Fingerprint: r.ID, Name: []string{rules.ServerCPUHigh, rules.ServerMemoryLow, rules.ServerDown}[i%3],
			Labels:   map[string]string{rules.LabelInstance: r.Addr.String() + ":9100"},
			StartsAt: now, SeenAt: now, Resolved: (cycle+i)%2 == 0,
		}
	}
	return out
}
