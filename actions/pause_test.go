package actions_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestPauseHoldsAServerUntilItsEnd(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 2, Running: 2})
	p, err := fx.s.Pause(fleet.Pause{Server: "bbb-*", Reason: "exam", Until: fx.w.Now().Add(time.Hour)})
	must(t, err)
	fx.run(59 * time.Minute)
	if n := fx.count(fleet.StateActive); n != 2 {
		t.Errorf("%d in service while paused (%s), want 2\n%s", n, p.ID, fx.describe())
	}
	fx.until(time.Hour, "scales in after the pause", func() bool { return fx.count(fleet.StateOff) == 1 })
}

func TestPauseOfScaleInAloneLetsTheFleetGrow(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 3, Running: 2})
	_, err := fx.s.Pause(fleet.Pause{ScaleInOnly: true, Reason: "exam", Until: fx.w.Now().Add(2 * time.Hour)})
	must(t, err)
	fx.cfg.Capacity.MinActive = 3
	must(t, fx.s.Reload(fx.cfg))
	fx.until(20*time.Minute, "grows", func() bool { return fx.count(fleet.StateActive) == 3 })
	fx.cfg.Capacity.MinActive = 1
	must(t, fx.s.Reload(fx.cfg))
	fx.run(time.Hour)
	if n := fx.count(fleet.StateActive); n != 3 {
		t.Errorf("%d in service, want 3 while scale-in is paused\n%s", n, fx.describe())
	}
}

func TestPauseWithoutReasonOrEndIsRefused(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 1, Running: 1})
	for _, p := range []fleet.Pause{
		{Until: fx.w.Now().Add(time.Hour)},
		{Reason: "exam"},
		{Reason: "exam", Until: fx.w.Now().Add(time.Hour), Server: "["},
	} {
		if _, err := fx.s.Pause(p); err == nil {
			t.Errorf("Pause(%+v) was accepted", p)
		}
	}
}

func TestPauseOfAServerThatTheCloudLeavesOutOfItsListIsAccepted(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 4, Running: 4})
	fx.run(time.Minute)
	fx.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: fx.w.Servers()[0].Datacenter, For: time.Hour, Share: 0.5})
	fx.restart()
	fx.run(time.Minute)
	listed := fx.s.Status().Servers
	for _, r := range fx.w.Servers() {
		p := fleet.Pause{Server: r.Name, Reason: "exam", Until: fx.w.Now().Add(time.Hour)}
		if _, err := fx.s.Pause(p); err != nil {
			t.Errorf("Pause(%s) = %v while %d of 4 servers are listed", r.Name, err, len(listed))
		}
	}
	if len(listed) == 4 {
		t.Error("all servers are listed, want some left out")
	}
}

func TestPauseSurvivesARestart(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 4, Running: 4})
	_, err := fx.s.Pause(fleet.Pause{Reason: "exam", Until: fx.w.Now().Add(2 * time.Hour)})
	must(t, err)
	fx.restart()
	fx.run(time.Hour)
	if n := fx.steps(); n != 0 {
		t.Errorf("%d steps while paused, want none", n)
	}
}

func TestPauseOfAServerIsOverAtItsEnd(t *testing.T) {
	fx := lowFixture(t, nil)
	end := fx.w.Now().Add(3 * time.Minute)
	_, err := fx.s.Pause(fleet.Pause{Server: "bbb-server[12]", Reason: "exam", Until: end})
	must(t, err)
	for _, tt := range []struct {
		server string
		at     time.Time
		held   bool
	}{
		{"bbb-server1", end.Add(-1), true},
		{"bbb-server2", end.Add(-1), true},
		{"bbb-server3", end.Add(-1), false},
		{"bbb-server1", end, false},
		{"bbb-server2", end, false},
	} {
		must(t, fx.s.Cycle(t.Context(), tt.at))
		if got := fx.reason(tt.server); strings.Contains(got, "paused until") != tt.held {
			t.Errorf("%s at %s, with a pause until %s: %q, want paused: %v", tt.server, tt.at, end, got, tt.held)
		}
	}
}

func TestStatusShowsAPauseUntilItsEnd(t *testing.T) {
	fx := lowFixture(t, nil)
	end := fx.w.Now().Add(time.Hour)
	_, err := fx.s.Pause(fleet.Pause{Reason: "exam", Until: end})
	must(t, err)
	for at, want := range map[time.Duration]int{-1: 1, 0: 0} {
		now := end.Add(at)
		fx.now = func() time.Time { return now }
		fx.restart()
		if got := fx.s.Status().Pauses; len(got) != want {
			t.Errorf("pauses at %s: %+v, want %d", now, got, want)
		}
	}
}

func TestPauseByIDHoldsThatServerAlone(t *testing.T) {
	fx := lowFixture(t, nil)
	r, err := fx.w.Server("bbb-server2")
	must(t, err)
	must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
	_, err = fx.s.Pause(fleet.Pause{Server: r.ID, Reason: "exam", Until: fx.w.Now().Add(time.Hour)})
	must(t, err)
	must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
	for server, want := range map[string]bool{"bbb-server1": false, "bbb-server2": true} {
		if got := fx.reason(server); strings.Contains(got, "paused until") != want {
			t.Errorf("%s: %q, want paused: %v", server, got, want)
		}
	}
}

func TestPauseThatMatchesNoServerIsRefused(t *testing.T) {
	fx := lowFixture(t, nil)
	must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
	for _, server := range []string{"bbb-sever1", "nothing-*", "00000000-0000-0000-0000-000000000000"} {
		_, err := fx.s.Pause(fleet.Pause{Server: server, Reason: "exam", Until: fx.w.Now().Add(time.Hour)})
		if !errors.Is(err, fleet.ErrInvalid) || !strings.Contains(err.Error(), server) || !strings.Contains(err.Error(), "such as bbb-server1 (") {
			t.Errorf("Pause(%q) = %v, want it refused with what is allowed", server, err)
		}
	}
	if got := fx.s.Status().Pauses; len(got) > 0 {
		t.Errorf("pauses %+v, want none", got)
	}
}
