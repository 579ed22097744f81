package actions_test

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// throttled is a cloud whose client sends each stop twice: the rate limit refuses the
// first attempt, and meanwhile is called while the client waits.
type throttled struct {
	fleet.Cloud
	meanwhile func(fleet.ServerRef)
}

func (c throttled) Stop(ctx context.Context, ref fleet.ServerRef) (string, error) {
	if err := fleet.Check(ctx); err != nil {
		return "", err
	}
	c.meanwhile(ref)
	return c.Cloud.Stop(ctx, ref)
}

func TestStopThatWaitedIsNotSentToAServerThatIsWantedAgain(t *testing.T) {
	for _, tt := range []struct {
		name      string
		meanwhile func(*fixture, string)
	}{
		{"a meeting begins on it", func(fx *fixture, name string) {
			_, err := fx.w.HostMeeting(name, sim.MeetingSpec{ID: "m", Duration: time.Hour, Participants: 2})
			must(fx.t, err)
		}},
		{"a person enables it", func(fx *fixture, name string) { must(fx.t, fx.w.Operator().SetState(name, fleet.Enabled)) }},
		{"a person pauses it", func(fx *fixture, name string) {
			_, err := fx.s.Pause(fleet.Pause{Server: name, Reason: "exam", Until: fx.w.Now().Add(time.Hour)})
			must(fx.t, err)
		}},
		{"a person pauses all scale-in", func(fx *fixture, _ string) {
			_, err := fx.s.Pause(fleet.Pause{ScaleInOnly: true, Reason: "exam", Until: fx.w.Now().Add(time.Hour)})
			must(fx.t, err)
		}},
		{"a reload excludes it", func(fx *fixture, name string) {
			cfg := fx.cfg
			cfg.Fleet.Exclude = []string{name}
			must(fx.t, fx.s.Reload(cfg))
		}},
		{"BigBlueButton does not answer any more", func(fx *fixture, name string) {
			fx.w.Inject(sim.Fault{Kind: sim.BBBHangs, On: name, For: time.Hour})
		}},
		{"the balancer does not answer any more", func(fx *fixture, _ string) {
			fx.w.Inject(sim.Fault{Kind: sim.BalancerDown, For: time.Hour})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := lowFixture(t, nil)
			stopped := ""
			fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
				return throttled{c, func(ref fleet.ServerRef) {
					for _, r := range fx.w.Servers() {
						if r.ID == ref.ID && stopped == "" {
							stopped = r.Name
							tt.meanwhile(fx, r.Name)
						}
					}
				}}, b
			}
			fx.restart()
			drainOne(t, fx)
			fx.until(4*time.Hour, "a stop is sent", func() bool { return stopped != "" })
			fx.run(5 * time.Minute)
			if r, err := fx.w.Server(stopped); err != nil || r.Power != fleet.PowerOn {
				t.Errorf("%s is %s\n%s", stopped, r.Power, fx.describe())
			}
			if n := fx.w.Figures().MeetingsEndedEarly; n > 0 {
				t.Errorf("%d meetings ended", n)
			}
		})
	}
}

func TestAServerThatAPersonMadeLargerIsNotMadeSmallerByItsGrowth(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 2, Running: 2})
	fx.run(time.Minute)
	r := fx.w.Servers()[0]
	fx.w.Inject(sim.Fault{Kind: sim.ListHangs, On: r.Datacenter, For: 4 * time.Minute}) // the scaler uses its last list
	larger := fleet.Size{Cores: 8, RAM: 16384}
	must(t, fx.w.Operator().Resize(r.Name, larger))
	high := fires(rules.ServerMemoryHigh, fx.w.Now(), fx.w.Now())
	high.Labels, high.Annotations = map[string]string{rules.LabelServerID: r.ID}, value(0.99)
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{high})))
	for range 16 {
		must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
		fx.w.Run(15 * time.Second)
		if got, err := fx.w.Server(r.Name); err != nil || got.Size != larger {
			t.Fatalf("it has %s, want the %s that a person gave it\n%s", got.Size, larger, fx.describe())
		}
	}
}

func TestARoomThatIsOpenedOnADisabledServerCanBeJoined(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.ScaleIn.RecordingsDeadline = 0 })
	name := drainOne(t, fx)
	stopIdle(fx) // the server stays on
	fx.until(4*time.Hour, "it is disabled", func() bool { r, _ := fx.w.Server(name); return r.State == fleet.Disabled })
	_, err := fx.w.HostMeeting(name, sim.MeetingSpec{ID: "room", Duration: time.Hour, Participants: 0})
	must(t, err)
	fx.run(time.Minute)
	if r, _ := fx.w.Server(name); r.State == fleet.Disabled {
		t.Errorf("it is %s: people who were given the link cannot join\n%s", r.State, fx.describe())
	}
}
