package actions_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// TestPromisesHoldInRandomWorlds runs random fleets through random loads, faults and
// actions of people, and checks every write against the true state. Once these end,
// the fleet must scale in to its floor and stay there.
func TestPromisesHoldInRandomWorlds(t *testing.T) {
	rapid.Check(t, promises(1))
}

// TestPromisesHoldInRandomWorldsSideBySide is the same with concurrent reads and
// writes, in random order.
func TestPromisesHoldInRandomWorldsSideBySide(t *testing.T) {
	rapid.Check(t, promises(8))
}

func promises(concurrency int) func(*rapid.T) {
	return func(rt *rapid.T) {
		fx := randomFixture(rt, concurrency)
		check := fx.checkPromises()
		check.people = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "people"), 0))
		events := rapid.IntRange(10, 60).Draw(rt, "events")
		for range events {
			randomEvent(rt, fx, check)
			fx.run(time.Duration(rapid.IntRange(1, 12).Draw(rt, "quarter minutes")) * 15 * time.Second)
			if len(check.broken) > 0 {
				rt.Fatalf("broken promises: %q\n%s", check.broken, fx.describe())
			}
		}
		quiet(rt, fx, check)
	}
}

func randomFixture(rt *rapid.T, concurrency int) *fixture {
	cfg := fixtureConfig()
	cfg.Fleet.Concurrency = concurrency
	n := rapid.IntRange(2, 12).Draw(rt, "servers")
	pools, untagged := randomPools(rt, &cfg.Capacity, n)
	tagged := goldFloor(cfg, n-untagged)
	cfg.Capacity.MinActive = rapid.IntRange(1, min(untagged, 4)).Draw(rt, "min active")
	cfg.Capacity.MaxStep = rapid.IntRange(1, 5).Draw(rt, "max step")
	cfg.Capacity.Ceiling = rapid.SampledFrom([]int{0, n, max(cfg.Capacity.MinActive+tagged, n-1)}).Draw(rt, "ceiling")
	cfg.Cooldowns.Out = rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}).Draw(rt, "scale-out cooldown")
	cfg.ScaleIn.MaxShare = rapid.SampledFrom([]float64{0.1, 0.5, 1}).Draw(rt, "max share")
	cfg.ScaleIn.MaxUnseen = rapid.SampledFrom([]float64{0.1, 0.5}).Draw(rt, "max unseen")
	simCfg := sim.Config{
		Seed: rapid.Uint64().Draw(rt, "seed"), Servers: n, Running: rapid.IntRange(0, n).Draw(rt, "running"), Pools: pools,
		Cloud: sim.CloudConfig{
			Serial: rapid.Bool().Draw(rt, "serial"),
			Busy:   rapid.SampledFrom([]sim.BusyAnswer{sim.BusyQueues, sim.Busy422, sim.Busy423}).Draw(rt, "busy"),
			Cold:   rapid.SampledFrom([]sim.ColdResize{sim.ColdReboots, sim.ColdRejects, sim.ColdSilent}).Draw(rt, "cold"),
		},
		Balancer: sim.BalancerConfig{
			CordonRace: rapid.SampledFrom([]float64{0, 0, 0.2}).Draw(rt, "cordon race"),
			EnableRace: rapid.SampledFrom([]float64{0, 0, 0.2}).Draw(rt, "enable race"),
		},
	}
	if top := cfg.Capacity.Ceiling; rapid.Bool().Draw(rt, "schedule") {
		if top == 0 {
			top = n
		}
		top = min(top-tagged, untagged)
		cfg.Capacity.Schedule = schedule(rt, "07:40", "10:00", rapid.IntRange(cfg.Capacity.MinActive, top).Draw(rt, "scheduled"))
	}
	random(rt, &cfg, &simCfg)
	fx := newFixture(rt, cfg, simCfg)
	fx.side = concurrency > 1
	fx.store = &crashingStore{Store: fx.store, left: 1 << 30}
	return fx
}

// randomPools draws whether some servers have a tag, and what floor they have. It also
// returns how many have none: at least one.
func randomPools(rt *rapid.T, c *fleet.Capacity, n int) (pools []sim.Pool, untagged int) {
	if !rapid.Bool().Draw(rt, "pools") {
		return nil, n
	}
	gold := sim.Pool{Tag: "gold", Servers: rapid.IntRange(1, n-1).Draw(rt, "gold servers")}
	if rapid.Bool().Draw(rt, "gold is configured") {
		c.Pools = map[string]fleet.Pool{"gold": {MinActive: rapid.IntRange(0, min(gold.Servers, 3)).Draw(rt, "gold min active")}}
	}
	return []sim.Pool{gold}, n - gold.Servers
}

