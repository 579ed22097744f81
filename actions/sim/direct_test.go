package sim_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestAWriteThatItsCheckRefusesReachesNothing(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	before := w.Servers()[0]
	ref := fleet.ServerRef{Datacenter: before.Datacenter, ID: before.ID}
	no := errors.New("a meeting runs on it")
	ctx := fleet.WithCheck(t.Context(), func(context.Context) error { return no })
	writes := map[string]func() error{
		"start":  func() error { _, err := w.Cloud().Start(ctx, ref); return err },
		"stop":   func() error { _, err := w.Cloud().Stop(ctx, ref); return err },
		"resize": func() error { _, err := w.Cloud().Resize(ctx, ref, fleet.Size{Cores: 4, RAM: 8192}); return err },
		"state":  func() error { return w.Balancer().SetState(ctx, before.BalancerID, fleet.Disabled) },
	}
	for name, write := range writes {
		if err := write(); !errors.Is(err, no) {
			t.Errorf("%s = %v, want the check's error", name, err)
		}
	}
	w.Run(10 * time.Minute)
	after := w.Servers()[0]
	if after.Power != before.Power || after.Size != before.Size || after.State != before.State {
		t.Errorf("server %+v, want it as before: %+v", after, before)
	}
	if calls := w.Calls(); calls["cloud.stop"] != 0 || calls["balancer.state"] != 0 {
		t.Errorf("calls %v, want no write", calls)
	}
}
