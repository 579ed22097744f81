package actions_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// hungStore is a store whose commits hang until their context ends, while it is hung.
type hungStore struct {
	fleet.Store
	hung    atomic.Bool
	entered chan struct{} // gets a value when a commit begins to hang; nil: none
}

func (h *hungStore) Commit(ctx context.Context, c fleet.Commit) error {
	if h.hung.Load() {
		select {
		case h.entered <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return ctx.Err()
	}
	return h.Store.Commit(ctx, c)
}

// hungFleet is a fleet that needs another server and whose store can hang, with its log.
func hungFleet(t *testing.T) (w *sim.World, s *actions.Scaler, h *hungStore, log *strings.Builder) {
	t.Helper()
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 2
	h, log = &hungStore{Store: store.NewMemory()}, &strings.Builder{}
	w = sim.New(sim.Config{Servers: 4, Running: 2, Seed: 3, Start: time.Now()})
	cfg.Fleet.Datacenters = w.Datacenters()
	s, err := actions.New(cfg, actions.Deps{
		Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: h, StoreTimeout: 2 * time.Second,
		InOrder: true, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	must(t, err)
	must(t, s.Cycle(t.Context(), time.Now()))
	return w, s, h, log
}

func TestPageDoesNotWaitForAStoreThatHangs(t *testing.T) {
	_, s, h, _ := hungFleet(t)
	h.entered = make(chan struct{}, 1)
	h.hung.Store(true)
	refused := make(chan error)
	go func() {
		refused <- onlyErr(s.Notify([]fleet.Alert{fires(rules.FleetWorkloadLow, time.Now(), time.Now())}))
	}()
	<-h.entered
	read := make(chan fleet.Status, 1)
	go func() {
		_, _ = s.Alerts(), s.Ready()
		read <- s.Status()
	}()
	select {
	case st := <-read:
		if len(st.Servers) != 4 {
			t.Errorf("Status() has %d servers, want those of the last cycle", len(st.Servers))
		}
	case <-refused:
		t.Fatal("reading waited for the store")
	}
	if err := <-refused; err == nil {
		t.Error("Notify() = nil although nothing was stored")
	}
}

func TestStoreThatHangsIsToldAndStopsEveryStepUntilItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, h, log := hungFleet(t)
		begun := func() (n int) {
			lines, err := s.Journal(100, "")
			must(t, err)
			return len(lines)
		}
		blocked := func() int { return fleet.CountHolds(s.Status().Blocked, fleet.HoldStore) }
		if blocked() > 0 {
			t.Fatal("blocked before anything failed")
		}
		h.hung.Store(true)
		_, err := s.Pause(fleet.Pause{Reason: "exam", Until: time.Now().Add(time.Minute)})
		if err == nil {
			t.Error("Pause() = nil although nothing was stored")
		}
		cfg := fixtureConfig()
		cfg.Fleet.Datacenters, cfg.Capacity.MinActive = w.Datacenters(), 4
		must(t, s.Reload(cfg))
		for range 3 {
			_ = s.Cycle(t.Context(), time.Now())
		}
		if blocked() != 1 || begun() > 0 {
			t.Errorf("blocked %d, %d steps; want one hold and no step", blocked(), begun())
		}
		h.hung.Store(false)
		must(t, s.Cycle(t.Context(), time.Now()))
		if blocked() != 0 || begun() == 0 {
			t.Errorf("once it is back: blocked %d, %d steps; want a start", blocked(), begun())
		}
		if begun, ended := strings.Count(log.String(), "cannot be written, nothing"), strings.Count(log.String(), "can be written again"); begun != 1 || ended != 1 {
			t.Errorf("logged the begin %d times and the end %d times, want each once:\n%s", begun, ended, log)
		}
	})
}

func TestStoreThatWorksAgainIsNoticedWithoutAnythingToStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, _ := hungFleet(t)
		for range 3 {
			must(t, s.Cycle(t.Context(), time.Now()))
		}
		h.hung.Store(true)
		_ = onlyErr(s.Notify([]fleet.Alert{fires(rules.FleetWorkloadLow, time.Now(), time.Now())}))
		h.hung.Store(false)
		must(t, s.Cycle(t.Context(), time.Now()))
		if n := fleet.CountHolds(s.Status().Blocked, fleet.HoldStore); n > 0 {
			t.Errorf("still blocked: %v", s.Status().Blocked)
		}
	})
}