// goldFloor is the floor of the given number of servers with the tag gold.
func goldFloor(cfg fleet.Config, servers int) int {
	if servers == 0 {
		return 0
	}
	if p, ok := cfg.Capacity.Pools["gold"]; ok {
		return p.MinActive
	}
	return fleet.DefaultPool().MinActive
}

// inPool counts the servers with a tag, and those of them that are in service.
func (fx *fixture) inPool(tag string) (active, of int) {
	for _, s := range fx.s.Status().Servers {
		if s.Pool == tag {
			of++
			if s.State == fleet.StateActive {
				active++
			}
		}
	}
	return active, of
}

// random draws the properties of the servers, and how they are joined.
func random(rt *rapid.T, cfg *fleet.Config, simCfg *sim.Config) {
	templates, dynamic := rapid.Bool().Draw(rt, "templates"), rapid.Bool().Draw(rt, "dynamic addresses")
	host, err := fleet.ParseNamePattern(`bbb-(\d+)\.bbb\.example\.org`)
	must(rt, err)
	if dynamic { // DNS keeps the old address, so that only the name identifies the server
		cfg.HostNames = fleet.HostNames{Host: host, Name: "bbb-server$1"}
	}
	simCfg.Each = func(i int, s *sim.ServerSpec) {
		s.DynamicAddr = dynamic
		switch {
		case templates && i%3 == 0:
			s.Template, s.HotPlug = "CUBE", fleet.HotPlug{}
		case templates && i%3 == 1:
			s.HotPlug = fleet.HotPlug{RAM: true}
		}
	}
}

// randomEvent makes one random change to the simulated fleet.
func randomEvent(rt *rapid.T, fx *fixture, check *promiseChecker) {
	all := fx.w.Servers()
	r := all[rapid.IntRange(0, len(all)-1).Draw(rt, "server")]
	switch rapid.SampledFrom([]string{"lessons", "lessons", "nothing", "fault", "person", "give back", "restart",
		"kill", "pause", "reload"}).Draw(rt, "event") {
	case "lessons":
		for range rapid.IntRange(1, 12).Draw(rt, "meetings") {
			_, _ = fx.w.CreateMeeting(sim.MeetingSpec{
				Duration: time.Duration(rapid.IntRange(5, 60).Draw(rt, "minutes")) * time.Minute, Participants: 25, Webcams: 10,
				Tag: rapid.SampledFrom([]string{"", "gold", "gold!"}).Draw(rt, "tag"),
			})
		}
	case "fault":
		fx.w.Inject(randomFault(rt, r))
	case "person":
		personActs(rt, fx, check, r)
	case "give back":
		giveBack(fx, check, r)
	case "restart":
		fx.restart()
	case "kill":
		m := fx.store.(*crashingStore)
		m.left, m.after = rapid.IntRange(1, 6).Draw(rt, "commits"), rapid.Bool().Draw(rt, "durable")
	case "pause":
		now := fx.w.Now()
		if fx.pair != nil {
			now = fx.now() // by the clock of the daemon that takes it
		}
		p := fleet.Pause{
			Server:      rapid.SampledFrom([]string{"", r.Name, "bbb-server[1-3]"}).Draw(rt, "paused"),
			ScaleInOnly: rapid.Bool().Draw(rt, "scale in only"), Reason: "exam",
			Until: now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "pause minutes")) * time.Minute),
		}
		paused, err := fx.s.Pause(p)
		switch {
		case fx.dead(), lost(err), errors.Is(err, fleet.ErrInvalid) && !slices.ContainsFunc(all, func(r sim.Reading) bool {
			return check.known(r) && covers(p, r)
		}):
		default:
			must(rt, err)
			check.addPause(paused)
		}
	case "reload":
		c := &fx.cfg.Capacity
		untagged := 0
		for _, s := range all {
			if s.Tag == "" {
				untagged++
			}
		}
		most := min(untagged, 4)
		if c.Ceiling > 0 {
			most = min(most, c.Ceiling-goldFloor(fx.cfg, len(all)-untagged))
		}
		c.MinActive = rapid.IntRange(1, most).Draw(rt, "min active")
		fx.cfg.ScaleIn.MaxShare = rapid.SampledFrom([]float64{0.1, 0.5, 1}).Draw(rt, "max share")
		check.exclude("")
		must(rt, fx.s.Reload(fx.cfg))
		if fx.pair != nil {
			fx.pair.reload()
		}
	}
}

