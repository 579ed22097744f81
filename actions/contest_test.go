package actions_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// addDaemon starts a second daemon on the fleet, with a store of its own.
func (fx *fixture) addDaemon(change func(*fleet.Config)) *actions.Scaler {
	fx.t.Helper()
	cfg := fx.cfg
	change(&cfg)
	s, err := actions.New(cfg, actions.Deps{
		Cloud: fx.w.Cloud(), Balancer: fx.w.Balancer(), Meetings: fx.w.Meetings(), Resolve: fx.w.Resolve,
		Store: store.NewMemory(), Now: fx.w.Now, InOrder: true,
	})
	must(fx.t, err)
	fx.others = append(fx.others, s)
	return s
}

// contested reports whether the status of a daemon says so.
func contested(s *actions.Scaler) bool {
	return fleet.CountHolds(s.Status().Brakes, fleet.HoldContested) > 0
}

// contestedFleet has twelve servers, eight of which run, and two daemons: s wants
// four in service and the other six. Now and then there are meetings.
func contestedFleet(t *testing.T) (fx *fixture, other *actions.Scaler) {
	t.Helper()
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 4
	fx = newFixture(t, cfg, sim.Config{Servers: 12, Running: 8, Seed: 7})
	return fx, fx.addDaemon(func(c *fleet.Config) { c.Capacity.MinActive = 6 })
}

// lessons lets time pass with some meetings every twenty minutes.
func (fx *fixture) lessons(d time.Duration) {
	for end := fx.w.Now().Add(d); fx.w.Now().Before(end); fx.run(20 * time.Minute) {
		fx.meetings(3, 15*time.Minute)
	}
}

func TestTwoDaemonsNoticeEachOtherWithinTenMinutes(t *testing.T) {
	fx, other := contestedFleet(t)
	var log bytes.Buffer
	fx.log = slog.New(slog.NewTextHandler(&log, nil))
	fx.restart()
	undone := func() bool { return fx.w.Figures().Steps[fleet.Cordon]*fx.w.Figures().Steps[fleet.Enable] > 0 }
	fx.until(3*time.Hour, "both have changed something", undone)
	fx.until(10*time.Minute, "noticed by both", func() bool { return contested(fx.s) && contested(other) })
	fx.lessons(6 * time.Hour)
	fx.unharmed()
	if n := strings.Count(log.String(), "level=WARN"); n == 0 || n > 6 {
		t.Errorf("%d warnings in six hours, want one when each contest begins:\n%s", n, log.String())
	}
}

func TestTwoDaemonsDoNotGoOnUndoingEachOther(t *testing.T) {
	fx, _ := contestedFleet(t)
	fx.lessons(6 * time.Hour)
	fx.unharmed()
	if got := fx.w.Figures().Steps; got[fleet.Cordon] > 40 || got[fleet.Enable]+got[fleet.Reclaim] > 40 {
		t.Errorf("steps in six hours: %v; want no more than 40 cordons and 40 enables\n%s", got, fx.describe())
	}
}

func TestFleetComesBackOnceTheSecondDaemonIsGone(t *testing.T) {
	for _, gone := range []time.Duration{30 * time.Minute, 2 * time.Hour} {
		fx, other := contestedFleet(t)
		fx.lessons(gone)
		fx.s, fx.others = other, nil // the one that wants fewer is gone
		fx.run(12 * time.Hour)
		fx.unharmed()
		if active, manual := fx.count(fleet.StateActive), fx.count(fleet.StateManual); active != 6 || manual != 0 || contested(fx.s) {
			t.Errorf("gone after %s: %d in service, %d left to people; want the floor of 6, and none\n%s", gone, active, manual, fx.describe())
		}
	}
}

func TestContestSurvivesARestart(t *testing.T) {
	fx, _ := contestedFleet(t)
	fx.until(3*time.Hour, "noticed", func() bool { return contested(fx.s) })
	fx.restart()
	fx.tick()
	if !contested(fx.s) {
		t.Errorf("the contest is forgotten\n%s", fx.describe())
	}
}

// TestPredecessorThatStopsServersIsNoticed has a scaler that knows nothing of
// Scalelite and stops all servers without participants but two, every five
// minutes, as the one before ours does.
func TestPredecessorThatStopsServersIsNoticed(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.Schedule = schedule(t, "07:30", "10:00", 8)
	fx := newFixture(t, cfg, sim.Config{Servers: 20, Running: 3, Seed: 7})
	stopped := 0
	predecessor := func() {
		idle := 0
		for _, r := range fx.w.Servers() {
			if r.Power != fleet.PowerOn || r.Meetings > 0 || r.Busy {
				continue
			}
			if idle++; idle > 2 {
				must(t, fx.w.Operator().Stop(r.Name))
				stopped++
			}
		}
	}
	for range 12 {
		fx.run(5 * time.Minute)
		predecessor()
	}
	if !contested(fx.s) {
		t.Fatalf("%d stops were not noticed\n%s", stopped, fx.describe())
	}
	if starts := fx.w.Figures().Steps[fleet.Start]; starts > 18 {
		t.Errorf("%d starts; each of the 17 stopped servers once, at most\n%s", starts, fx.describe())
	}
	fx.run(3 * time.Hour) // it is gone
	if manual := fx.count(fleet.StateManual); manual > 0 {
		t.Errorf("%d servers are still left alone\n%s", manual, fx.describe())
	}
}

func TestPersonAtWorkIsNotTakenForASecondScaler(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 12
	fx := newFixture(t, cfg, sim.Config{Servers: 20, Running: 12, Seed: 7})
	fx.run(time.Hour)
	all := fx.w.Servers()
	for _, r := range all[:10] { // maintenance of servers that are in service
		must(t, fx.w.Operator().SetState(r.Name, fleet.Cordoned))
		fx.run(30 * time.Second)
	}
	fresh := 0
	for _, r := range fx.w.Servers()[12:] { // others have started in their place, and three are not wanted
		if started := fx.record(r.Name).MadeAt; fx.state(r.Name) == fleet.StateActive && fx.w.Now().Sub(started) < 5*time.Minute && fresh < 3 {
			fresh++
			must(t, fx.w.Operator().Stop(r.Name))
		}
	}
	for range 4 * 60 {
		fx.tick()
		if contested(fx.s) {
			t.Fatalf("taken for a second scaler\n%s", fx.describe())
		}
	}
	if manual := fx.count(fleet.StateManual); manual != 10+fresh || fresh != 3 {
		t.Errorf("%d servers are left to the person, want 13\n%s", manual, fx.describe())
	}
}
