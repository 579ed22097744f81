package actions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestHangingServerIsTakenOutWhenReadsGoOnSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive = 2
		s, w, _ := runScaler(t, cfg, sim.Config{Servers: 4, Running: 4, Datacenters: []string{dcA}}, nil)
		time.Sleep(2 * time.Minute)
		r := w.Servers()[0]
		w.Inject(sim.Fault{Kind: sim.BBBHangs, On: r.Name})
		must(t, onlyErr(s.Notify([]fleet.Alert{firing(rules.ServerDown, &r, nil)})))
		time.Sleep(5 * time.Minute)
		if got := stateOf(s, r.Name); got != fleet.StateDown {
			t.Errorf("five minutes after it began to hang it is %s, want down", got)
		}
		if now, _ := w.Server(r.Name); now.State != fleet.Cordoned && now.State != fleet.Disabled {
			t.Errorf("the balancer has it %s", now.State)
		}
	})
}

func TestHangingServerIsTakenOutAndComesBack(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, w *sim.Config) { c.Capacity.MinActive = 4 })
	fx.run(2 * time.Minute)
	lift := fx.w.Inject(sim.Fault{Kind: sim.BBBHangs, On: "bbb-server1"})
	gone := fx.w.Inject(sim.Fault{Kind: sim.ExporterGone, On: "bbb-server1"})
	fx.until(10*time.Minute, "taken out", func() bool { return fx.state("bbb-server1") == fleet.StateDown })
	if r, _ := fx.w.Server("bbb-server1"); r.State == fleet.Enabled {
		t.Errorf("still enabled in the balancer")
	}
	fx.until(10*time.Minute, "replaced", func() bool { return fx.count(fleet.StateActive) == 4 })
	lift()
	gone()
	fx.until(10*time.Minute, "back", func() bool { return fx.state("bbb-server1") == fleet.StateActive })
}

func TestServerWhoseExporterAloneIsGoneStaysInService(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, w *sim.Config) { c.Capacity.MinActive = 4 })
	fx.run(2 * time.Minute)
	fx.w.Inject(sim.Fault{Kind: sim.ExporterGone, On: "bbb-server1"})
	fx.run(time.Hour)
	if got := fx.state("bbb-server1"); got != fleet.StateActive {
		t.Errorf("state %s, want active\n%s", got, fx.describe())
	}
}
