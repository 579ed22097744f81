package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// leftOut changes a server to one that answers and is enabled, but that the balancer
// has not brought online before its deadline.
func leftOut(s *fleet.Server, since time.Duration) {
	s.Power, s.State, s.Problem = fleet.PowerOn, fleet.StateDown, "was not in service before deadlines.warm"
	s.Balancer = &fleet.BalancerServer{ID: s.ID, State: fleet.Enabled}
	s.Record.Aim, s.Record.At, s.Probe = fleet.AimServe, noon.Add(-since), fleet.Probe{At: noon}
}

func TestServersThatTheBalancerDoesNotTakeStopFurtherStarts(t *testing.T) {
	for _, tt := range []decideCase{
		{"the first that is left out is replaced: it may be sick itself", func(_ *fleet.Config, v *plan.View) {
			leftOut(&v.Servers[4], time.Hour)
		}, "start bbb-7"},
		{"once its substitute is left out too, no other is started", func(_ *fleet.Config, v *plan.View) {
			leftOut(&v.Servers[4], time.Hour)
			leftOut(&v.Servers[5], 30*time.Minute)
		}, ""},
		{"a server that the balancer left out before it took another is replaced", func(_ *fleet.Config, v *plan.View) {
			leftOut(&v.Servers[4], time.Hour)
			leftOut(&v.Servers[5], time.Hour)
			v.Servers[0].Record.At = noon.Add(-30 * time.Minute)
		}, "start bbb-7"},
		{"servers that do not answer are replaced", func(_ *fleet.Config, v *plan.View) {
			for i := 4; i < 6; i++ {
				leftOut(&v.Servers[i], time.Hour)
				v.Servers[i].Probe.Err = errors.New("timeout")
			}
		}, "start bbb-7"},
	} {
		change := tt.change
		tt.change = func(c *fleet.Config, v *plan.View) { c.Capacity.MinActive = 5; change(c, v) }
		t.Run(tt.name, tt.test)
	}
}

func TestPeopleAreToldThatThePollerIsSick(t *testing.T) {
	cfg := fleet.Defaults()
	cfg.Capacity.MinActive = 5
	v := plan.View{Now: noon, Servers: fleetOf(8, 4)}
	leftOut(&v.Servers[4], time.Hour)
	leftOut(&v.Servers[5], time.Hour)
	if got := plan.Decide(cfg, v); fleet.CountHolds(got.Limits, fleet.HoldPoller) != 1 {
		t.Errorf("limits %v, want one of kind %s", got.Limits, fleet.HoldPoller)
	}
}

func TestAServerThatTheBalancerDoesNotTakeIsDrainedOnceNobodyNeedsIt(t *testing.T) {
	for _, tt := range []decideCase{
		{"while the workload is low", func(*fleet.Config, *plan.View) {}, "cordon bbb-5"},
		{"also if so many are left out that they count as unseen", func(_ *fleet.Config, v *plan.View) {
			leftOut(&v.Servers[5], time.Hour)
			leftOut(&v.Servers[6], time.Hour)
		}, "cordon bbb-5, cordon bbb-6, cordon bbb-7"},
		{"not without an alert that asks for fewer servers", func(_ *fleet.Config, v *plan.View) { v.Alerts = nil }, ""},
		{"not while another alert asks for more", func(_ *fleet.Config, v *plan.View) {
			v.Alerts = append(v.Alerts, load(rules.FleetCPUHigh, 2, 0))
		}, ""},
		{"not while the floor lacks a server", func(c *fleet.Config, v *plan.View) { c.Capacity.MinActive, c.Capacity.Ceiling = 5, 5 }, ""},
		{"not while the floor waits for one that is left out", func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive = 5
			leftOut(&v.Servers[5], time.Hour)
		}, ""},
		{"not before the schedule raises the floor", func(c *fleet.Config, _ *plan.View) {
			c.Capacity.Schedule, c.Capacity.Ceiling = schedule(t, "12:01", "23:59", 5), 5
		}, ""},
		{"not while something else keeps capacity", func(_ *fleet.Config, v *plan.View) { v.Brakes = []fleet.Hold{{Text: "contested"}} }, ""},
		{"not while scale-in of it is paused", func(_ *fleet.Config, v *plan.View) { v.Servers[4].HoldIn = "paused" }, ""},
		{"not with a meeting on it", func(_ *fleet.Config, v *plan.View) { v.Servers[4].Probe.Count.Meetings = 1 }, ""},
		{"not if it does not answer", func(_ *fleet.Config, v *plan.View) { v.Servers[4].Probe.Err = errors.New("timeout") }, ""},
	} {
		change := tt.change
		tt.change = func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(0, 0)}
			leftOut(&v.Servers[4], time.Hour)
			change(c, v)
		}
		t.Run(tt.name, tt.test)
	}
}

func TestServersThatTheBalancerDidNotTakeStartLast(t *testing.T) {
	for _, tt := range []decideCase{
		{"others start first", func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, v.Servers[4].Record.Skipped = 6, true
		}, "start bbb-7, start bbb-6"},
		{"they start if no others are left", func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, v.Servers[4].Record.Skipped = 8, true
		}, "start bbb-7, start bbb-6, start bbb-5, start bbb-8"},
		{"none replaces a larger server in service", func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(0, 0)}
			v.Servers[0].Size.RAM, v.Servers[0].Balancer.Load = 16384, 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerMemoryLow)}
			for i := range v.Servers[4:] {
				v.Servers[4+i].Record.Skipped = true
			}
		}, ""},
	} {
		t.Run(tt.name, tt.test)
	}
}