func randomFault(rt *rapid.T, r sim.Reading) sim.Fault {
	kinds := []sim.FaultKind{sim.StartHangs, sim.RequestFails, sim.BusyForever, sim.CloudAnswers, sim.CloudLost, sim.ListHangs,
		sim.BBBHangs, sim.BBBFails, sim.ExporterGone, sim.BalancerDown, sim.BalancerBusy, sim.BalancerFail, sim.CordonRaces,
		sim.EnableRaces, sim.ExporterUnauthorized, sim.ListShrinks}
	f := sim.Fault{
		Kind: rapid.SampledFrom(kinds).Draw(rt, "fault"), On: r.Name,
		For:    time.Duration(rapid.IntRange(1, 40).Draw(rt, "fault minutes")) * time.Minute,
		Status: rapid.SampledFrom([]int{401, 403, 404, 409, 422, 423, 429, 500, 502, 503, 504}).Draw(rt, "status"), Share: 0.5,
	}
	switch f.Kind {
	case sim.ListHangs, sim.ListShrinks:
		f.On = r.Datacenter
	case sim.BalancerDown, sim.BalancerBusy, sim.BalancerFail:
		f.On = ""
	}
	return f
}

// personActs lets a person take over a server that is in service and for which the
// scaler has no aim.
func personActs(rt *rapid.T, fx *fixture, check *promiseChecker, r sim.Reading) {
	if fx.state(r.Name) != fleet.StateActive || check.taken(r.Name) || r.Busy || !settled(fx, r) {
		return
	}
	o, what := fx.w.Operator(), rapid.SampledFrom([]string{"cordon", "disable", "stop", "resize"}).Draw(rt, "person does")
	if r.Meetings > 0 && (what == "disable" || what == "stop") {
		return
	}
	check.take(r.Name, true)
	switch what {
	case "cordon":
		must(rt, o.SetState(r.Name, fleet.Cordoned))
		check.withhold(r.Name)
	case "disable":
		must(rt, o.SetState(r.Name, fleet.Disabled))
		check.withhold(r.Name)
	case "stop":
		must(rt, o.Stop(r.Name))
	case "resize":
		must(rt, o.Resize(r.Name, r.Size.Add(fleet.Size{Cores: 1, RAM: 1024})))
	}
}

// settled reports whether the last state that the scaler wrote to the balancer is
// confirmed.
func settled(fx *fixture, r sim.Reading) bool {
	m, err := fx.store.Load(fx.t.Context())
	must(fx.t, err)
	rec, known := m.Records[r.ID]
	return known && rec.Aim == fleet.AimNone && rec.Flight == nil && rec.Tried == nil && r.State == fleet.Enabled &&
		rec.Size == r.Size && rec.Manual == ""
}

func giveBack(fx *fixture, check *promiseChecker, r sim.Reading) {
	taken := check.taken(r.Name)
	if !taken && !check.owed[r.Name] {
		return
	}
	if o := fx.w.Operator(); taken {
		if r.Power == fleet.PowerOff {
			must(fx.t, o.Start(r.Name))
		}
		must(fx.t, o.SetState(r.Name, fleet.Enabled))
	}
	// A release that fails is repeated at the latest when everything is quiet: the server may
	// be missing from the fleet now, and the daemon may be cut off.
	check.owed[r.Name] = fx.s.Release(r.Name) != nil
	check.take(r.Name, false)
}

// quiet ends all meetings and faults, gives all servers back, and checks that the
// fleet scales in to its floor.
func quiet(rt *rapid.T, fx *fixture, check *promiseChecker) {
	check.people = nil
	fx.run(45 * time.Minute) // faults end by themselves
	check.exclude("")
	must(rt, fx.s.Reload(fx.cfg))
	for _, r := range fx.w.Servers() {
		giveBack(fx, check, r)
	}
	fx.run(6 * time.Hour)
	if len(check.broken) > 0 {
		rt.Fatalf("broken promises: %q\n%s", check.broken, fx.describe())
	}
	for _, tag := range []string{"", "gold"} {
		n, of := fx.inPool(tag)
		if floor := fx.cfg.Capacity.FloorAt(tag, fx.w.Now(), of); of > 0 && n != floor {
			rt.Fatalf("at rest: %d in service in pool %q, want the floor of %d\n%s", n, tag, floor, fx.describe())
		}
	}
	before, _ := fx.store.Journal(rt.Context(), 1, "")
	fx.run(time.Hour)
	if after, _ := fx.store.Journal(rt.Context(), 1, ""); len(after) > 0 && after[0].Seq != before[0].Seq {
		rt.Fatalf("steps without a cause\n%s", fx.describe())
	}
	if most, allowed := check.outs(), fx.cfg.Capacity.MaxStep; check.skew == 0 && most > allowed {
		rt.Fatalf("%d starts within a cooldown, want at most %d\n%s", most, allowed, fx.describe())
	}
}
