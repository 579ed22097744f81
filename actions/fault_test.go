package actions_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// faults returns every error of the cloud and the balancer at every operation. Each
// affects the first three calls or lasts 20 min.
func faults() (out []sim.Fault) {
	for _, op := range []string{"servers", "start", "stop", "resize", "request", "contract"} {
		for _, status := range []int{401, 403, 404, 409, 422, 423, 429, 500, 502, 503, 504} {
			out = append(out, sim.Fault{Kind: sim.CloudAnswers, Op: op, Status: status, Times: 3})
		}
	}
	for _, op := range []string{"start", "stop", "resize"} {
		out = append(out, sim.Fault{Kind: sim.CloudLost, Op: op, Times: 3}, sim.Fault{Kind: sim.RequestFails, Op: op, Times: 3},
			sim.Fault{Kind: sim.BusyForever, Op: op, Times: 1, For: time.Hour})
	}
	for _, op := range []string{"servers", "server", "state"} {
		for _, kind := range []sim.FaultKind{sim.BalancerDown, sim.BalancerBusy, sim.BalancerFail} {
			out = append(out, sim.Fault{Kind: kind, Op: op, For: 20 * time.Minute})
		}
	}
	return append(out, sim.Fault{Kind: sim.ListHangs, Times: 3}, sim.Fault{Kind: sim.StartHangs, Times: 1, For: time.Hour},
		sim.Fault{Kind: sim.CordonRaces, Times: 3}, sim.Fault{Kind: sim.EnableRaces, Times: 3},
		sim.Fault{Kind: sim.BBBFails, For: 20 * time.Minute}, sim.Fault{Kind: sim.BBBHangs, For: 20 * time.Minute})
}

// TestEveryFaultAtEveryOperationIsSurvived lets a fleet start, enable, grow, cordon,
// disable, stop and shrink servers during a fault. The final state must be the same as
// without the fault, no meeting may be harmed, and no promise broken.
func TestEveryFaultAtEveryOperationIsSurvived(t *testing.T) {
	for _, f := range append(faults(), sim.Fault{}) {
		t.Run(fmt.Sprintf("%s %s %d", f.Kind, f.Op, f.Status), func(t *testing.T) {
			cfg := fixtureConfig()
			fx := newFixture(t, cfg, sim.Config{Servers: 6, Running: 2, Seed: 5})
			check := fx.checkPromises()
			fx.run(time.Minute)
			fx.meetings(8, 50*time.Minute)
			fx.run(4 * time.Minute) // everybody has joined
			if f.Kind != "" {
				fx.w.Inject(f)
			}
			fx.cfg.Capacity.MinActive = 4
			must(t, fx.s.Reload(fx.cfg))
			fx.until(2*time.Hour, "scaled out", func() bool { return fx.count(fleet.StateActive) >= 4 })
			fx.cfg.Capacity.MinActive = 2
			must(t, fx.s.Reload(fx.cfg))
			fx.until(6*time.Hour, "back at the floor, the others off", func() bool {
				return fx.count(fleet.StateActive) == 2 && fx.count(fleet.StateOff) == 4
			})
			fx.unharmed()
			if len(check.broken) > 0 {
				t.Errorf("broken promises %q\n%s", check.broken, fx.describe())
			}
		})
	}
}
