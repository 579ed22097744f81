package plan_test

import (
	"errors"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
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
		}, "start bbb-5, start bbb-7"}, // its datacenter has a change under way
	} {
		t.Run(tt.name, decideCase{want: tt.want, change: func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive = 5
			drain(&v.Servers[3])
			tt.change(&v.Servers[3])
		}}.test)
	}
}
