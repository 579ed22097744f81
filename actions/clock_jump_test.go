package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestClockThatIsSetBackHoldsNoStartBackForLong(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 2, 1
	sc := newSchool(t, cfg, sim.Config{Servers: 2, Running: 0})
	ahead := actions.FleetRecord{Outs: []time.Time{sc.w.Now().Add(5 * time.Hour)}, In: sc.w.Now().Add(5 * time.Hour)}
	c := actions.Commit{Fleet: &ahead}
	for _, r := range sc.w.Servers() {
		c.Records = append(c.Records, actions.Record{ID: r.ID, RetryAt: sc.w.Now().Add(5 * time.Hour), Up: sc.w.Now().Add(5 * time.Hour)})
	}
	must(t, sc.store.Commit(c))
	sc.restart()
	sc.until(cfg.Cooldowns.BackoffMax+20*time.Minute, "two in service", func() bool { return sc.count(actions.StateActive) == 2 })
	m, err := sc.store.Load()
	must(t, err)
	for _, at := range append([]time.Time{m.Fleet.In}, m.Fleet.Outs...) {
		if at.After(sc.w.Now()) {
			t.Errorf("a cooldown still begins at %s, and it is %s", at, sc.w.Now())
		}
	}
	for _, r := range m.Records {
		if r.Up.After(sc.w.Now()) {
			t.Errorf("%s grew at %s, and it is %s", r.ID, r.Up, sc.w.Now())
		}
	}
}
