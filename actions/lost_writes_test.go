package actions_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// ends are the possible outcomes of a write.
var ends = []string{"made", "made, answer lost", "lost", "failed", "refused", "killed before it was made", "killed after it was made"}

// unreliable sits between the Scaler and the simulation, and determines the outcome of
// each write.
type unreliable struct {
	fx *fixture
	// end returns the outcome of a write, one of ends.
	end func(what string) string
}

type unreliableCloud struct {
	fleet.Cloud
	*unreliable
}

type unreliableBalancer struct {
	fleet.Balancer
	*unreliable
}

func (u *unreliable) write(what string, make func() error) error {
	end := u.end(what)
	switch end {
	case "made":
		return make()
	case "lost":
		return fmt.Errorf("connection reset: %w", fleet.ErrUnknown)
	case "failed":
		return errors.New("internal server error")
	case "refused":
		return fmt.Errorf("another change is pending: %w", fleet.ErrBusy)
	case "killed before it was made":
		u.fx.store.(*crashingStore).dead = true
		return errKilled
	}
	if err := make(); err != nil {
		return err
	}
	if end == "killed after it was made" {
		u.fx.store.(*crashingStore).dead = true
	}
	return fmt.Errorf("connection reset: %w", fleet.ErrUnknown)
}

func (u unreliableCloud) change(what string, make func() (string, error)) (request string, err error) {
	err = u.write(what, func() (err error) { request, err = make(); return err })
	if err != nil {
		return "", err
	}
	return request, nil
}

func (u unreliableCloud) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return u.change("start", func() (string, error) { return u.Cloud.Start(ctx, ref) })
}

func (u unreliableCloud) Stop(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return u.change("stop", func() (string, error) { return u.Cloud.Stop(ctx, ref) })
}

func (u unreliableCloud) Resize(ctx context.Context, ref fleet.ServerRef, to fleet.Size) (string, error) {
	return u.change("resize", func() (string, error) { return u.Cloud.Resize(ctx, ref, to) })
}

func (u unreliableBalancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	return u.write(string(to), func() error { return u.Balancer.SetState(ctx, id, to) })
}

// interfere places u between the Scaler and the simulation.
func (fx *fixture) interfere(end func(what string) string) {
	u := &unreliable{fx: fx, end: end}
	fx.store = &crashingStore{Store: fx.store, left: 1 << 30}
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return unreliableCloud{c, u}, unreliableBalancer{b, u}
	}
	fx.restart()
}

// TestEveryServerReachesRestWhateverBecomesOfWrites lets random writes be lost,
// refused, or interrupted by the end of the process, while meetings begin and the
// floor rises and falls. Once writes succeed again, all servers beyond the floor must
// be switched off.
func TestEveryServerReachesRestWhateverBecomesOfWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := fixtureConfig()
		n := rapid.IntRange(2, 4).Draw(rt, "servers")
		fx := newFixture(rt, cfg, sim.Config{
			Seed: rapid.Uint64().Draw(rt, "seed"), Servers: n, Running: rapid.IntRange(0, n).Draw(rt, "running"),
			Balancer: sim.BalancerConfig{CordonRace: rapid.SampledFrom([]float64{0, 0.5}).Draw(rt, "cordon race")},
		})
		calm := false
		fx.interfere(func(string) string {
			if calm {
				return "made"
			}
			return rapid.SampledFrom(ends).Draw(rt, "write ends")
		})
		for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 6).Draw(rt, "meetings") {
				_, _ = fx.w.CreateMeeting(sim.MeetingSpec{Duration: 20 * time.Minute, Participants: 25})
			}
			fx.cfg.Capacity.MinActive = rapid.IntRange(1, n).Draw(rt, "floor")
			must(rt, fx.s.Reload(fx.cfg))
			fx.run(time.Duration(rapid.IntRange(1, 25).Draw(rt, "minutes")) * time.Minute)
		}
		calm = true
		fx.run(4 * time.Hour)
		floor := fx.cfg.Capacity.MinActive
		if active, off := fx.count(fleet.StateActive), fx.count(fleet.StateOff); active != floor || off != n-floor {
			rt.Fatalf("at rest: %d in service and %d off, want %d and %d\n%s", active, off, floor, n-floor, fx.describe())
		}
	})
}

// TestNoWriteOfADrainIsWaitedForInVain drains a server that Scalelite's poller adds
// back to the candidates, so that it is cordoned, enabled, cordoned again and stopped
// (the poller disables it). One of these writes has another outcome than reported.
func TestNoWriteOfADrainIsWaitedForInVain(t *testing.T) {
	for _, what := range []string{"cordoned", "enabled", "stop"} {
		for _, end := range ends {
			t.Run(what+" is "+end, func(t *testing.T) {
				fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 3, Running: 3, Seed: 7})
				struck := map[string]int{}
				fx.interfere(func(next string) string {
					if struck[next]++; next == what && struck[next] == 1 {
						return end
					}
					return "made"
				})
				fx.w.Inject(sim.Fault{Kind: sim.CordonRaces, Times: 1})
				fx.until(2*time.Hour, "a drain that begins", func() bool { return fx.count(fleet.StateDraining)+fx.count(fleet.StateEmpty) > 0 })
				for range 20 {
					_, _ = fx.w.CreateMeeting(sim.MeetingSpec{Duration: 5 * time.Minute, Participants: 5})
					fx.run(30 * time.Second)
				}
				fx.until(5*time.Hour, "the floor in service, the other off", func() bool {
					return fx.count(fleet.StateActive) == 2 && fx.count(fleet.StateOff) == 1
				})
				if struck[what] == 0 {
					t.Errorf("nothing was %s: the test shows nothing", what)
				}
			})
		}
	}
}
