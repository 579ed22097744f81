package actions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestNotificationsAreDebounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive = 1
		s, _, cycles := runScaler(t, cfg, sim.Config{Servers: 1, Running: 1, Datacenters: []string{dcA}}, nil)
		time.Sleep(30 * time.Second)
		before := cycles.Load()
		for range 100 {
			must(t, onlyErr(s.Notify([]fleet.Alert{{Fingerprint: "a", Name: rules.ServerCPUHigh, StartsAt: time.Now(), SeenAt: time.Now()}})))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		if n := cycles.Load() - before; n != 1 {
			t.Errorf("100 notifications within a second led to %d cycles, want 1", n)
		}
		for range 20 { // notifications without a pause: DebounceMax limits the wait
			must(t, onlyErr(s.Notify([]fleet.Alert{{Fingerprint: "a", Name: rules.ServerCPUHigh, StartsAt: time.Now(), SeenAt: time.Now()}})))
			time.Sleep(time.Second)
		}
		if n := cycles.Load() - before - 1; n < 1 || n > 3 {
			t.Errorf("20 s of notifications, one a second, led to %d cycles, want one each %s", n, cfg.Fleet.DebounceMax)
		}
	})
}

func TestHungDatacenterDoesNotDelayTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA, dcB)
		cfg.Capacity.MinActive = 2
		w := newBubbleSim(sim.Config{Servers: 8, Running: 0, Datacenters: []string{dcA, dcB}})
		w.Inject(sim.Fault{Kind: sim.ListHangs, On: dcA}) // before the first cycle
		s := runOver(t, cfg, w, w.Cloud())
		begun := time.Now()
		for s.Status().Counts[fleet.StateActive] < 2 {
			time.Sleep(time.Second)
			if time.Since(begun) > 10*time.Minute {
				t.Fatalf("no two servers in service after %s: %+v", time.Since(begun), s.Status().Counts)
			}
		}
		if took := time.Since(begun); took > 6*time.Minute {
			t.Errorf("two servers of the other datacenter took %s", took)
		}
		if s.Ready() {
			t.Errorf("ready although a datacenter was never read")
		}
	})
}

func TestHungWriteDoesNotDelayTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive = 3
		s, w, _ := runScaler(t, cfg, sim.Config{Servers: 4, Running: 0, Datacenters: []string{dcA}},
			func(w *sim.World) string { return w.Servers()[0].ID })
		time.Sleep(5 * time.Second) // less than the write's timeout
		starting := 0
		for _, r := range w.Servers() {
			if r.Busy || r.Power == fleet.PowerOn {
				starting++
			}
		}
		if starting != 2 {
			t.Errorf("%d servers starting while one start hangs, want the other 2", starting)
		}
		time.Sleep(10 * time.Minute)
		if n := s.Status().Counts[fleet.StateActive]; n != 3 {
			t.Errorf("%d in service, want 3, the hung one replaced: %v", n, s.Status().Counts)
		}
	})
}

func TestHungServersDoNotDelayTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.Capacity.MaxStep, cfg.Fleet.Concurrency = 20, 20, 4
		s, w, _ := runScaler(t, cfg, sim.Config{Servers: 20, Running: 0, Datacenters: []string{dcA},
			// The default of Scalelite's poller is 5 threads, which these servers would block.
			Balancer: sim.BalancerConfig{PollerThreads: 50, PollerWait: 30 * time.Second}}, nil)
		for _, r := range w.Servers()[:10] {
			w.Inject(sim.Fault{Kind: sim.BBBHangs, On: r.Name})
		}
		time.Sleep(15 * time.Minute)
		if n := s.Status().Counts[fleet.StateActive]; n != 10 {
			t.Errorf("%d in service while ten others hang, want 10: %v", n, s.Status().Counts)
		}
	})
}
