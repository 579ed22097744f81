package plan_test

import (
	"fmt"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestDecideTakesNoServerThatMayNotLeave(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	const next = "cordon bbb-2" // instead of bbb-1, which has the lowest load
	for _, tt := range []decideCase{
		{"the emptiest goes", func(*config, *view) {}, "cordon bbb-1"},
		{"not one whose scale-in is paused", func(_ *config, v *view) { v.Servers[0].HoldIn = "paused: exam" }, next},
		{"not one that is held", func(_ *config, v *view) { v.Servers[0].Hold = "paused: exam" }, next},
		{"not one that grew lately", func(_ *config, v *view) { v.Servers[0].Record.Up = noon.Add(-time.Minute) }, next},
		{"not one that left service lately", func(_ *config, v *view) { v.Servers[0].Record.Down = noon.Add(-time.Minute) }, next},
		{"not one whose CPU is busy, though nobody is on it", func(_ *config, v *view) {
			v.Servers[0].Balancer.Load = 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, next},
		{"not one that the cloud is changing", func(_ *config, v *view) { v.Servers[0].Busy = true }, next},
		{"none while one is down", func(_ *config, v *view) {
			v.Servers[4].State, v.Servers[4].Power, v.Servers[4].Problem = fleet.StateDown, fleet.PowerOn, "does not answer"
		}, ""},
		{"none while one that runs is not joined", func(_ *config, v *view) {
			v.Servers[4].State, v.Servers[4].Power, v.Servers[4].Problem = fleet.StateUnjoined, fleet.PowerOn, "not registered"
		}, ""},
		{"one that is off and not joined is no matter", func(_ *config, v *view) {
			v.Servers[4].State, v.Servers[4].Problem = fleet.StateUnjoined, "not registered"
		}, "cordon bbb-1"},
	} {
		change := tt.change
		tt.change = func(c *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0)}
			change(c, v)
		}
		t.Run(tt.name, tt.test)
	}
}

func TestDecideStopsNothingWhileTheScheduleIsAboutToRise(t *testing.T) {
	for at, want := range map[string]string{"12:04": "", "23:00": "stop bbb-5"} {
		t.Run("it rises at "+at, decideCase{want: want, change: func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, c.Capacity.Schedule = 1, schedule(t, at, "23:59", 4)
			v.Servers = fleetOf(8, 5)
			empty(&v.Servers[4], fleet.Disabled)
			v.Servers[4].Alerts = []fleet.Alert{alert(rules.ServerIdle)}
		}}.test)
	}
}

// schedule raises the floor every day between two times.
func schedule(t *testing.T, from, to string, floor int) fleet.Schedule {
	t.Helper()
	var f fleet.Floor
	text := fmt.Sprintf("{name: mornings, min_active: %d, time_intervals: [{times: [{start_time: %q, end_time: %q}]}]}", floor, from, to)
	if err := yaml.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	return fleet.Schedule{f}
}
