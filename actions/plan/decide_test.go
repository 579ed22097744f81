package plan_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// decideCase is a change to a fleet of eight servers, four of them in service, and
// the steps that Decide must plan for it.
type decideCase struct {
	name   string
	change func(*fleet.Config, *plan.View)
	want   string
}

func TestDecide(t *testing.T) {
	type view = plan.View
	type config = fleet.Config
	for _, tt := range []decideCase{
		{"nothing asked, nothing done", func(c *config, v *view) {}, ""},
		{"the floor is filled, in turns from each datacenter", func(c *config, v *view) { c.Capacity.MinActive = 7 },
			"start bbb-5, start bbb-6, start bbb-7"},
		{"no more than max step at once", func(c *config, v *view) { c.Capacity.MinActive, c.Capacity.MaxStep = 7, 2 }, "start bbb-5, start bbb-6"},
		{"starts within the cooldown count against max step", func(c *config, v *view) {
			c.Capacity.MinActive, c.Capacity.MaxStep = 7, 2
			v.Fleet.Outs = []time.Time{noon.Add(-time.Minute), noon.Add(-time.Hour)}
		}, "start bbb-5"},
		{"the ceiling holds", func(c *config, v *view) { c.Capacity.MinActive, c.Capacity.Ceiling = 7, 6 }, "start bbb-5, start bbb-6"},
		{"servers that nothing tells of count as on", func(c *config, v *view) {
			c.Capacity.MinActive, c.Capacity.Ceiling, v.Unknown = 7, 6, 1
		}, "start bbb-5"},
		{"the contract's room is reserved server by server", func(c *config, v *view) {
			c.Capacity.MinActive = 7
			v.Contract = &fleet.Contract{Free: fleet.Size{Cores: 5, RAM: 1 << 20}}
		}, "start bbb-5, start bbb-6"},
		{"our own budget holds", func(c *config, v *view) {
			c.Capacity.MinActive, c.Fleet.Budget.Cores = 7, 10
		}, "start bbb-5"},
		{"a draining server is taken back before one is started", func(c *config, v *view) {
			c.Capacity.MinActive = 5
			drain(&v.Servers[3])
		}, "reclaim bbb-4, start bbb-5"},
		{"a server that failed is passed over for another", func(c *config, v *view) {
			c.Capacity.MinActive = 5
			v.Servers[4].Record.Failures = 1
		}, "start bbb-7"},
		{"a server that backs off is not tried", func(c *config, v *view) {
			c.Capacity.MinActive = 8
			v.Servers[4].Record.RetryAt = noon.Add(time.Minute)
		}, "start bbb-7, start bbb-6, start bbb-8"},
		{"a low fleet gives up what the rest can carry, the emptiest first", func(c *config, v *view) {
			c.ScaleIn.MaxShare, v.Alerts = 1, []fleet.Alert{low(1, 12)}
		}, "cordon bbb-1"}, // 12 / (0.7 × 0.75) = 22.9 GiB of 32
		{"a larger server stays where a smaller one can leave", func(c *config, v *view) {
			c.ScaleIn.MaxShare, v.Alerts = 1, []fleet.Alert{low(1, 14)}
			v.Servers[0].Size.RAM = 16384
		}, "cordon bbb-2"}, // 14 / (0.7 × 0.75) = 26.7 GiB of 40
		{"meetings on draining servers count as load that comes back", func(c *config, v *view) {
			c.ScaleIn.MaxShare, v.Alerts = 1, []fleet.Alert{low(1, 8)}
			drain(&v.Servers[3])
		}, ""}, // (8 + 8/3) / (0.7 × 0.75) = 20.3 GiB, and two have 16
		{"never below the floor", func(c *config, v *view) {
			c.ScaleIn.MaxShare, c.Capacity.MinActive, v.Alerts = 1, 3, []fleet.Alert{low(0, 0)}
		}, "cordon bbb-1"},
		{"never more than a share at a time", func(c *config, v *view) { v.Alerts = []fleet.Alert{low(0, 0)} }, "cordon bbb-1"},
		{"draining ones count in the share", func(c *config, v *view) {
			drain(&v.Servers[3])
			v.Alerts = []fleet.Alert{low(0, 0)}
		}, ""},
		{"nothing is taken while anything asks for more", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0), load(rules.FleetForecastHigh, 0.1, 0.1)}
		}, ""},
		{"nothing is taken while the fleet cools down", func(c *config, v *view) {
			v.Alerts, v.Fleet.In = []fleet.Alert{low(0, 0)}, noon.Add(-time.Minute)
		}, ""},
		{"nothing is taken on a projection without figures", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{alert(rules.FleetWorkloadLow)}
		}, ""},
		{"nothing is taken while a read fails", func(c *config, v *view) {
			v.Alerts, v.Brakes = []fleet.Alert{low(0, 0)}, []fleet.Hold{{Kind: fleet.HoldRead, Text: "datacenter dc-1 cannot be read"}}
		}, ""},
		{"nothing is taken while too many are unseen", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0)}
			v.Servers[1].State, v.Servers[1].Problem = fleet.StateUncertain, "x"
		}, ""},
		{"nothing is taken from a paused fleet", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0)}
			v.Pauses = []fleet.Pause{{Reason: "exam", From: noon, Until: noon.Add(time.Hour), ScaleInOnly: true}}
		}, ""},
		{"a server whose load is unknown is not taken", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0)}
			v.Servers[0].Balancer.LoadKnown = false
		}, "cordon bbb-2"},
		{"nothing at all while writes are blocked", func(c *config, v *view) {
			c.Capacity.MinActive, v.Blocked = 8, []fleet.Hold{{Kind: fleet.HoldShortList, Text: "frozen"}}
		}, ""},
		{"a busy server grows as far as its need, in one step", func(c *config, v *view) {
			c.Sizes.Max = fleet.Size{Cores: 8, RAM: 32768}
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9), alert(rules.ServerMemoryHigh, rules.AnnotationValue, 0.8)}
		}, "grow bbb-1 4/13312"}, // 2 × 0.9 / 0.5 = 3.6; 8192 × 0.8 / 0.5 = 12.8 GiB
		{"a server that fills grows until its load leads to the threshold, in one step", func(c *config, v *view) {
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPURising, rules.AnnotationValue, 1.4), alert(rules.ServerMemoryRising, rules.AnnotationValue, 0.8)}
		}, "grow bbb-1 4/10240"}, // 2 × 1.4 / 0.7 = 4; 8192 × 0.8 / 0.7 = 9.1 GiB
		{"a server that fills while nobody is on it is at work for itself", func(c *config, v *view) {
			v.Servers[0].Balancer.Load = 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPURising, rules.AnnotationValue, 1.4)}
		}, ""},
		{"a server that fills is not drained", func(c *config, v *view) {
			v.Alerts = []fleet.Alert{low(0, 0)}
			v.Servers[0].Record.UpCores = noon.Add(-time.Minute) // within its grow cooldown
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPURising, rules.AnnotationValue, 1.4)}
		}, "cordon bbb-2"},
		{"a server at its maximum does not grow", func(c *config, v *view) {
			v.Servers[0].Size = c.Sizes.Max
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"a server without hot-plug does not grow", func(c *config, v *view) {
			v.Servers[0].HotPlug = fleet.HotPlug{RAM: true}
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"a server sized by template does not grow", func(c *config, v *view) {
			v.Servers[0].Template = "CUBE"
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"a server cools down between growths", func(c *config, v *view) {
			v.Servers[0].Record.UpCores = noon.Add(-time.Minute)
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"the cores grow while the RAM cools down", func(c *config, v *view) {
			v.Servers[0].Record.UpRAM = noon.Add(-time.Minute)
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9), alert(rules.ServerMemoryHigh, rules.AnnotationValue, 0.9)}
		}, "grow bbb-1 4/8192"},
		{"the floor is a share of the servers that are the scaler's to use", func(c *config, v *view) {
			c.Capacity.MinActiveShare = 0.7
			v.Servers[6].State, v.Servers[7].State = fleet.StateExcluded, fleet.StateManual
		}, "start bbb-5"}, // 0.7 × 6 = 4.2
		{"a draining server grows for those who are still on it", func(c *config, v *view) {
			drain(&v.Servers[0])
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, "grow bbb-1 4/8192"},
		{"a draining server that nobody is on does not grow", func(c *config, v *view) {
			drain(&v.Servers[0])
			v.Servers[0].Balancer.Load, v.Servers[0].Probe.Count.Participants = 0, 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"a draining server that lost its cordon is cordoned before it grows", func(c *config, v *view) {
			drain(&v.Servers[0])
			v.Servers[0].Balancer.State = fleet.Enabled
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, "cordon bbb-1"},
		{"it is not while the servers in its place are still on their way", func(c *config, v *view) {
			c.Capacity.MinActive = 4
			drain(&v.Servers[0])
			v.Servers[0].Balancer.State = fleet.Enabled
			v.Servers[4].State, v.Servers[4].Power, v.Servers[4].Record.Aim = fleet.StateWarming, fleet.PowerOn, fleet.AimServe
		}, ""},
		{"a busy server grows beyond what the fleet's load grows it to", func(c *config, v *view) {
			c.Sizes.Fleet.Cores, c.Sizes.Max.Cores = 3, 4
			v.Servers[0].Size.Cores = 3
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, "grow bbb-1 4/8192"},
		{"a stopped server that had grown shrinks while it is off", func(c *config, v *view) {
			v.Servers[7].Size, v.Servers[7].Record.Aim = fleet.Size{Cores: 4, RAM: 8192}, fleet.AimOff
		}, "shrink bbb-8 2/8192"},
		{"a server that is busy with its own boot does not grow", func(c *config, v *view) {
			v.Servers[0].Balancer.Load = 0
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"a grown server that the floor needs is exchanged", func(c *config, v *view) {
			c.Capacity.MinActive, v.Servers[0].Balancer.Load = 4, 0
			v.Servers[0].Size = fleet.Size{Cores: 4, RAM: 8192}
			v.Servers[0].Alerts, v.Alerts = []fleet.Alert{alert(rules.ServerCPULow)}, []fleet.Alert{low(1, 4)}
		}, "start bbb-5"},
		{"it is not exchanged while the load needs its size", func(c *config, v *view) {
			c.Capacity.MinActive, v.Servers[0].Balancer.Load = 4, 0
			v.Servers[0].Size = fleet.Size{Cores: 4, RAM: 16384}
			v.Servers[0].Alerts, v.Alerts = []fleet.Alert{alert(rules.ServerCPULow)}, []fleet.Alert{low(1, 17)}
		}, ""},
		{"two grown servers do not leave at once if the load needs one of them", func(c *config, v *view) {
			c.Capacity.MinActive, c.ScaleIn.MaxShare, v.Alerts = 1, 1, []fleet.Alert{low(3.6, 4)}
			for i := range v.Servers[:2] {
				v.Servers[i].Size, v.Servers[i].Balancer.Load = fleet.Size{Cores: 4, RAM: 8192}, 0
				v.Servers[i].Alerts = []fleet.Alert{alert(rules.ServerCPULow)}
			}
		}, "cordon bbb-1"},
		{"a server that grew for a load to come does not leave again before it comes", func(c *config, v *view) {
			v.Servers[0].Balancer.Load = 0
			v.Servers[0].Size = fleet.Size{Cores: 4, RAM: 8192}
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPULow)}
		}, ""},
		{"a started server is enabled once BigBlueButton answers", func(c *config, v *view) {
			s := &v.Servers[4]
			s.State, s.Power, s.Record.Aim, s.Probe = fleet.StateWarming, fleet.PowerOn, fleet.AimServe, fleet.Probe{At: noon}
		}, "enable bbb-5"},
		{"a server that does not answer is taken out", func(c *config, v *view) {
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerDown)}
			v.Servers[0].Probe = fleet.Probe{At: noon, Err: errors.New("timeout")}
		}, "cordon bbb-1"},
		{"a server that answers is not, though its exporter is gone", func(c *config, v *view) {
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerDown)}
			v.Servers[0].Probe = fleet.Probe{At: noon}
		}, ""},
		{"when many do not answer at once, none is taken out", func(c *config, v *view) {
			for i := range 4 {
				v.Servers[i].Alerts = []fleet.Alert{alert(rules.ServerDown)}
				v.Servers[i].Probe = fleet.Probe{At: noon, Err: errors.New("timeout")}
			}
		}, ""},
		{"an operator's own alert cordons the server that it names", func(c *config, v *view) {
			c.Asks["disk_full"] = rules.Meaning{Ask: rules.AskCordon}
			v.Servers[2].Alerts = []fleet.Alert{alert("disk_full")}
		}, "cordon bbb-3"},
		{"an empty, disabled server whose idle alert fires is stopped", func(c *config, v *view) {
			empty(&v.Servers[3], fleet.Disabled)
			v.Servers[3].Alerts = []fleet.Alert{alert(rules.ServerIdle)}
		}, "stop bbb-4"},
		{"an empty server that is still cordoned is disabled first", func(c *config, v *view) {
			empty(&v.Servers[3], fleet.Cordoned)
			v.Servers[3].Alerts = []fleet.Alert{alert(rules.ServerIdle)}
		}, "disable bbb-4"},
		{"an empty server waits for its idle alert", func(c *config, v *view) { empty(&v.Servers[3], fleet.Disabled) }, ""},
		{"breakout rooms of a meeting on a draining server are no new meetings", func(c *config, v *view) {
			drain(&v.Servers[3])
			r := &v.Servers[3].Record
			r.Confirmed, r.Least, r.LeastKnown = true, 1, true
			v.Servers[3].Probe.Count.Meetings, v.Servers[3].Probe.Count.Breakouts = 5, 4
		}, ""},
		{"a meeting more on a draining server means that it was cordoned in vain", func(c *config, v *view) {
			drain(&v.Servers[3])
			r := &v.Servers[3].Record
			r.Confirmed, r.Least, r.LeastKnown = true, 1, true
			v.Servers[3].Probe.Count.Meetings, v.Servers[3].Probe.Count.Breakouts = 6, 4
		}, "enable bbb-4"},
		{"a server that does not prove itself empty is not stopped", func(c *config, v *view) {
			drain(&v.Servers[3])
			v.Servers[3].Balancer.State = fleet.Disabled
			v.Servers[3].Probe = fleet.Probe{At: noon, Err: errors.New("timeout")}
			v.Servers[3].Alerts = []fleet.Alert{alert(rules.ServerIdle)}
		}, ""},
		{"a draining server whose stop is still pending is not taken back", func(c *config, v *view) {
			c.Capacity.MinActive = 5
			empty(&v.Servers[3], fleet.Disabled)
			v.Servers[3].Busy = true
		}, "start bbb-5, start bbb-7"},
		{"when all in service do not answer, none is taken out, however many are off", func(c *config, v *view) {
			v.Servers = fleetOf(40, 4)
			for i := range 4 {
				silent(&v.Servers[i])
			}
		}, ""},
		{"servers that fall silent one after the other are not all taken out", func(c *config, v *view) {
			silent(&v.Servers[0])
			silent(&v.Servers[1])
			v.Servers[1].State, v.Servers[1].Record.Aim, v.Servers[1].Balancer.State = fleet.StateDown, fleet.AimRepair, fleet.Cordoned
			v.Servers[1].Problem = "does not answer"
		}, ""},
		{"a headroom that leaves next to nothing of the band gives up no server", func(c *config, v *view) {
			c.ScaleIn.MaxShare, c.Capacity.Headroom, v.Alerts = 1, 0.99, []fleet.Alert{low(0.2, 0.2)}
		}, ""},
		{"growth under way counts in our own budget", func(c *config, v *view) {
			c.Fleet.Budget.Cores = 10
			v.Servers[0].Record.Flight = flight(fleet.Grow)
			v.Servers[0].Record.Flight.Step.To = fleet.Size{Cores: 4, RAM: 8192}
			v.Servers[1].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 0.9)}
		}, ""},
		{"nothing shrinks while the fleet asks for more", func(c *config, v *view) {
			c.Capacity.MaxStep, v.Alerts = 1, []fleet.Alert{load(rules.FleetCPUHigh, 6, 8)}
			v.Servers[7].Size, v.Servers[7].Record.Aim = fleet.Size{Cores: 4, RAM: 8192}, fleet.AimOff
		}, "start bbb-5"},
		{"nothing shrinks in a fleet whose scale-in is paused", func(c *config, v *view) {
			v.Pauses = []fleet.Pause{{Reason: "exam", From: noon, Until: noon.Add(time.Hour), ScaleInOnly: true}}
			v.Servers[7].Size, v.Servers[7].Record.Aim = fleet.Size{Cores: 4, RAM: 8192}, fleet.AimOff
		}, ""},
		{"nothing is taken while most that serve are unseen, however many are off", func(c *config, v *view) {
			v.Servers, v.Alerts = fleetOf(40, 4), []fleet.Alert{low(0, 0)}
			for i := 1; i < 4; i++ {
				v.Servers[i].Alerts = []fleet.Alert{alert(rules.ServerDown)}
			}
		}, ""},
		{"without a balancer servers are started and never taken", func(c *config, v *view) {
			c.NoBalancer, c.Capacity.MinActive = true, 5
			v.Alerts = nil
		}, "start bbb-5"},
	} {
		t.Run(tt.name, tt.test)
	}
}

