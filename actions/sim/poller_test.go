package sim_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestAStoppedServerGoesOfflineAfterTwoPollsAndBackAfterOne(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	lift := w.Inject(sim.Fault{Kind: sim.BBBCrashed})
	var offlineAfter time.Duration
	for mustRead(t, w, "bbb-server1").Online && offlineAfter < time.Hour {
		w.Run(time.Second)
		offlineAfter += time.Second
	}
	if offlineAfter < 61*time.Second || offlineAfter > 2*time.Minute {
		t.Errorf("offline after %s; want at the second poll", offlineAfter)
	}
	if m := member(t, w, "bbb-server1"); m.State != fleet.Enabled || m.LoadKnown {
		t.Errorf("offline: %+v; want it enabled still, with no load", m)
	}
	lift()
	w.Run(time.Minute)
	if m := member(t, w, "bbb-server1"); !m.Online || !m.LoadKnown {
		t.Errorf("back: %+v; want it online after one poll", m)
	}
}

func TestAFewHangingServersStarveThePoller(t *testing.T) {
	w := sim.New(sim.Config{Servers: 745, Running: 745})
	for i := 83; i <= 745; i += 83 {
		w.Inject(sim.Fault{Kind: sim.BBBHangs, On: w.Servers()[i-1].Name})
	}
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: "bbb-server10"})
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: "bbb-server700"})
	w.Run(10 * time.Minute)
	if mustRead(t, w, "bbb-server10").Online {
		t.Error("a crashed server at the head of the list is online; want it polled")
	}
	if !mustRead(t, w, "bbb-server700").Online {
		t.Error("a crashed server at the end of the list is offline; want hazard 2: it is never polled")
	}
}

func TestMoreThreadsAndPatienceCureThePoller(t *testing.T) {
	w := sim.New(sim.Config{Servers: 745, Running: 745, Balancer: sim.BalancerConfig{PollerThreads: 50, PollerWait: 30 * time.Second}})
	for i := 83; i <= 745; i += 83 {
		w.Inject(sim.Fault{Kind: sim.BBBHangs, On: w.Servers()[i-1].Name})
	}
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: "bbb-server700"})
	w.Run(10 * time.Minute)
	for _, name := range []string{"bbb-server83", "bbb-server700"} {
		if mustRead(t, w, name).Online {
			t.Errorf("%s is online; want it found out", name)
		}
	}
}

// until runs w in steps of 1 s until done returns true, for at most 1 h.
func until(w *sim.World, done func() bool) (took time.Duration) {
	for ; !done() && took < time.Hour; took += time.Second {
		w.Run(time.Second)
	}
	return took
}

func TestServersThatAreOffUseUpThePollersTime(t *testing.T) {
	tests := []struct {
		name     string
		balancer sim.BalancerConfig
		min, max time.Duration // time between two polls of the last server on the list
	}{
		{name: "those that refuse cost nothing", min: time.Minute, max: 2 * time.Minute},
		{name: "behind those that are silent nobody is ever asked",
			balancer: sim.BalancerConfig{Off: sim.OffSilent}, min: time.Hour, max: time.Hour},
		{name: "with a POLLER_WAIT_TIMEOUT of an hour a cycle takes minutes",
			balancer: sim.BalancerConfig{Off: sim.OffSilent, PollerWait: time.Hour}, min: 8 * time.Minute, max: 20 * time.Minute},
		{name: "with 200 threads they are waited for side by side",
			balancer: sim.BalancerConfig{Off: sim.OffSilent, PollerThreads: 200}, min: time.Minute, max: 3 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.New(sim.Config{Servers: 400, Balancer: tt.balancer, Each: func(i int, s *sim.ServerSpec) { s.Running = i <= 20 || i == 400 }})
			w.Inject(sim.Fault{Kind: sim.BBBFails, On: "bbb-server400"})
			took := until(w, func() bool { return !mustRead(t, w, "bbb-server400").Online })
			if took < tt.min || took > tt.max {
				t.Errorf("a server that fails is offline after %v; want from %v to %v", took, tt.min, tt.max)
			}
		})
	}
}

func TestAPollIsCutShortFiveSecondsAfterItsWaitTimeout(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2, Balancer: sim.BalancerConfig{ResponseTimeout: time.Hour}})
	w.Inject(sim.Fault{Kind: sim.BBBHangs, On: "bbb-server1"})
	w.Inject(sim.Fault{Kind: sim.BBBFails, On: "bbb-server2"})
	took := until(w, func() bool { return !mustRead(t, w, "bbb-server2").Online })
	if took < 75*time.Second || took > 135*time.Second {
		t.Errorf("a server that fails is offline after %v; want at its second poll, with 75 s between two", took)
	}
}

func TestWithThePollerStarvedAServerThatStartedNeverComesOnline(t *testing.T) {
	w := sim.New(sim.Config{Servers: 400, Running: 20, Balancer: sim.BalancerConfig{Off: sim.OffSilent}})
	started := mustRead(t, w, "bbb-server300")
	if _, err := w.Cloud().Start(t.Context(), fleet.ServerRef{Datacenter: started.Datacenter, ID: started.ID}); err != nil {
		t.Fatal(err)
	}
	until(w, func() bool { return mustRead(t, w, started.Name).BBBUp })
	set(t, w, started.Name, fleet.Enabled)
	w.Run(time.Hour)
	if r := mustRead(t, w, started.Name); !r.BBBUp || r.Online || r.Takes {
		t.Errorf("an hour after its start: BigBlueButton answers %v, online %v; want it to answer, and the balancer not to know", r.BBBUp, r.Online)
	}
	if !mustRead(t, w, "bbb-server20").Takes {
		t.Error("a server at the head of the list takes no meetings; want it polled")
	}
}

func TestADeadPollerFindsNothingOut(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	set(t, w, "bbb-server2", fleet.Disabled)
	lift := w.Inject(sim.Fault{Kind: sim.PollerDead})
	set(t, w, "bbb-server2", fleet.Enabled)
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: "bbb-server1"})
	w.Run(time.Hour)
	if !mustRead(t, w, "bbb-server1").Takes {
		t.Error("a crashed server is found out; want it to go on taking meetings")
	}
	if m := member(t, w, "bbb-server2"); m.State != fleet.Enabled || m.LoadKnown {
		t.Errorf("an enabled server = %+v; want no load until it is polled", m)
	}
	lift()
	w.Run(3 * time.Minute)
	if mustRead(t, w, "bbb-server1").Takes || !mustRead(t, w, "bbb-server2").Takes {
		t.Error("once the poller is back, the crashed server takes meetings, or the enabled one does not")
	}
}
