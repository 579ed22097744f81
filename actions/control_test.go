package actions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func (sc *school) steps() (n int) {
	for _, k := range sc.w.Figures().Steps {
		n += k
	}
	return n
}

func TestDryRunJournalsAndWritesNothing(t *testing.T) {
	cfg := schoolConfig()
	cfg.DryRun, cfg.Capacity.MinActive = true, 3
	sc := newSchool(t, cfg, sim.Config{Servers: 4, Running: 1})
	sc.run(30 * time.Minute)
	if n := sc.steps(); n != 0 {
		t.Errorf("%d changes were made, want none", n)
	}
	lines, _ := sc.store.Journal(10, "")
	if len(lines) != 2 || !lines[0].DryRun || lines[0].Step.Kind != actions.Start {
		t.Errorf("journal %+v, want two starts, once each", lines)
	}
}

func TestRefusedCredentialsStopAllWrites(t *testing.T) {
	for _, status := range []int{401, 403} {
		cfg := schoolConfig()
		cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 3, 1
		sc := newSchool(t, cfg, sim.Config{Servers: 4, Running: 0})
		lift := sc.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "write", Status: status})
		sc.run(10 * time.Minute)
		if got := sc.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0], "credentials") {
			t.Errorf("%d: blocked %q, want the credentials named", status, got)
		}
		lines, _ := sc.store.Journal(100, "")
		if len(lines) > 2 {
			t.Errorf("%d: %d journal lines, want one try\n%s", status, len(lines), sc.describe())
		}
		lift()
		sc.until(time.Hour, "goes on by itself", func() bool { return sc.count(actions.StateActive) == 3 })
	}
}

func TestEverythingFreezesWhileTheListIsSuddenlyShort(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 6
	sc := newSchool(t, cfg, sim.Config{Servers: 12, Running: 6})
	sc.run(5 * time.Minute)
	before := sc.steps()
	lift := sc.w.Inject(sim.Fault{Kind: sim.ListShrinks, Share: 0.5})
	sc.run(40 * time.Minute)
	if got := sc.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0], "frozen") {
		t.Errorf("blocked %q, want frozen", got)
	}
	if n := sc.steps() - before; n != 0 {
		t.Errorf("%d steps while frozen, want none\n%s", n, sc.describe())
	}
	lift()
	sc.run(time.Minute)
	if got := sc.s.Status().Blocked; len(got) != 0 {
		t.Errorf("still blocked: %q", got)
	}
}

func TestStormOfAlertsCausesNoMoreThanTheBoundedSteps(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.ScaleIn.MaxShare = 10, 0.2
	sc := newSchool(t, cfg, sim.Config{Servers: 20, Running: 20})
	sc.run(3 * time.Minute)
	before := sc.steps()
	for range 10 { // all exporters gone, back, gone …
		lift := sc.w.Inject(sim.Fault{Kind: sim.ExporterGone})
		sc.run(4 * time.Minute)
		lift()
		sc.run(4 * time.Minute)
	}
	if n := sc.count(actions.StateActive); n < 10 {
		t.Errorf("%d in service after the storm, want the floor of 10 at least", n)
	}
	// Eighty minutes allow 16 cooldowns of at most 4 drains, down to the floor.
	if n := sc.steps() - before; n > 3*10 {
		t.Errorf("%d steps, want at most cordon, disable and stop of ten servers\n%s", n, sc.describe())
	}
	sc.unharmed()
}

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

func TestScheduleRaisesTheFloorBeforeItBegins(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 1, 2
	cfg.Capacity.Schedule = schedule(t, "08:00", "12:00", 6)
	sc := newSchool(t, cfg, sim.Config{Servers: 8, Running: 1, Start: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)})
	sc.run(time.Hour)
	if n := sc.count(actions.StateActive); n != 6 {
		t.Errorf("%d in service at 08:00, want 6\n%s", n, sc.describe())
	}
	first, _ := sc.store.Journal(1000, "")
	if at := first[len(first)-1].At; at.Hour() == 7 && at.Minute() < 25 {
		t.Errorf("first start at %s: far too early", at)
	}
}