func (tt decideCase) test(t *testing.T) {
	cfg := fleet.Defaults()
	cfg.Thresholds = rules.Thresholds{CPU: rules.Band{Min: 0.3, Max: 0.7}, Memory: rules.Band{Min: 0.3, Max: 0.7}}
	cfg.Capacity.MaxStep, cfg.Capacity.Headroom, cfg.Capacity.Tolerance, cfg.Sizes.Fleet = 10, 0.25, 0, cfg.Sizes.Default
	cfg.Cooldowns.Out = 5 * time.Minute
	v := plan.View{Now: noon, Servers: fleetOf(8, 4)}
	tt.change(&cfg, &v)
	p := plan.Decide(cfg, v)
	if got := made(p); got != tt.want {
		t.Errorf("steps %q, want %q\nreasons %v\nbrakes %q limits %q", got, tt.want, p.Reasons, p.Brakes, p.Limits)
	}
	for _, s := range v.Servers {
		if p.Reasons[s.ID] == "" {
			t.Errorf("%s got no reason", s.Name)
		}
	}
}

func TestDecideGivesTheSamePlanForTheSameView(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(rt, "servers")
		v := plan.View{Now: noon, Servers: fleetOf(n, rapid.IntRange(0, n).Draw(rt, "active"))}
		cfg := fleet.Defaults()
		cfg.Capacity.MinActive = rapid.IntRange(0, n).Draw(rt, "floor")
		if rapid.Bool().Draw(rt, "low") {
			v.Alerts = append(v.Alerts, low(0.1, 0.1))
		}
		if rapid.Bool().Draw(rt, "high") {
			v.Alerts = append(v.Alerts, load(rules.FleetCPUHigh, float64(n), 1))
		}
		one, two := plan.Decide(cfg, v), plan.Decide(cfg, v)
		if !reflect.DeepEqual(one, two) {
			rt.Fatalf("two plans for one view:\n%v\n%v", one, two)
		}
		seen := map[string]bool{}
		for _, s := range one.Steps {
			if seen[s.ServerID] {
				rt.Fatalf("two steps for %s", s.Server)
			}
			seen[s.ServerID] = true
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("servers=%d", n), func(b *testing.B) {
			cfg := fleet.Defaults()
			cfg.Capacity.MinActive = n / 10
			v := plan.View{Now: noon, Servers: fleetOf(n, n/2), Alerts: []fleet.Alert{low(0.1, 0.1)}}
			for i := range v.Servers {
				v.Servers[i].Alerts = []fleet.Alert{alert(rules.ServerMemoryLow), alert(rules.ServerIdle)}
			}
			b.ReportAllocs()
			for b.Loop() {
				plan.Decide(cfg, v)
			}
		})
	}
}
