package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestDecideGivesALoadWhatCarriesIt(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	for _, tt := range []decideCase{
		{"servers start until the load leaves the headroom free", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 6, 8)}
		}, "start bbb-5, start bbb-6"}, // 6 / (0.7 × 0.75) = 11.4 cores, and four servers have 8
		{"memory asks for more than CPU", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 6, 8), load(rules.FleetMemoryHigh, 4, 30)}
		}, "start bbb-5, start bbb-6, start bbb-7, start bbb-8"}, // 30 / (0.7 × 0.75) = 57.1 GiB
		{"servers on their way are not started again", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 6, 8)}
			v.Servers[4].State, v.Servers[4].Record.Flight = fleet.StateStarting, flight(fleet.Start)
		}, "start bbb-6"},
		{"a server that Prometheus does not see is not among those that carry the load it sees", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 6, 8)}
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerDown)}
		}, "start bbb-5, start bbb-6, start bbb-7"},
		{"nothing starts for a shortage within the tolerance", func(c *config, v *view) {
			c.Capacity.Tolerance, v.Alerts = 0.1, []fleet.Alert{load(rules.FleetForecastHigh, 4.6, 8)}
		}, ""}, // 8.8 cores, and there are 8
		{"a shortage beyond the tolerance counts in full", func(c *config, v *view) {
			c.Capacity.Tolerance, v.Alerts = 0.1, []fleet.Alert{load(rules.FleetForecastHigh, 6.2, 8)}
		}, "start bbb-5, start bbb-6"}, // 11.8 cores
		{"an alert without a load starts one", func(c *config, v *view) { v.Alerts = []fleet.Alert{alert(rules.FleetCPUHigh)} }, "start bbb-5"},
		{"a load that cannot be starts one", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, -1, 1)}
		}, "start bbb-5"},
		{"a load beyond all bounds starts all there are", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 1e300, 1)}
		}, "start bbb-5, start bbb-6, start bbb-7, start bbb-8"},
		{"servers in service grow before others start, all to one size", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}
		}, "grow bbb-1 3/8192, grow bbb-2 3/8192, grow bbb-3 3/8192, grow bbb-4 3/8192"},
		{"what growth does not give is started", func(c *config, v *view) {
			c.Sizes.Fleet.Cores = 4
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 9, 8)}
		}, "start bbb-5, grow bbb-1 4/8192, grow bbb-2 4/8192, grow bbb-3 4/8192, grow bbb-4 4/8192"}, // 17.1 cores, and 16 with growth
		{"the fleet's load grows no server beyond the size for it", func(c *config, v *view) {
			c.Sizes.Fleet.Cores, c.Sizes.Max.Cores = 3, 8
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 9, 8)}
		}, "start bbb-5, start bbb-6, grow bbb-1 3/8192, grow bbb-2 3/8192, grow bbb-3 3/8192, grow bbb-4 3/8192"}, // 17.1 cores, 12 with growth
		{"nor beyond half of the maximum size", func(c *config, v *view) {
			c.Sizes.Fleet.Cores, c.Sizes.Max.Cores = 8, 6
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 9, 8)}
		}, "start bbb-5, start bbb-6, grow bbb-1 3/8192, grow bbb-2 3/8192, grow bbb-3 3/8192, grow bbb-4 3/8192"},
		{"a draining server is taken back before any grows", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			drain(&v.Servers[3])
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 4, 8)}
		}, "reclaim bbb-4"},
		{"where no hot-plug is, servers are started", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			for i := range v.Servers {
				v.Servers[i].HotPlug = fleet.HotPlug{}
			}
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}
		}, "start bbb-5"}, // one server is assumed to grow; the next cycle finds that it cannot
		{"servers whose growth fails are not counted on", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			for i := range 4 {
				v.Servers[i].Record.RetryAt = noon.Add(time.Minute)
			}
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}
		}, "start bbb-5"},
		{"a server that starts grows before it serves", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			v.Servers[4].State, v.Servers[4].Power, v.Servers[4].Record.Aim = fleet.StateWarming, fleet.PowerOn, fleet.AimServe
			for i := range 4 {
				v.Servers[i].Size.Cores = 4
			}
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 10, 8)}
		}, "grow bbb-5 4/8192"},
		{"and is enabled first once it could serve", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			s := &v.Servers[4]
			s.State, s.Power, s.Record.Aim, s.Probe = fleet.StateWarming, fleet.PowerOn, fleet.AimServe, fleet.Probe{At: noon}
			for i := range 4 {
				v.Servers[i].Size.Cores = 4
			}
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 10, 8)}
		}, "enable bbb-5"},
		{"servers that are to be left alone are not counted on to grow", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			for i := range 4 {
				v.Servers[i].Hold = "resized by a person"
			}
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}
		}, "start bbb-5"},
		{"nor are those sized by a template", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			for i := range 4 {
				v.Servers[i].Template = "CUBE"
			}
			v.Alerts = []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}
		}, "start bbb-5"},
		{"nor those without hot-plug for the missing resource", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			for i := range 4 {
				v.Servers[i].HotPlug = fleet.HotPlug{CPU: true}
			}
			v.Alerts = []fleet.Alert{load(rules.FleetMemoryHigh, 1, 20)}
		}, "start bbb-5"}, // 38.1 GiB
		{"growth under way is counted on", func(c *config, v *view) {
			v.Servers[0].Record.Flight = flight(fleet.Grow)
			v.Servers[0].Record.Flight.Step.To = fleet.Size{Cores: 4, RAM: 8192}
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 5, 8)}
		}, ""}, // 9.5 cores of 10
		{"the alert that asks for less takes nothing from the one that asks for more", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 6, 8), load(rules.FleetMemoryHigh, 1, 9)}
		}, "start bbb-5, start bbb-6"},
		{"servers do not grow for a shortage within the tolerance", func(c *config, v *view) {
			c.Sizes.Fleet, c.Capacity.Tolerance, v.Alerts = c.Sizes.Max, 0.1, []fleet.Alert{load(rules.FleetForecastHigh, 6.6, 8)}
			for i := range 4 {
				v.Servers[i].Size.Cores = 3
			}
		}, ""}, // 12.6 cores of 12
		{"those that start share in what is to be carried", func(c *config, v *view) {
			c.Sizes.Fleet, v.Alerts = fleet.Size{Cores: 8, RAM: 8192}, []fleet.Alert{load(rules.FleetForecastHigh, 17, 8)}
		}, "start bbb-5, grow bbb-1 7/8192, grow bbb-2 7/8192, grow bbb-3 7/8192, grow bbb-4 7/8192"}, // 32.4 cores on five
		{"those taken back are counted on to grow", func(c *config, v *view) {
			c.Sizes.Fleet, v.Alerts = c.Sizes.Max, []fleet.Alert{load(rules.FleetForecastHigh, 7.5, 8)}
			drain(&v.Servers[3])
		}, "reclaim bbb-4, grow bbb-1 4/8192, grow bbb-2 4/8192, grow bbb-3 4/8192"}, // 14.3 cores
		{"a server that is busy itself grows by its own need and the fleet's", func(c *config, v *view) {
			c.Sizes.Fleet, v.Alerts = c.Sizes.Max, []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerMemoryHigh, rules.AnnotationValue, 0.8)}
		}, "grow bbb-1 3/13312, grow bbb-2 3/8192, grow bbb-3 3/8192, grow bbb-4 3/8192"},
	} {
		t.Run(tt.name, tt.test)
	}
}

