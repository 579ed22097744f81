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

func TestDecideDrainsServersWithoutRoomForPeopleFirst(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	high := alert(rules.ServerMemoryHigh, rules.AnnotationValue, 0.9)
	leak := alert(rules.ServerMemoryLeaking, rules.AnnotationValue, 2.5)
	largest := func(c *config, v *view) { v.Servers[3].Size = c.Sizes.Max }
	for _, tt := range []decideCase{
		{"one that leaks, although most people are on it", func(_ *config, v *view) {
			v.Alerts, v.Servers[3].Alerts = []fleet.Alert{low(0, 0)}, []fleet.Alert{leak}
		}, "cordon bbb-4"},
		{"none while the fleet's workload is not low", func(_ *config, v *view) { v.Servers[3].Alerts = []fleet.Alert{leak} }, ""},
		{"none that the others need", func(_ *config, v *view) {
			v.Alerts, v.Servers[3].Alerts = []fleet.Alert{low(1, 14)}, []fleet.Alert{leak}
		}, ""},
		{"none below the floor", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts, v.Servers[3].Alerts = 4, []fleet.Alert{low(0, 0)}, []fleet.Alert{leak}
		}, ""},
		{"one that leaks leaves and does not wait until it has grown", func(c *config, v *view) {
			largest(c, v)
			v.Alerts, v.Servers[3].Alerts = []fleet.Alert{low(0, 0)}, []fleet.Alert{leak, high}
		}, "cordon bbb-4"},
		{"one that is full and cannot grow", func(c *config, v *view) {
			largest(c, v)
			v.Alerts, v.Servers[3].Alerts = []fleet.Alert{low(0, 0)}, []fleet.Alert{high}
		}, "cordon bbb-4"},
		{"one that is full and can grow, grows", func(_ *config, v *view) {
			v.Alerts, v.Servers[3].Alerts = []fleet.Alert{low(0, 0)}, []fleet.Alert{high}
		}, "grow bbb-4 2/14336, cordon bbb-1"},
		{"one whose people need cores stays", func(c *config, v *view) {
			largest(c, v)
			v.Alerts, v.Servers[3].Alerts = []fleet.Alert{low(0, 0)}, []fleet.Alert{leak, high, alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, "cordon bbb-1"},
		{"one that leaks until it is full is replaced at the floor", func(c *config, v *view) {
			largest(c, v)
			c.Capacity.MinActive, v.Alerts, v.Servers[3].Alerts = 4, []fleet.Alert{low(0, 0)}, []fleet.Alert{leak, high}
		}, "start bbb-5"},
		{"one that is full of people is not replaced at the floor", func(c *config, v *view) {
			largest(c, v)
			c.Capacity.MinActive, v.Alerts, v.Servers[3].Alerts = 4, []fleet.Alert{low(0, 0)}, []fleet.Alert{high}
		}, ""},
	} {
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
