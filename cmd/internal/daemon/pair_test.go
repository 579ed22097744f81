package daemon

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/leader"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// newPair runs two members on one store and one simulated fleet, the first of which leads.
// stop ends the first.
func newPair(t *testing.T) (first, second *member, stop func()) {
	t.Helper()
	w := sim.New(sim.Config{Servers: 3, Running: 2, Start: time.Now()})
	shared := store.NewSharedMemory("bbb", time.Now)
	cfg := fleet.Defaults()
	cfg.Fleet.Datacenters = w.Datacenters()
	start := func(address string) (*member, func()) {
		listen := []string{address}
		o := &options{web: &web.FlagConfig{WebListenAddresses: &listen, WebConfigFile: new(string)}, peers: peers{lease: 10 * time.Second}}
		reg := prometheus.NewRegistry()
		newOf := func(cfg fleet.Config, term *leader.Term) (*actions.Scaler, error) {
			return actions.New(cfg, actions.Deps{Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve,
				Store: term.Store, Until: term.Until, InOrder: true, Metrics: reg})
		}
		m, err := o.newMember(cfg, shared, func() string { return "same" }, newOf, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = m.run(ctx) }()
		return m, cancel
	}
	first, stop = start("127.0.0.1:1")
	time.Sleep(time.Second)
	second, _ = start("127.0.0.1:2")
	time.Sleep(time.Minute)
	return first, second, stop
}

func TestFollowerKnowsTheLeaderAndRefusesChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, _ := newPair(t)
		if first.leader() != nil || !first.Ready() || !first.Status().Leadership.Leads || len(first.Status().Servers) != 3 {
			t.Errorf("the leader: %+v", first.Status().Leadership)
		}
		if u := second.leader(); u == nil || u.String() != "http://127.0.0.1:1" || !second.Ready() {
			t.Errorf("the follower passes requests on to %v, ready %v", u, second.Ready())
		}
		l := second.Status().Leadership
		if l.Leads || l.Holder != first.self || l.Since.IsZero() {
			t.Errorf("the follower says %+v, want that %s leads", l, first.self)
		}
		for what, err := range map[string]error{
			"Notify": func() error { _, err := second.Notify(nil); return err }(), "Resume": second.Resume(""), "Release": second.Release("x"),
			"Pause": func() error { _, err := second.Pause(fleet.Pause{}); return err }(),
		} {
			if !errors.Is(err, errStandsBy) {
				t.Errorf("%s on the follower = %v, want errStandsBy", what, err)
			}
		}
	})
}

func TestFollowerTakesOverWithThePausesAndTheMetricsOfItsTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, _ := newPair(t)
		if _, err := first.Pause(fleet.Pause{Reason: "exam", Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if p := second.Status().Pauses; len(p) != 1 {
			t.Errorf("the follower shows the pauses %v", p)
		}
		for turn, m := range []*member{first, second, first} {
			if !m.Standing().Leads || len(m.Status().Pauses) != 1 || len(m.Status().Servers) != 3 {
				t.Fatalf("turn %d: %+v", turn, m.Status())
			}
			if err := m.StepDown(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			if st := m.Status(); st.Ready || st.Leadership.Leads || len(st.Servers) != 3 {
				t.Errorf("turn %d: after its term: %+v, want the last known servers, not ready", turn, st)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestReloadAppliesToTheNextTermToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second, stop := newPair(t)
		cfg := second.cfg
		cfg.Capacity.MinActive = 3
		if err := errors.Join(first.Reload(cfg), second.Reload(cfg)); err != nil {
			t.Fatal(err)
		}
		stop()
		time.Sleep(time.Minute)
		if st := second.Status(); !st.Leadership.Leads || st.Floor != 3 {
			t.Errorf("floor %d, want 3: %+v", st.Floor, st.Leadership)
		}
		cfg.DryRun = true
		if err := second.Reload(cfg); err == nil {
			t.Error("dry run was switched while running")
		}
	})
}

func TestAddressForThePeers(t *testing.T) {
	for name, c := range map[string]struct{ url, listen, want string }{
		"as given":                       {"https://scaler-1:9745/", ":9745", "https://scaler-1:9745"},
		"the address that it listens on": {"", "10.0.0.7:9745", "http://10.0.0.7:9745"},
		"no address":                     {"scaler-1", ":9745", ""},
		"a login in it":                  {"http://a:b@scaler-1", ":9745", ""},
	} {
		listen := []string{c.listen}
		got, err := (&peers{url: c.url}).address(&web.FlagConfig{WebListenAddresses: &listen, WebConfigFile: new(string)})
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
}
