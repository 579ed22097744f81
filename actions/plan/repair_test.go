package plan_test

import (
	"errors"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestDecideBringsServersIntoServiceOnlyOnceTheyAnswer(t *testing.T) {
	type server = fleet.Server
	answers, fails := fleet.Probe{At: noon}, fleet.Probe{At: noon, Err: errors.New("timeout")}
	down := func(s *server, aim fleet.Aim, state fleet.BalancerState) {
		s.State, s.Power, s.Problem = fleet.StateDown, fleet.PowerOn, "does not answer"
		s.Record.Aim, s.Balancer.State, s.Probe = aim, state, answers
	}
	warming := func(s *server) {
		s.State, s.Power, s.Record.Aim, s.Probe = fleet.StateWarming, fleet.PowerOn, fleet.AimServe, answers
	}
	for _, tt := range []struct {
		name   string
		change func(*server)
		want   string
	}{
		{"one that was taken out and answers", func(s *server) { down(s, fleet.AimRepair, fleet.Cordoned) }, "enable bbb-5"},
		{"one that exceeded its deadline while it started, and answers", func(s *server) { down(s, fleet.AimServe, fleet.Disabled) }, "enable bbb-5"},
		{"not one that does not answer", func(s *server) {
			down(s, fleet.AimServe, fleet.Disabled)
			s.Probe = fails
		}, ""},
		{"not one that was not asked", func(s *server) {
			down(s, fleet.AimRepair, fleet.Cordoned)
			s.Probe = fleet.Probe{}
		}, ""},
		{"not one whose exporter is gone", func(s *server) {
			down(s, fleet.AimRepair, fleet.Cordoned)
			s.Alerts = []fleet.Alert{alert(rules.ServerDown)}
		}, ""},
		{"not one that the balancer itself found offline", func(s *server) { down(s, fleet.AimNone, fleet.Enabled) }, ""},
		{"not one that is enabled already", func(s *server) { down(s, fleet.AimServe, fleet.Enabled) }, ""},
		{"one that was taken out and lost its cordon is cordoned first", func(s *server) { down(s, fleet.AimRepair, fleet.Enabled) }, "cordon bbb-5"},
		{"one that started and answers", warming, "enable bbb-5"},
		{"not one that started and does not answer yet", func(s *server) {
			warming(s)
			s.Probe = fails
		}, ""},
		{"not one that was not asked since it started", func(s *server) {
			warming(s)
			s.Probe = fleet.Probe{}
		}, ""},
		{"not one that was enabled and waits for the balancer's poll", func(s *server) {
			warming(s)
			s.Balancer.State = fleet.Enabled
		}, ""},
		{"one that drains, was disabled, and has people again is cordoned, so that they can join", func(s *server) {
			drain(s)
			s.Power, s.Balancer.State = fleet.PowerOn, fleet.Disabled
		}, "cordon bbb-5"},
	} {
		t.Run(tt.name, decideCase{want: tt.want, change: func(_ *fleet.Config, v *plan.View) { tt.change(&v.Servers[4]) }}.test)
	}
}

func TestDecideStartsAnotherInPlaceOfOneThatIsTakenOut(t *testing.T) {
	decideCase{want: "cordon bbb-1, start bbb-5", change: func(c *fleet.Config, v *plan.View) {
		c.Capacity.MinActive = 4
		silent(&v.Servers[0])
	}}.test(t)
}
