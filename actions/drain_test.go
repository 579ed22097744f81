package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestServerWhoseStopComesLateIsNotTakenBackUntilThen(t *testing.T) {
	fx := lowFixture(t, func(c *actions.Config, _ *sim.Config) { c.Capacity.MinActive = 3 })
	check := fx.checkPromises()
	name := drainOne(t, fx)
	fx.w.Inject(sim.Fault{Kind: sim.BusyForever, On: name, For: 6 * time.Hour})
	fx.until(5*time.Hour, "its stop is given up", func() bool {
		lines, err := fx.store.Journal(100, name)
		must(t, err)
		return len(lines) > 0 && lines[0].Step.Kind == actions.Stop && lines[0].Outcome == actions.Failed
	})
	fx.cfg.Capacity.MinActive = 6
	must(t, fx.s.Reload(fx.cfg))
	for range 12 {
		fx.run(30 * time.Minute)
		fx.meetings(6, 25*time.Minute)
	}
	fx.unharmed()
	if len(check.broken) > 0 {
		t.Errorf("broken promises %q\n%s", check.broken, fx.describe())
	}
}

// drainOne brings the fleet to a state in which one server with a meeting
// drains, and returns its name.
func drainOne(t *testing.T, fx *fixture) string {
	t.Helper()
	fx.run(time.Minute)
	fx.meetings(fx.count(actions.StateActive), 90*time.Minute)
	fx.until(30*time.Minute, "a server drains", func() bool { return fx.count(actions.StateDraining) > 0 })
	for _, v := range fx.s.Status().Servers {
		if v.State == actions.StateDraining {
			return v.Name
		}
	}
	return ""
}

func TestDrainedServerIsStoppedOnlyWhenItsLastMeetingIsOver(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	fx.until(3*time.Hour, "stopped", func() bool { return fx.state(name) == actions.StateOff })
	fx.unharmed()
}

func TestDrainingServerIsReclaimedBeforeAnyStart(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	starts := fx.w.Figures().Steps[actions.Start]
	fx.cfg.Capacity.MinActive = 4
	if err := fx.s.Reload(fx.cfg); err != nil {
		t.Fatal(err)
	}
	fx.run(time.Minute)
	if got := fx.state(name); got != actions.StateActive {
		t.Errorf("%s is %s, want active\n%s", name, got, fx.describe())
	}
	if got := fx.w.Figures().Steps[actions.Start]; got != starts {
		t.Errorf("%d servers started, want none", got-starts)
	}
}

func TestEmptyServerWaitsForItsRecordings(t *testing.T) {
	fx := lowFixture(t, func(c *actions.Config, _ *sim.Config) { c.ScaleIn.RecordingsDeadline = time.Hour })
	name := drainOne(t, fx)
	stopIdle(fx)
	fx.until(3*time.Hour, "empty", func() bool { return fx.state(name) == actions.StateEmpty })
	fx.run(50 * time.Minute)
	if got := fx.state(name); got != actions.StateEmpty {
		t.Fatalf("state %s before the deadline, want empty\n%s", got, fx.describe())
	}
	fx.until(30*time.Minute, "stopped after the deadline", func() bool { return fx.state(name) == actions.StateOff })
}

// stopIdle has the idle alert ask for nothing, as if it never fired.
func stopIdle(fx *fixture) {
	asks := rules.Meanings()
	delete(asks, rules.ServerIdle)
	fx.cfg.Asks = asks
	must(fx.t, fx.s.Reload(fx.cfg))
}

func TestDecideEndsADrainOnlyWithEverySignThatNobodyIsHarmed(t *testing.T) {
	type view = actions.View
	type config = actions.Config
	old := noon.Add(-100 * time.Hour)
	for _, state := range []actions.BalancerState{actions.Cordoned, actions.Disabled} {
		done := map[actions.BalancerState]string{actions.Cordoned: "disable bbb-4", actions.Disabled: "stop bbb-4"}[state]
		for _, tt := range []decideCase{
			{"with its idle alert it goes on", func(*config, *view) {}, done},
			{"not while brakes are on", func(_ *config, v *view) { v.Brakes = []string{"the balancer cannot be read"} }, ""},
			{"not while the fleet asks for more", func(_ *config, v *view) {
				v.Alerts = []actions.Alert{alert(rules.FleetBelowMinimum)}
			}, ""},
			{"not while the whole fleet's scale-in is paused", func(_ *config, v *view) {
				v.Pauses = []actions.Pause{{ScaleInOnly: true, Reason: "exam", From: noon, Until: noon.Add(time.Hour)}}
			}, ""},
			{"not while its scale-in is paused", func(_ *config, v *view) { v.Servers[3].HoldIn = "paused: exam" }, ""},
			{"not while it is held", func(_ *config, v *view) { v.Servers[3].Hold = "paused: exam" }, ""},
			{"not while writes are blocked", func(_ *config, v *view) { v.Blocked = []string{"frozen"} }, ""},
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
			}, ""},
		} {
			change := tt.change
			tt.change = func(c *config, v *view) {
				empty(&v.Servers[3], state)
				v.Servers[3].Alerts = []actions.Alert{alert(rules.ServerIdle)}
				change(c, v)
			}
			t.Run(string(state)+": "+tt.name, tt.test)
		}
	}
}
