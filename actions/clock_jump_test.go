package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestClockThatIsSetBackHoldsNoStartBackForLong(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 2, 1
	fx := newFixture(t, cfg, sim.Config{Servers: 2, Running: 0})
	ahead := fleet.FleetRecord{Outs: []time.Time{fx.w.Now().Add(5 * time.Hour)}, In: fx.w.Now().Add(5 * time.Hour)}
	c := fleet.Commit{Fleet: &ahead}
	for _, r := range fx.w.Servers() {
		c.Records = append(c.Records, fleet.Record{ID: r.ID, RetryAt: fx.w.Now().Add(5 * time.Hour), Up: fx.w.Now().Add(5 * time.Hour)})
	}
	must(t, fx.store.Commit(t.Context(), c))
	fx.restart()
	fx.until(cfg.Cooldowns.BackoffMax+20*time.Minute, "two in service", func() bool { return fx.count(fleet.StateActive) == 2 })
	m, err := fx.store.Load(t.Context())
	must(t, err)
	for _, at := range append([]time.Time{m.Fleet.In}, m.Fleet.Outs...) {
		if at.After(fx.w.Now()) {
			t.Errorf("a cooldown still begins at %s, and it is %s", at, fx.w.Now())
		}
	}
	for _, r := range m.Records {
		if r.Up.After(fx.w.Now()) {
			t.Errorf("%s grew at %s, and it is %s", r.ID, r.Up, fx.w.Now())
		}
	}
}
