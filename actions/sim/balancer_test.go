package sim_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func hold(t *testing.T, w *sim.World, people int) {
	t.Helper()
	if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: 3 * time.Hour, Participants: people, Fill: time.Second}); err != nil {
		t.Fatalf("CreateMeeting: %v", err)
	}
}

func set(t *testing.T, w *sim.World, name string, to fleet.BalancerState) {
	t.Helper()
	if err := w.Balancer().SetState(t.Context(), mustRead(t, w, name).BalancerID, to); err != nil {
		t.Fatalf("SetState(%s, %s): %v", name, to, err)
	}
}

// member returns a server in the balancer.
func member(t *testing.T, w *sim.World, name string) fleet.BalancerServer {
	t.Helper()
	s, err := w.Balancer().Server(t.Context(), mustRead(t, w, name).BalancerID)
	if err != nil {
		t.Fatalf("Server(%s): %v", name, err)
	}
	return s
}

func meetingsOn(t *testing.T, w *sim.World) (counts []int) {
	t.Helper()
	for _, r := range w.Servers() {
		counts = append(counts, r.Meetings)
	}
	return counts
}

func TestPlacementGoesToTheLowestLoad(t *testing.T) {
	t.Run("each create and each join weighs 1, until the poll", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 2, Running: 2})
		hold(t, w, 30) // load 31
		for range 10 {
			hold(t, w, 1) // load 2 each
		}
		if counts := meetingsOn(t, w); max(counts[0], counts[1]) != 10 {
			t.Errorf("meetings = %v; want the 10 small ones away from the large one", counts)
		}
	})
	t.Run("a burst of rooms still empty spreads by 1 each, whatever else is there", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 2, Running: 2})
		hold(t, w, 40)
		w.Run(20 * time.Minute) // after a poll: 41 and 0
		for range 30 {
			hold(t, w, 0)
		}
		counts := meetingsOn(t, w)
		if counts[0]+counts[1] != 31 || min(counts[0], counts[1]) != 1 {
			t.Errorf("meetings = %v; want the burst of 30 all on the emptier server", counts)
		}
	})
	t.Run("the multiplier makes a server heavier", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 2, Running: 2, Each: func(i int, s *sim.ServerSpec) { s.Multiplier = float64(3*i - 2) }})
		for range 10 {
			hold(t, w, 0)
		}
		if counts := meetingsOn(t, w); counts[0] != 8 || counts[1] != 2 {
			t.Errorf("meetings = %v; want 8 and 2 by multipliers 1 and 4", counts)
		}
	})
	t.Run("cordoned and disabled servers get none", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 3, Running: 3})
		set(t, w, "bbb-server1", fleet.Cordoned)
		set(t, w, "bbb-server2", fleet.Disabled)
		for range 5 {
			hold(t, w, 5)
		}
		if counts := meetingsOn(t, w); counts[0] != 0 || counts[1] != 0 || counts[2] != 5 {
			t.Errorf("meetings = %v; want all 5 on the third", counts)
		}
	})
}

func TestThePollCountsPeopleModeratorsAndYoungMeetings(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	hold(t, w, 4)
	w.Run(2 * time.Minute)
	if got := member(t, w, "bbb-server1").Load; got != 15 {
		t.Errorf("load of a young meeting of 4 = %v; want 15", got)
	}
	w.Run(16 * time.Minute)
	if got := member(t, w, "bbb-server1").Load; got != 5 {
		t.Errorf("load of an old meeting of 4 = %v; want 5, the moderator counting twice", got)
	}
}

func TestAnEnabledServerWaitsForThePollAndAReclaimedOneDoesNot(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	hold(t, w, 5)
	set(t, w, "bbb-server1", fleet.Cordoned)
	set(t, w, "bbb-server1", fleet.Enabled)
	if m := member(t, w, "bbb-server1"); !m.LoadKnown {
		t.Errorf("cordoned, then enabled: %+v; want its load kept", m)
	}
	hold(t, w, 5)
	set(t, w, "bbb-server1", fleet.Disabled)
	set(t, w, "bbb-server1", fleet.Enabled)
	if m := member(t, w, "bbb-server1"); m.State != fleet.Enabled || !m.Online || m.LoadKnown {
		t.Errorf("disabled, then enabled: %+v; want it online with no load yet", m)
	}
	if _, err := w.CreateMeeting(class()); !errors.Is(err, sim.ErrNoServers) {
		t.Errorf("CreateMeeting before the poll = %v; want ErrNoServers", err)
	}
	w.Run(2 * time.Minute)
	if m := member(t, w, "bbb-server1"); !m.LoadKnown {
		t.Errorf("after a poll: %+v; want a load", m)
	}
}

