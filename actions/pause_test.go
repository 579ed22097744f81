package actions_test

import (
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