func TestAStepNamesTheAlertBehindIt(t *testing.T) {
	cfg := fleet.Defaults()
	v := plan.View{Now: noon, Servers: fleetOf(8, 4), Alerts: []fleet.Alert{load(rules.FleetForecastHigh, 6, 8)}}
	for _, s := range plan.Decide(cfg, v).Steps { // growth alone is enough
		if s.Kind != fleet.Grow || !slices.Equal(s.Alerts, []string{rules.FleetForecastHigh}) || !strings.Contains(s.Reason, "6.0 cores") {
			t.Errorf("step %+v; want growth, for the forecast's load of 6.0 cores", s)
		}
	}
}

func TestIdleMemoryIsNeitherLoadNorCapacity(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	with := func(a fleet.Alert, idle any) fleet.Alert {
		a.Annotations[rules.AnnotationIdle] = fmt.Sprint(idle)
		return a
	}
	for _, tt := range []decideCase{
		{"a server carries only what its idle memory leaves", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{with(load(rules.FleetMemoryHigh, 1, 14), 3072)}
		}, "start bbb-5, start bbb-6"}, // 14 / (0.7 × 0.75) = 26.7 GiB, and each server has 5 for people
		{"an empty fleet is given up to the floor, however much it holds", func(c *config, v *view) {
			c.ScaleIn.MaxShare, c.Capacity.MinActive, v.Alerts = 1, 1, []fleet.Alert{with(low(0, 0), 7168)}
		}, "cordon bbb-1, cordon bbb-2, cordon bbb-3"},
		{"what is left must carry the people", func(c *config, v *view) {
			c.ScaleIn.MaxShare, c.Capacity.MinActive, v.Alerts = 1, 1, []fleet.Alert{with(low(0, 6), 3072)}
		}, "cordon bbb-1"}, // 6 / (0.7 × 0.75) = 11.4 GiB: three servers with 5 each, but two with 8
		{"a fifth of a server counts for people, whatever its services hold", func(c *config, v *view) {
			c.ScaleIn.MaxShare, c.Capacity.MinActive, v.Alerts = 1, 1, []fleet.Alert{with(low(0, 1.5), 1e300)}
		}, "cordon bbb-1, cordon bbb-2"}, // 1.5 / (0.7 × 0.75) = 2.9 GiB, and each has 1.6
		{"servers grow by what the people need", func(c *config, v *view) {
			c.Sizes.Fleet = c.Sizes.Max
			v.Alerts = []fleet.Alert{with(load(rules.FleetMemoryHigh, 1, 14), 3072)}
		}, "grow bbb-1 2/10240, grow bbb-2 2/10240, grow bbb-3 2/10240, grow bbb-4 2/10240"}, // 26.7 / 4 = 6.7 GiB each, and 3 idle
		{"an alert without it has it in its load", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetMemoryHigh, 1, 20)}
		}, "start bbb-5"}, // 38.1 GiB, and each server has 8
		{"a number that is none counts as none", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{with(load(rules.FleetMemoryHigh, 1, 20), "NaN"), with(load(rules.FleetCPUHigh, 1, 1), -5)}
		}, "start bbb-5"},
	} {
		t.Run(tt.name, tt.test)
	}
}
