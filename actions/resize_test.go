package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestGrowthWhoseAnswerWasLostCoolsDownToo(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	cfg.Sizes.Max.Cores = 16
	fx := newFixture(t, cfg, sim.Config{Servers: 1, Running: 1})
	check := fx.checkPromises()
	fx.w.Inject(sim.Fault{Kind: sim.CloudLost, Op: "resize", Times: 1})
	fx.run(time.Minute)
	fx.meetings(4, time.Hour)
	fx.run(20 * time.Minute)
	if len(check.grown) == 0 {
		t.Fatalf("nothing grew\n%s", fx.describe())
	}
	if len(check.broken) > 0 {
		t.Errorf("broken promises %q\n%s", check.broken, fx.describe())
	}
}
