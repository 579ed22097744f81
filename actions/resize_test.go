package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestGrowthWhoseAnswerWasLostCoolsDownToo(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	cfg.Sizes.Max.Cores = 16
	sc := newSchool(t, cfg, sim.Config{Servers: 1, Running: 1})
	g := sc.guard()
	sc.w.Inject(sim.Fault{Kind: sim.CloudLost, Op: "resize", Times: 1})
	sc.run(time.Minute)
	sc.lessons(4, time.Hour)
	sc.run(20 * time.Minute)
	if len(g.grown) == 0 {
		t.Fatalf("nothing grew\n%s", sc.describe())
	}
	if len(g.broken) > 0 {
		t.Errorf("broken promises %q\n%s", g.broken, sc.describe())
	}
}
