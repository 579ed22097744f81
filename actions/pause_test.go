package actions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestPauseHoldsAServerUntilItsEnd(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 2, Running: 2})
	p, err := fx.s.Pause(actions.Pause{Server: "bbb-*", Reason: "exam", Until: fx.w.Now().Add(time.Hour)})
	must(t, err)
	fx.run(59 * time.Minute)
	if n := fx.count(actions.StateActive); n != 2 {
		t.Errorf("%d in service while paused (%s), want 2\n%s", n, p.ID, fx.describe())
	}
	fx.until(time.Hour, "scales in after the pause", func() bool { return fx.count(actions.StateOff) == 1 })
}

func TestPauseOfScaleInAloneLetsTheFleetGrow(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 3, Running: 2})
	_, err := fx.s.Pause(actions.Pause{ScaleInOnly: true, Reason: "exam", Until: fx.w.Now().Add(2 * time.Hour)})
	must(t, err)
	fx.cfg.Capacity.MinActive = 3
	must(t, fx.s.Reload(fx.cfg))
	fx.until(20*time.Minute, "grows", func() bool { return fx.count(actions.StateActive) == 3 })
	fx.cfg.Capacity.MinActive = 1
	must(t, fx.s.Reload(fx.cfg))
	fx.run(time.Hour)
	if n := fx.count(actions.StateActive); n != 3 {
		t.Errorf("%d in service, want 3 while scale-in is paused\n%s", n, fx.describe())
	}
}

func TestPauseWithoutReasonOrEndIsRefused(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 1, Running: 1})
	for _, p := range []actions.Pause{
		{Until: fx.w.Now().Add(time.Hour)},
		{Reason: "exam"},
		{Reason: "exam", Until: fx.w.Now().Add(time.Hour), Server: "["},
	} {
		if _, err := fx.s.Pause(p); err == nil {
			t.Errorf("Pause(%+v) was accepted", p)
		}
	}
}

func TestPauseSurvivesARestart(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 4, Running: 4})
	_, err := fx.s.Pause(actions.Pause{Reason: "exam", Until: fx.w.Now().Add(2 * time.Hour)})
	must(t, err)
	fx.restart()
	fx.run(time.Hour)
	if n := fx.steps(); n != 0 {
		t.Errorf("%d steps while paused, want none", n)
	}
}

func TestDecideKeepsToAPauseFromItsBeginningToItsEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause actions.Pause
		want  string
	}{
		{"before it begins", actions.Pause{From: noon.Add(1), Until: noon.Add(time.Hour)}, "cordon bbb-1"},
		{"as it begins", actions.Pause{From: noon, Until: noon.Add(time.Hour)}, ""},
		{"a moment before its end", actions.Pause{From: noon.Add(-time.Hour), Until: noon.Add(1)}, ""},
		{"at its end", actions.Pause{From: noon.Add(-time.Hour), Until: noon}, "cordon bbb-1"},
		{"a pause of some servers brakes no others", actions.Pause{Server: "bbb-[4-8]", From: noon, Until: noon.Add(time.Hour)}, "cordon bbb-1"},
	} {
		t.Run(tt.name, decideCase{want: tt.want, change: func(_ *actions.Config, v *actions.View) {
			v.Alerts, v.Pauses = []actions.Alert{low(0, 0)}, []actions.Pause{tt.pause}
		}}.test)
	}
}

func TestPauseOfAServerIsOverAtItsEnd(t *testing.T) {
	fx := lowFixture(t, nil)
	end := fx.w.Now().Add(3 * time.Minute)
	_, err := fx.s.Pause(actions.Pause{Server: "bbb-server[12]", Reason: "exam", Until: end})
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
	_, err := fx.s.Pause(actions.Pause{Reason: "exam", Until: end})
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
