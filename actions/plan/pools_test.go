package plan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// gold gives the servers a tag in the balancer.
func gold(servers ...*fleet.Server) {
	for _, s := range servers {
		s.Balancer.Tag = "gold"
	}
}

// about makes an alert one about a pool.
func about(pool string, a fleet.Alert) fleet.Alert {
	a.Labels = map[string]string{rules.LabelPool: pool}
	return a
}

// TestDecideCountsCapacityByPool changes a fleet of eight servers, of which two with
// the tag gold and two without one are in service: gold are 1, 2, 5 and 6.
func TestDecideCountsCapacityByPool(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	for _, tt := range []decideCase{
		{"each pool at its floor, nothing done", func(*config, *view) {}, ""},
		{"only servers with a tag are in service, and one without is started", func(_ *config, v *view) {
			off(&v.Servers[2], &v.Servers[3])
		}, "start bbb-3, start bbb-4"},
		{"none with the tag is in service, and one is started though the others suffice", func(_ *config, v *view) {
			off(&v.Servers[0], &v.Servers[1])
		}, "start bbb-1"},
		{"a draining one of the pool is taken back, not one of another pool", func(_ *config, v *view) {
			off(&v.Servers[0])
			drain(&v.Servers[1])
			drain(&v.Servers[3])
			v.Servers[3].Probe = fleet.Probe{}
		}, "reclaim bbb-2, start bbb-7"},
		{"a pool's own floor", func(c *config, _ *view) { c.Capacity.Pools = map[string]fleet.Pool{"gold": {MinActive: 3}} }, "start bbb-5"},
		{"a pool without a floor", func(c *config, v *view) {
			c.Capacity.Pools = map[string]fleet.Pool{"gold": {}}
			off(&v.Servers[0], &v.Servers[1])
		}, ""},
		{"a pool without a floor gives up its last server when nobody is on it", func(c *config, v *view) {
			c.Capacity.Pools = map[string]fleet.Pool{"gold": {}}
			off(&v.Servers[1])
			v.Servers[0].Balancer.Load, v.Alerts = 0, []fleet.Alert{about("gold", low(0.1, 1))}
		}, "cordon bbb-1"},
		{"a pool without a floor keeps its last server while somebody is on it", func(c *config, v *view) {
			c.Capacity.Pools = map[string]fleet.Pool{"gold": {}}
			off(&v.Servers[1])
			v.Alerts = []fleet.Alert{about("gold", low(0.1, 1))}
		}, ""},
		{"the schedule names the pool", func(c *config, _ *view) {
			c.Capacity.Schedule = schedule(t, "11:00", "13:00", 4)
			c.Capacity.Schedule[0].Pool = "gold"
		}, "start bbb-5, start bbb-6"},
		{"a schedule that names none is for the servers without a tag", func(c *config, _ *view) {
			c.Capacity.Schedule = schedule(t, "11:00", "13:00", 4)
		}, "start bbb-7, start bbb-8"},
		{"a pool's share is of its own servers", func(c *config, _ *view) { c.Capacity.MinActiveShare = 0.75 }, "start bbb-7, start bbb-5"},
		{"a pool without history learns, the others do not", func(c *config, v *view) {
			c.Capacity.LearningActiveShare = 1
			v.Alerts = []fleet.Alert{about("gold", alert(rules.FleetHistoryMissing))}
		}, "start bbb-5, start bbb-6"},
		{"the load of a pool starts servers of that pool", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{about("gold", load(rules.FleetCPUHigh, 3, 1))}
		}, "start bbb-5"},
		{"the load of the servers without a tag starts others without one", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 3, 1)}
		}, "start bbb-7"},
		{"an alert about a pool that nobody has changes nothing", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{about("silver", load(rules.FleetCPUHigh, 30, 1)), about("silver", low(0, 0))}
		}, ""},
		{"a low pool gives up servers while another asks for more", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{about("gold", low(0, 0)), load(rules.FleetCPUHigh, 3, 1)}
		}, "start bbb-7, cordon bbb-1"},
		{"a low pool stays at its floor, however many of another are in service", func(_ *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0)}
		}, ""},
		{"an empty server of one pool is stopped while another asks for more", func(_ *config, v *view) {
			empty(&v.Servers[0], fleet.Disabled)
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerIdle)}
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 3, 1)}
		}, "start bbb-7, stop bbb-1"},
		{"a substitute for an oversized server is of its pool", func(_ *config, v *view) {
			off(&v.Servers[1])
			v.Servers[0].Size.RAM, v.Servers[0].Balancer.Load = 16384, 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerMemoryLow)}
			v.Alerts = []fleet.Alert{about("gold", low(0, 0))}
		}, "start bbb-5"},
		{"when many do not answer at once none is taken out, of however many pools", func(_ *config, v *view) {
			for i := range 4 {
				v.Servers[i].Balancer.Tag = string(rune('a' + i))
				silent(&v.Servers[i])
			}
			v.Servers = v.Servers[:4]
		}, ""},
		{"a balancer that takes none stops starts in every pool", func(c *config, v *view) {
			c.Capacity.Pools = map[string]fleet.Pool{"gold": {MinActive: 4}}
			leftOut(&v.Servers[6], time.Hour)
			leftOut(&v.Servers[4], 30*time.Minute)
			gold(&v.Servers[4])
		}, "start bbb-6"},
	} {
		change := tt.change
		tt.change = func(c *fleet.Config, v *plan.View) {
			c.ScaleIn.MaxShare = 1
			gold(&v.Servers[0], &v.Servers[1], &v.Servers[4], &v.Servers[5])
			change(c, v)
		}
		t.Run(tt.name, tt.test)
	}
}

