package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestPauseHoldsAServerUntilItsEnd(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	sc := newSchool(t, cfg, sim.Config{Servers: 2, Running: 2})
	p, err := sc.s.Pause(actions.Pause{Server: "bbb-*", Reason: "exam", Until: sc.w.Now().Add(time.Hour)})
	must(t, err)
	sc.run(59 * time.Minute)
	if n := sc.count(actions.StateActive); n != 2 {
		t.Errorf("%d in service while paused (%s), want 2\n%s", n, p.ID, sc.describe())
	}
	sc.until(time.Hour, "scales in after the pause", func() bool { return sc.count(actions.StateOff) == 1 })
}

func TestPauseOfScaleInAloneLetsTheFleetGrow(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	sc := newSchool(t, cfg, sim.Config{Servers: 3, Running: 2})
	_, err := sc.s.Pause(actions.Pause{ScaleInOnly: true, Reason: "exam", Until: sc.w.Now().Add(2 * time.Hour)})
	must(t, err)
	sc.cfg.Capacity.MinActive = 3
	must(t, sc.s.Reload(sc.cfg))
	sc.until(20*time.Minute, "grows", func() bool { return sc.count(actions.StateActive) == 3 })
	sc.cfg.Capacity.MinActive = 1
	must(t, sc.s.Reload(sc.cfg))
	sc.run(time.Hour)
	if n := sc.count(actions.StateActive); n != 3 {
		t.Errorf("%d in service, want 3 while scale-in is paused\n%s", n, sc.describe())
	}
}

func TestPauseWithoutReasonOrEndIsRefused(t *testing.T) {
	sc := newSchool(t, schoolConfig(), sim.Config{Servers: 1, Running: 1})
	for _, p := range []actions.Pause{
		{Until: sc.w.Now().Add(time.Hour)},
		{Reason: "exam"},
		{Reason: "exam", Until: sc.w.Now().Add(time.Hour), Server: "["},
	} {
		if _, err := sc.s.Pause(p); err == nil {
			t.Errorf("Pause(%+v) was accepted", p)
		}
	}
}

func TestPauseSurvivesARestart(t *testing.T) {
	sc := newSchool(t, schoolConfig(), sim.Config{Servers: 4, Running: 4})
	_, err := sc.s.Pause(actions.Pause{Reason: "exam", Until: sc.w.Now().Add(2 * time.Hour)})
	must(t, err)
	sc.restart()
	sc.run(time.Hour)
	if n := sc.steps(); n != 0 {
		t.Errorf("%d steps while paused, want none", n)
	}
}
