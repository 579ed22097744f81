package actions_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestAFleetOfCubesIsStartedAndStoppedOverTheRealClient(t *testing.T) {
	fx := lowFixture(t, func(_ *fleet.Config, c *sim.Config) {
		c.Each = func(_ int, s *sim.ServerSpec) { s.Template, s.HotPlug = sim.Cube, fleet.HotPlug{} }
	})
	fx.watch = func(_ fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return realCloud(t, fx.w), b
	}
	fx.restart()
	off := func() (n int) {
		for _, r := range fx.w.Servers() {
			if r.Power == fleet.PowerOff {
				n++
			}
		}
		return n
	}
	fx.until(time.Hour, "all but the floor are suspended", func() bool { return off() == 6-fx.cfg.Capacity.MinActive })
	fx.cfg.Capacity.MinActive = 5
	must(t, fx.s.Reload(fx.cfg))
	fx.until(30*time.Minute, "they are resumed up to the floor", func() bool { return fx.count(fleet.StateActive) == 5 })
	calls := fx.w.Calls()
	if calls["cloud.start"]+calls["cloud.stop"]+calls["cloud.resize"] > 0 {
		t.Errorf("calls %v, want neither start nor stop nor resize of a CUBE", calls)
	}
	fx.unharmed()
}

// realCloud returns the cloud of w, through the IONOS client.
func realCloud(t *testing.T, w *sim.World) fleet.Cloud {
	t.Helper()
	server := httptest.NewServer(ionostest.New(ionostest.Config{World: w, Token: "tok"}))
	t.Cleanup(server.Close)
	c := ionos.Defaults()
	c.URL, c.Token, c.Datacenters = server.URL, "tok", len(w.Datacenters())
	cloud, err := ionos.New(c, outbound.Options{})
	must(t, err)
	return cloud
}
