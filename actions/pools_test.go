package actions_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// create has people ask for meetings with a tag, and returns how many were refused.
func (fx *fixture) create(n int, tag string) (refused int) {
	fx.t.Helper()
	for range n {
		switch _, err := fx.w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: 5, Tag: tag}); {
		case errors.Is(err, sim.ErrNoServers), errors.Is(err, sim.ErrTagUnavailable):
			refused++
		default:
			must(fx.t, err)
		}
	}
	return refused
}

// TestMeetingsFindAServerThoughOnlyTheWrongPoolIsUp has two idle servers in service,
// which Scalelite gives no meeting of the kind that is asked for.
func TestMeetingsFindAServerThoughOnlyTheWrongPoolIsUp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pools []sim.Pool
		asks  string
		tag   string // of the servers that must come
	}{
		{name: "servers with a tag, and meetings without one", pools: []sim.Pool{{Tag: "gold", Servers: 2, Running: 2}, {Servers: 4}}},
		{name: "servers without a tag, and meetings that require one", pools: []sim.Pool{{Servers: 2, Running: 2}, {Tag: "gold", Servers: 4}}, asks: "gold!", tag: "gold"},
		{name: "servers of another tag, and meetings that require one", pools: []sim.Pool{{Tag: "silver", Servers: 2, Running: 2}, {Tag: "gold", Servers: 4}},
			asks: "gold!", tag: "gold"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := newFixture(t, fixtureConfig(), sim.Config{Pools: tt.pools})
			if n := fx.create(22, tt.asks); n != 22 {
				t.Fatalf("%d of 22 are refused at first, want all", n)
			}
			fx.until(10*time.Minute, "a server of the pool in service", func() bool { n, _ := fx.inPool(tt.tag); return n > 0 })
			if n := fx.create(22, tt.asks); n != 0 {
				t.Errorf("%d of 22 are refused once the pool is up, want none\n%s", n, fx.describe())
			}
		})
	}
}

func TestEachPoolComesDownToItsOwnFloor(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive, cfg.Capacity.Pools = 1, map[string]fleet.Pool{"gold": {MinActive: 2}}
	fx := newFixture(t, cfg, sim.Config{Pools: []sim.Pool{{Tag: "gold", Servers: 4, Running: 4}, {Servers: 4, Running: 4}}})
	fx.run(6 * time.Hour)
	want := []fleet.PoolStatus{
		{Floor: 1, Counts: map[fleet.State]int{fleet.StateActive: 1, fleet.StateOff: 3}},
		{Pool: "gold", Floor: 2, Counts: map[fleet.State]int{fleet.StateActive: 2, fleet.StateOff: 2}},
	}
	got := fx.s.Status().Pools
	if !slices.EqualFunc(got, want, func(a, b fleet.PoolStatus) bool {
		return a.Pool == b.Pool && a.Floor == b.Floor && a.Need == b.Need && a.Counts[fleet.StateActive] == b.Counts[fleet.StateActive] &&
			a.Counts[fleet.StateOff] == b.Counts[fleet.StateOff]
	}) {
		t.Errorf("pools %+v, want %+v\n%s", got, want, fx.describe())
	}
	fx.unharmed()
}

func TestAFleetWithoutTagsTellsOfNoPools(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 4, Running: 2})
	fx.run(time.Minute)
	if st := fx.s.Status(); st.Pools != nil || st.UnknownPools != nil {
		t.Errorf("pools %+v, unknown %q; want none", st.Pools, st.UnknownPools)
	}
}

func TestPoolsThatNoServerIsInAreTold(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.Pools = map[string]fleet.Pool{"gold": {MinActive: 2}, "brass": {MinActive: 2}}
	fx := newFixture(t, cfg, sim.Config{Servers: 4, Running: 2, Pools: []sim.Pool{{Tag: "gold", Servers: 2, Running: 2}}})
	a := fires(rules.FleetCPUHigh, fx.w.Now(), fx.w.Now())
	a.Labels = map[string]string{rules.LabelPool: "silver"}
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{a})))
	fx.run(time.Minute)
	st := fx.s.Status()
	if want := []string{"brass"}; !slices.Equal(st.UnknownPools, want) {
		t.Errorf("unknown pools %q, want %q", st.UnknownPools, want)
	}
	if want := `alert BBBFleetCPUHigh is about pool "silver", and no server has that tag`; len(st.Unjoined) != 1 || st.Unjoined[0].Text != want {
		t.Errorf("not joined: %q, want %q", st.Unjoined, want)
	}
}

func TestAnAlertAboutTheFleetSpeaksOfItsOwnPoolAlone(t *testing.T) {
	low := fires(rules.FleetWorkloadLow, noon, noon)
	low.Labels = map[string]string{rules.LabelPool: "gold"}
	idle := fires(rules.ServerIdle, noon, noon)
	idle.Labels = map[string]string{rules.LabelInstance: "10.0.0.1:9100"}
	for _, tt := range []struct {
		alert fleet.Alert
		pool  string
		want  bool
	}{{low, "gold", true}, {low, "", false}, {low, "silver", false}, {idle, "gold", true}, {idle, "", true}} {
		if got := fixtureConfig().AboutPool(tt.alert, tt.pool); got != tt.want {
			t.Errorf("%s of %v speaks of pool %q: %v, want %v", tt.alert.Name, tt.alert.Labels, tt.pool, got, tt.want)
		}
	}
}
