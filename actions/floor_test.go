package actions_test

import (
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestScheduleRaisesTheFloorBeforeItBegins(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 1, 2
	cfg.Capacity.Schedule = schedule(t, "08:00", "12:00", 6)
	fx := newFixture(t, cfg, sim.Config{Servers: 8, Running: 1, Start: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)})
	fx.run(time.Hour)
	if n := fx.count(fleet.StateActive); n != 6 {
		t.Errorf("%d in service at 08:00, want 6\n%s", n, fx.describe())
	}
	first, _ := fx.store.Journal(t.Context(), 1000, "")
	if at := first[len(first)-1].At; at.Hour() == 7 && at.Minute() < 25 {
		t.Errorf("first start at %s: far too early", at)
	}
}

func TestTheFloorIsTheGreatestOfNumberShareAndSchedule(t *testing.T) {
	always := fleet.Schedule{{Name: "always", MinActive: 20, Intervals: []timeinterval.TimeInterval{{}}}}
	for _, tt := range []struct {
		name     string
		capacity fleet.Capacity
		servers  int
		want     int
	}{
		{"a share is rounded up", fleet.Capacity{MinActive: 2, MinActiveShare: 0.02}, 745, 15},
		{"a whole share is what it is", fleet.Capacity{MinActive: 1, MinActiveShare: 0.07}, 100, 7},
		{"of a small fleet the number is more", fleet.Capacity{MinActive: 2, MinActiveShare: 0.02}, 30, 2},
		{"no share", fleet.Capacity{MinActive: 2}, 745, 2},
		{"the schedule is more", fleet.Capacity{MinActive: 2, MinActiveShare: 0.02, Schedule: always}, 745, 20},
		{"the schedule is less", fleet.Capacity{MinActive: 2, MinActiveShare: 0.1, Schedule: always}, 745, 75},
		{"a share asks for no more than the ceiling", fleet.Capacity{MinActive: 2, MinActiveShare: 0.5, Ceiling: 10}, 100, 10},
	} {
		if got := tt.capacity.FloorAt("", time.Now(), tt.servers); got != tt.want {
			t.Errorf("%s: %+v.FloorAt(now, %d) = %d, want %d", tt.name, tt.capacity, tt.servers, got, tt.want)
		}
	}
}

func TestTheFloorIsHigherWhileNoHistoryTellsOfTheBell(t *testing.T) {
	always := fleet.Schedule{{Name: "always", MinActive: 3, Intervals: []timeinterval.TimeInterval{{}}}}
	for name, c := range map[string]struct {
		change func(*fleet.Capacity)
		want   int
	}{
		"a share of the fleet":             {func(*fleet.Capacity) {}, 5},
		"what the floor is anyway is more": {func(c *fleet.Capacity) { c.MinActive = 7 }, 7},
		"the usual share is more":          {func(c *fleet.Capacity) { c.MinActiveShare = 0.3 }, 6},
		"a schedule tells of the bell":     {func(c *fleet.Capacity) { c.Schedule = always }, 3},
		"not wanted":                       {func(c *fleet.Capacity) { c.LearningActiveShare = 0 }, 2},
		"no more than the ceiling":         {func(c *fleet.Capacity) { c.Ceiling = 4 }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fixtureConfig()
			cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare, cfg.Capacity.LearningActiveShare = 2, 0, 0.25
			c.change(&cfg.Capacity)
			fx := newFixture(t, cfg, sim.Config{Servers: 20, Running: 2})
			fx.run(time.Minute)
			if got, want := fx.s.Status().Floor, cfg.Capacity.FloorAt("", fx.w.Now(), 20); got != want {
				t.Errorf("without the alert the floor is %d, want %d", got, want)
			}
			missing := fleet.Alert{Fingerprint: "a", Name: rules.FleetHistoryMissing, StartsAt: fx.w.Now(), SeenAt: fx.w.Now()}
			must(t, onlyErr(fx.s.Notify([]fleet.Alert{missing})))
			fx.run(15 * time.Minute)
			if got := fx.s.Status(); got.Floor != c.want || got.Counts[fleet.StateActive] < c.want {
				t.Errorf("while it fires the floor is %d, and %d are active; want %d", got.Floor, got.Counts[fleet.StateActive], c.want)
			}
			missing.Resolved, missing.SeenAt = true, fx.w.Now()
			must(t, onlyErr(fx.s.Notify([]fleet.Alert{missing})))
			fx.run(time.Minute)
			if got, want := fx.s.Status().Floor, cfg.Capacity.FloorAt("", fx.w.Now(), 20); got != want {
				t.Errorf("once it is resolved the floor is %d, want %d", got, want)
			}
		})
	}
}
