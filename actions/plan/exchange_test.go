package plan_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// grown makes servers in service larger than the default size, with nobody on them and a
// low workload.
func grown(v *plan.View, servers ...int) {
	for _, i := range servers {
		s := &v.Servers[i]
		s.Size, s.Balancer.Load = fleet.Size{Cores: 4, RAM: 8192}, 0
		s.Alerts = []fleet.Alert{alert(rules.ServerCPULow)}
	}
}

func TestGrownServersLeaveTogetherWithTheirSize(t *testing.T) {
	type config = fleet.Config
	type view = plan.View
	for _, tt := range []decideCase{
		{"all that the floor needs are replaced at once", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
		}, "start bbb-5, start bbb-7"},
		{"one is not replaced soon after it came into service", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
			v.Servers[1].Record.Since = v.Now.Add(-29 * time.Minute)
		}, "start bbb-5"},
		{"one that idles is replaced although the balancer shows an old load", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
			v.Servers[0].Balancer.Load, v.Servers[1].Balancer.Load = 1148, 1137
			v.Servers[0].Alerts = append(v.Servers[0].Alerts, alert(rules.ServerMemoryLow))
		}, "start bbb-5"},
		{"none is replaced soon after a stop", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
			v.Servers[4].Record.Aim, v.Servers[4].Record.At = fleet.AimOff, v.Now.Add(-29*time.Minute)
		}, ""},
		{"none is replaced while another one is about to stop", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
			v.Servers[4].State, v.Servers[4].Power, v.Servers[4].Record.Flight = fleet.StateStopping, fleet.PowerOn, flight(fleet.Stop)
		}, ""},
		{"those that the floor will need are replaced when the first ones leave", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 2, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1, 2, 3)
			c.ScaleIn.MaxShare = 0.25
		}, "cordon bbb-1, start bbb-5, start bbb-7"},
		{"none is replaced if those of the right size are enough for the floor", func(c *config, v *view) {
			c.Capacity.MinActive, c.ScaleIn.MaxShare, v.Alerts = 2, 0.25, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
		}, "cordon bbb-1"},
		{"none is replaced while the load needs more than the floor", func(c *config, v *view) {
			c.Capacity.MinActive, c.ScaleIn.MaxShare, v.Alerts = 1, 0.25, []fleet.Alert{low(4.5, 4)}
			grown(v, 0, 1, 2, 3)
		}, "cordon bbb-1"},
		{"none is replaced for less than a quarter of its size", func(c *config, v *view) {
			c.Capacity.MinActive, c.Sizes.Fleet, c.Sizes.Max = 4, fleet.Size{Cores: 8, RAM: 8192}, fleet.Size{Cores: 8, RAM: 8192}
			v.Alerts = []fleet.Alert{low(8, 4)} // needs 4 servers of 4 cores
			grown(v, 0, 1)
		}, ""},
		{"the largest server leaves, and those that have the size needed stay", func(c *config, v *view) {
			c.Capacity.MinActive, c.Sizes.Fleet = 3, fleet.Size{Cores: 4, RAM: 8192}
			v.Alerts = []fleet.Alert{low(4, 4)} // needs 3 servers of 3 cores
			grown(v, 0, 1, 2, 3)
			v.Servers[0].Size.Cores, v.Servers[1].Size.Cores, v.Servers[2].Size.Cores = 3, 3, 3
		}, "cordon bbb-4"},
		{"the largest server leaves first", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 3, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1, 2, 3)
			v.Servers[2].Size.Cores = 6
		}, "cordon bbb-3, start bbb-5, start bbb-7, start bbb-6"},
		{"none is replaced while a server starts", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(1, 4)}
			grown(v, 0, 1)
			v.Servers[4].State, v.Servers[4].Record.Flight = fleet.StateStarting, flight(fleet.Start)
		}, ""},
		{"one is replaced if the load needs the size of the other", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 4, []fleet.Alert{low(4.4, 4)}
			grown(v, 0, 1)
		}, "start bbb-5"},
		{"one leaves if the others can grow for the load to come", func(c *config, v *view) {
			c.Capacity.MinActive, c.Sizes.Fleet, v.Alerts = 3, fleet.Size{Cores: 4, RAM: 8192}, []fleet.Alert{low(4.3, 4)}
			grown(v, 0)
		}, "cordon bbb-1"},
		{"it stays if they cannot", func(c *config, v *view) {
			c.Capacity.MinActive, v.Alerts = 3, []fleet.Alert{low(4.3, 4)}
			grown(v, 0)
		}, ""},
		{"two do not leave at once if the load needs one of them", func(c *config, v *view) {
			c.Capacity.MinActive, c.ScaleIn.MaxShare, v.Alerts = 1, 1, []fleet.Alert{low(3.6, 4)}
			grown(v, 0, 1)
		}, "cordon bbb-1"},
		{"a substitute grows to what each server will need", func(c *config, v *view) {
			c.Capacity.MinActive, c.Sizes.Fleet, v.Alerts = 2, fleet.Size{Cores: 8, RAM: 8192}, []fleet.Alert{low(3, 4)}
			v.Servers[4].State, v.Servers[4].Record.Aim = fleet.StateWarming, fleet.AimServe
			v.Servers[4].Power = fleet.PowerOn
		}, "grow bbb-5 3/8192, cordon bbb-1"},
	} {
		t.Run(tt.name, tt.test)
	}
}
