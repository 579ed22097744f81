package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestDecideTakesBackOnlyServersThatAnswer(t *testing.T) {
	const instead = "start bbb-5, start bbb-6"
	for _, tt := range []struct {
		name   string
		change func(*fleet.Server)
		want   string
	}{
		{"one that drains and answers", func(*fleet.Server) {}, "reclaim bbb-4, start bbb-5"},
		{"one that is empty and answers", func(s *fleet.Server) { empty(s, fleet.Disabled) }, "reclaim bbb-4, start bbb-5"},
		{"one that was not asked", func(s *fleet.Server) { s.Probe = fleet.Probe{} }, instead},
		{"one that does not answer", func(s *fleet.Server) { s.Probe = fleet.Probe{At: noon, Err: errors.New("timeout")} }, instead},
		{"one that is held", func(s *fleet.Server) { s.Hold = "paused: exam" }, instead},
		{"one whose stop is in flight", func(s *fleet.Server) {
			empty(s, fleet.Disabled)
			s.State, s.Record.Flight = fleet.StateStopping, flight(fleet.Stop)
		}, "start bbb-5, start bbb-7"}, // its datacenter has a change in progress
	} {
		t.Run(tt.name, decideCase{want: tt.want, change: func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive = 5
			drain(&v.Servers[3])
			tt.change(&v.Servers[3])
		}}.test)
	}
}

func TestAServerStartsInPlaceOfAnOversizedOneOnlyWithinTheLimits(t *testing.T) {
	for _, tt := range []decideCase{
		{"within all limits", func(*fleet.Config, *plan.View) {}, "start bbb-5"},
		{"not when the contract has no room", func(_ *fleet.Config, v *plan.View) { v.Contract = &fleet.Contract{} }, ""},
		{"not beyond the budget", func(c *fleet.Config, _ *plan.View) { c.Fleet.Budget.Cores = 8 }, ""},
		{"not beyond the ceiling", func(c *fleet.Config, _ *plan.View) { c.Capacity.Ceiling = 4 }, ""},
		{"not beyond the max step", func(c *fleet.Config, v *plan.View) {
			c.Capacity.MaxStep, v.Fleet.Outs = 1, []time.Time{noon.Add(-time.Second)}
		}, ""},
	} {
		change := tt.change
		tt.change = func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(0, 0)}
			v.Servers[0].Size.RAM, v.Servers[0].Balancer.Load = 16384, 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerMemoryLow)}
			change(c, v)
		}
		t.Run(tt.name, tt.test)
	}
}
