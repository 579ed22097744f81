package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestDecideEndsADrainOnlyWithEverySignThatNobodyIsHarmed(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	old := noon.Add(-100 * time.Hour)
	for _, state := range []fleet.BalancerState{fleet.Cordoned, fleet.Disabled} {
		done := map[fleet.BalancerState]string{fleet.Cordoned: "disable bbb-4", fleet.Disabled: "stop bbb-4"}[state]
		for _, tt := range []decideCase{
			{"with its idle alert it goes on", func(*config, *view) {}, done},
			{"not while brakes are on", func(_ *config, v *view) {
				v.Brakes = []fleet.Hold{{Kind: fleet.HoldRead, Text: "the balancer cannot be read"}}
			}, ""},
			{"not while the fleet asks for more", func(_ *config, v *view) {
				v.Alerts = []fleet.Alert{alert(rules.FleetBelowMinimum)}
			}, ""},
			{"not while the whole fleet's scale-in is paused", func(_ *config, v *view) {
				v.Pauses = []fleet.Pause{{ScaleInOnly: true, Reason: "exam", From: noon, Until: noon.Add(time.Hour)}}
			}, ""},
			{"not while its scale-in is paused", func(_ *config, v *view) { v.Servers[3].HoldIn = "paused: exam" }, ""},
			{"not while it is held", func(_ *config, v *view) { v.Servers[3].Hold = "paused: exam" }, ""},
			{"not while writes are blocked", func(_ *config, v *view) { v.Blocked = []fleet.Hold{{Kind: fleet.HoldShortList, Text: "frozen"}} }, ""},
			{"not while it backs off", func(_ *config, v *view) { v.Servers[3].Record.RetryAt = noon.Add(time.Second) }, ""},
			{"not while another change of it is pending", func(_ *config, v *view) { v.Servers[3].Busy = true }, ""},
			{"not before the balancer's state is confirmed", func(_ *config, v *view) { v.Servers[3].Record.Confirmed = false }, ""},
			{"not without its idle alert, just after it became empty", func(_ *config, v *view) { v.Servers[3].Alerts = nil }, ""},
			{"not without its idle alert, a moment before the deadline", func(c *config, v *view) {
				v.Servers[3].Alerts, v.Servers[3].Record.EmptySince = nil, noon.Add(time.Second-c.ScaleIn.RecordingsDeadline)
			}, ""},
			{"without its idle alert it goes on at the deadline", func(c *config, v *view) {
				v.Servers[3].Alerts, v.Servers[3].Record.EmptySince = nil, noon.Add(-c.ScaleIn.RecordingsDeadline)
			}, done},
			{"never without its idle alert where there is no deadline", func(c *config, v *view) {
				c.ScaleIn.RecordingsDeadline = 0
				v.Servers[3].Alerts, v.Servers[3].Record.EmptySince = nil, old
			}, ""},
			{"not while it has meetings, whatever the idle alert says", func(_ *config, v *view) {
				drain(&v.Servers[3])
				v.Servers[3].Balancer.State = state
				v.Servers[3].Record.Confirmed, v.Servers[3].Record.EmptySince = true, old
				v.Servers[3].Probe.Count.Participants = 0
			}, map[fleet.BalancerState]string{fleet.Disabled: "cordon bbb-4"}[state]}, // so that people can join it
			{"a cordoned one not before it has been empty for a poll interval", func(c *config, v *view) {
				v.Servers[3].Record.EmptySince = noon.Add(time.Second - c.PollInterval)
			}, map[fleet.BalancerState]string{fleet.Disabled: "stop bbb-4"}[state]},
			{"not when it is not known since when it is empty", func(c *config, v *view) {
				v.Servers[3].Alerts, v.Servers[3].Record.EmptySince = nil, time.Time{}
			}, ""},
		} {
			change := tt.change
			tt.change = func(c *config, v *view) {
				empty(&v.Servers[3], state)
				v.Servers[3].Alerts = []fleet.Alert{alert(rules.ServerIdle)}
				change(c, v)
			}
			t.Run(string(state)+": "+tt.name, tt.test)
		}
	}
}

func TestDecideTakesACordonForVainOnlyOnProof(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*fleet.Server)
		want   string
	}{
		{"a meeting more", func(*fleet.Server) {}, "enable bbb-4"},
		{"as many as before", func(s *fleet.Server) { s.Record.Least = 2 }, ""},
		{"not confirmed yet", func(s *fleet.Server) { s.Record.Confirmed = false }, ""},
		{"not counted before", func(s *fleet.Server) { s.Record.LeastKnown = false }, ""},
		{"not cordoned, but disabled", func(s *fleet.Server) { s.Balancer.State = fleet.Disabled }, "cordon bbb-4"},
		{"it does not answer now", func(s *fleet.Server) { s.Probe.Err = errors.New("timeout") }, ""},
	} {
		t.Run(tt.name, decideCase{want: tt.want, change: func(_ *fleet.Config, v *plan.View) {
			s := &v.Servers[3]
			drain(s)
			s.Record.Confirmed, s.Record.Least, s.Record.LeastKnown = true, 1, true
			s.Probe.Count = fleet.MeetingCount{Meetings: 2}
			tt.change(s)
		}}.test)
	}
}

func TestAnEmptyServerSaysForWhatItWaitsAndUntilWhen(t *testing.T) {
	cfg := fleet.Defaults()
	for name, tt := range map[string]struct {
		change func(*fleet.Config, *fleet.Server)
		want   string
	}{
		"for its idle alert": {func(*fleet.Config, *fleet.Server) {},
			"empty; waits for the alert BBBServerIdle, which fires when no recording is left to process; stopped without it at 13:30:00 UTC (scale_in.recordings_deadline)"},
		"for an alert that cannot fire": {func(_ *fleet.Config, s *fleet.Server) { s.Alerts = []fleet.Alert{alert(rules.ServerDown)} },
			"empty; waits for the alert BBBServerIdle, which cannot fire while Prometheus does not see the server; stopped without it at 13:30:00 UTC (scale_in.recordings_deadline)"},
		"without a limit": {func(c *fleet.Config, _ *fleet.Server) { c.ScaleIn.RecordingsDeadline = 0 },
			"empty; waits for the alert BBBServerIdle, which fires when no recording is left to process; scale_in.recordings_deadline sets no limit"},
	} {
		c, servers := cfg, fleetOf(4, 4)
		empty(&servers[3], fleet.Disabled)
		servers[3].Alerts, servers[3].Record.EmptySince = nil, noon.Add(-30*time.Minute)
		tt.change(&c, &servers[3])
		got := plan.Decide(c, plan.View{Now: noon, Servers: servers}).Reasons[servers[3].ID]
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