func TestACordonedServerWithNobodyBecomesDisabled(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	set(t, w, "bbb-server1", fleet.Cordoned)
	w.Run(2 * time.Minute)
	if got := mustRead(t, w, "bbb-server1").State; got != fleet.Disabled {
		t.Errorf("an empty cordoned server is %s; want disabled", got)
	}
	hold(t, w, 0) // a meeting without participants
	set(t, w, "bbb-server2", fleet.Cordoned)
	w.Run(10 * time.Minute)
	if got := mustRead(t, w, "bbb-server2").State; got != fleet.Cordoned {
		t.Errorf("with a young empty meeting it is %s; want cordoned", got)
	}
	w.Run(10 * time.Minute)
	if r := mustRead(t, w, "bbb-server2"); r.State != fleet.Disabled || r.Meetings != 1 {
		t.Errorf("with an old empty meeting it is %s, %d meetings; want disabled, 1", r.State, r.Meetings)
	}
}

func TestAHangingServerStaysOnlineAndGetsMeetings(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	w.Inject(sim.Fault{Kind: sim.BBBHangs})
	w.Run(30 * time.Minute)
	if !mustRead(t, w, "bbb-server1").Takes {
		t.Error("after 30 min of hanging it takes no meetings; want hazard 1: it still does")
	}
	if _, err := w.CreateMeeting(class()); err == nil {
		t.Error("a meeting came into being on a hanging server")
	}
	if got := w.Figures().MeetingsRefused; got != 1 {
		t.Errorf("meetings refused = %d; want 1", got)
	}
}

func TestARacedCordonTakesMeetingsUntilEnabledAndCordonedAgain(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	hold(t, w, 30)
	hold(t, w, 30) // one on each
	w.Run(20 * time.Minute)
	w.Inject(sim.Fault{Kind: sim.CordonRaces, On: "bbb-server1", Times: 1})
	set(t, w, "bbb-server1", fleet.Cordoned)
	taken := func() int {
		before := mustRead(t, w, "bbb-server1").Meetings
		for range 20 {
			hold(t, w, 1)
		}
		return mustRead(t, w, "bbb-server1").Meetings - before
	}
	if n := taken(); n == 0 || mustRead(t, w, "bbb-server1").State != fleet.Cordoned {
		t.Errorf("raced: %d new meetings, state %s; want some although it reads cordoned", n, mustRead(t, w, "bbb-server1").State)
	}
	w.Run(5 * time.Minute)
	set(t, w, "bbb-server1", fleet.Cordoned)
	if n := taken(); n == 0 {
		t.Error("cordoned a second time it takes no meetings; want that to change nothing")
	}
	set(t, w, "bbb-server1", fleet.Enabled)
	set(t, w, "bbb-server1", fleet.Cordoned)
	if n := taken(); n != 0 {
		t.Errorf("enabled and cordoned: %d new meetings; want none", n)
	}
}

func TestARacedEnableIsOverwritten(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	set(t, w, "bbb-server1", fleet.Disabled)
	w.Inject(sim.Fault{Kind: sim.EnableRaces, Times: 1})
	set(t, w, "bbb-server1", fleet.Enabled)
	if got := mustRead(t, w, "bbb-server1").State; got != fleet.Enabled {
		t.Errorf("just after: %s; want enabled", got)
	}
	w.Run(5 * time.Second)
	if got := mustRead(t, w, "bbb-server1").State; got != fleet.Disabled {
		t.Errorf("a moment later: %s; want disabled", got)
	}
	set(t, w, "bbb-server1", fleet.Enabled)
	w.Run(5 * time.Minute)
	if got := mustRead(t, w, "bbb-server1").State; got != fleet.Enabled {
		t.Errorf("enabled again: %s; want it to stay", got)
	}
}

func TestTheBalancersErrorsMatchTheirSentinels(t *testing.T) {
	for kind, want := range map[sim.FaultKind]error{sim.BalancerBusy: fleet.ErrBusy, sim.BalancerFail: fleet.ErrUnknown} {
		w := sim.New(sim.Config{Servers: 1, Running: 1})
		w.Inject(sim.Fault{Kind: kind, Times: 1})
		id := mustRead(t, w, "bbb-server1").BalancerID
		if err := w.Balancer().SetState(t.Context(), id, fleet.Cordoned); !errors.Is(err, want) {
			t.Errorf("%s: SetState = %v; want %v", kind, err, want)
		}
		if err := w.Balancer().SetState(t.Context(), id, fleet.Cordoned); err != nil {
			t.Errorf("%s, once over: %v", kind, err)
		}
	}
	w := sim.New(sim.Config{})
	if _, err := w.Balancer().Server(t.Context(), "nope"); !errors.Is(err, fleet.ErrGone) {
		t.Errorf("an unknown server: %v; want ErrGone", err)
	}
}
