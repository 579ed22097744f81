package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
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