// off has the servers be off.
func off(servers ...*fleet.Server) {
	for _, s := range servers {
		s.Power, s.State = fleet.PowerOff, fleet.StateOff
		s.Balancer = &fleet.BalancerServer{ID: s.ID, Tag: s.Balancer.Tag, State: fleet.Disabled}
	}
}

// TestPoolsShareTheLimitsOfTheAccount changes a fleet of eight servers that are all
// off, while a floor of three in each of two pools is to be filled.
func TestPoolsShareTheLimitsOfTheAccount(t *testing.T) {
	for _, tt := range []decideCase{
		{"without a limit all get what they lack", func(*fleet.Config, *plan.View) {},
			"start bbb-3, start bbb-1, start bbb-4, start bbb-2, start bbb-7, start bbb-5"},
		{"they take turns within the max step", func(c *fleet.Config, _ *plan.View) { c.Capacity.MaxStep = 3 }, "start bbb-3, start bbb-1, start bbb-4"},
		{"they take turns up to the ceiling", func(c *fleet.Config, _ *plan.View) { c.Capacity.Ceiling = 4 },
			"start bbb-3, start bbb-1, start bbb-4, start bbb-2"},
		{"they take turns within the contract", func(_ *fleet.Config, v *plan.View) {
			v.Contract = &fleet.Contract{Free: fleet.Size{Cores: 5, RAM: 1 << 20}}
		}, "start bbb-3, start bbb-1"},
		{"floors come before the load of another pool", func(c *fleet.Config, v *plan.View) {
			c.Capacity.MinActive, c.Capacity.MaxStep = 1, 5
			v.Alerts = []fleet.Alert{load(rules.FleetCPUHigh, 4, 1)}
		}, "start bbb-3, start bbb-1, start bbb-2, start bbb-5, start bbb-4"},
	} {
		change := tt.change
		tt.change = func(c *fleet.Config, v *plan.View) {
			v.Servers = fleetOf(8, 0)
			gold(&v.Servers[0], &v.Servers[1], &v.Servers[4], &v.Servers[5])
			c.Capacity.MinActive, c.Capacity.Pools = 3, map[string]fleet.Pool{"gold": {MinActive: 3}}
			change(c, v)
		}
		t.Run(tt.name, tt.test)
	}
}

func TestPlanTellsTheFloorAndTheNeedOfEachPool(t *testing.T) {
	cfg := fleet.Defaults()
	cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = 2, 0
	cfg.Capacity.Pools = map[string]fleet.Pool{"gold": {MinActive: 3}, "silver": {MinActive: 1}}
	v := plan.View{Now: noon, Servers: fleetOf(8, 0)}
	gold(&v.Servers[0], &v.Servers[1])
	p := plan.Decide(cfg, v)
	want := []fleet.PoolPlan{{Pool: "", Floor: 2, Need: 2}, {Pool: "gold", Floor: 3, Need: 3}}
	if !slices.Equal(p.Pools, want) || p.Floor != 5 || p.Need != 5 {
		t.Errorf("pools %+v, floor %d, need %d; want %+v, 5 and 5", p.Pools, p.Floor, p.Need, want)
	}
	if want := []fleet.Hold{{Kind: fleet.HoldFleet, Pool: "gold", Text: "pool gold: fleet: 1 more server is needed, but no stopped server is left to start"}}; !slices.Equal(p.Limits, want) {
		t.Errorf("limits %+v, want %+v", p.Limits, want)
	}
}

func TestThereIsAPoolForEachTagThatTheBalancerKnows(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func([]fleet.Server)
		want   []string
	}{
		{"none has a tag", func([]fleet.Server) {}, []string{""}},
		{"some have one", func(all []fleet.Server) { gold(&all[3]) }, []string{"", "gold"}},
		{"all have one", func(all []fleet.Server) { gold(&all[0], &all[1], &all[2], &all[3]) }, []string{"gold"}},
		{"the balancer does not know the one without", func(all []fleet.Server) {
			gold(&all[0], &all[1], &all[2])
			all[3].Balancer, all[3].State, all[3].Problem = nil, fleet.StateUnjoined, "not registered"
		}, []string{"gold"}},
		{"the one without is excluded", func(all []fleet.Server) {
			gold(&all[0], &all[1], &all[2])
			all[3].State, all[3].Problem = fleet.StateExcluded, "excluded"
		}, []string{"gold"}},
		{"the balancer knows none", func(all []fleet.Server) {
			for i := range all {
				all[i].Balancer, all[i].State, all[i].Problem = nil, fleet.StateUncertain, "not read"
			}
		}, []string{""}},
	} {
		v := plan.View{Now: noon, Servers: fleetOf(4, 0)}
		tt.change(v.Servers)
		var got []string
		p := plan.Decide(fleet.Defaults(), v)
		for _, pool := range p.Pools {
			got = append(got, pool.Pool)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: pools %q, want %q", tt.name, got, tt.want)
		}
	}
}
