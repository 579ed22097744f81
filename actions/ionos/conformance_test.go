package ionos_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// connect serves the cloud of a simulation, and returns a client with the given number
// of attempts.
func connect(t testing.TB, cfg ionostest.Config, attempts int) *ionos.Client {
	t.Helper()
	cfg.Token = "tok-8472"
	api := ionostest.New(cfg)
	if _, measured := t.(*testing.B); !measured {
		api = openapitest.Checked(t, api)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	c := ionos.Defaults()
	c.URL, c.Token, c.Datacenters, c.MaxAttempts = server.URL, cfg.Token, len(cfg.World.Datacenters()), attempts
	if errs := c.Validate(); errs != nil {
		t.Fatal(errs)
	}
	client, err := ionos.New(c, outbound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newFleet(mod ...func(*sim.Config)) *sim.World {
	cfg := sim.Config{Servers: 9, Running: 5, Datacenters: []string{"dc-1", "dc-2"}, Each: func(i int, s *sim.ServerSpec) {
		s.HotPlug = fleet.HotPlug{CPU: i%2 == 0, RAM: i%3 == 0}
		if i == 7 {
			s.Template = "CUBE"
		}
	}}
	cfg.Cloud.PerContract = fleet.Size{Cores: 100, RAM: 1 << 20}
	for _, f := range mod {
		f(&cfg)
	}
	return sim.New(cfg)
}

// operations are all methods of fleet.Cloud, called for one server of the fleet.
func operations(ref fleet.ServerRef) map[string]func(context.Context, fleet.Cloud) (any, error) {
	return map[string]func(context.Context, fleet.Cloud) (any, error){
		"servers": func(ctx context.Context, c fleet.Cloud) (any, error) { return c.Servers(ctx, ref.Datacenter) },
		"server":  func(ctx context.Context, c fleet.Cloud) (any, error) { return c.Server(ctx, ref) },
		"start":   func(ctx context.Context, c fleet.Cloud) (any, error) { _, err := c.Start(ctx, ref); return nil, err },
		"stop":    func(ctx context.Context, c fleet.Cloud) (any, error) { _, err := c.Stop(ctx, ref); return nil, err },
		"resize": func(ctx context.Context, c fleet.Cloud) (any, error) {
			_, err := c.Resize(ctx, ref, fleet.Size{Cores: 4, RAM: 16384})
			return nil, err
		},
		"contract": func(ctx context.Context, c fleet.Cloud) (any, error) { return c.Contract(ctx) },
	}
}

func kinds(err error) (matched []string) {
	for _, kind := range outbound.Sentinels() {
		if errors.Is(err, kind) {
			matched = append(matched, kind.Error())
		}
	}
	return matched
}

// checkAlike compares the result of a direct call of the simulation with the result of
// the same call by the client over HTTP.
func checkAlike(t *testing.T, name string, gotValue any, got error, wantValue any, want error) {
	t.Helper()
	if (got == nil) != (want == nil) || !reflect.DeepEqual(kinds(got), kinds(want)) {
		t.Errorf("%s: %v (matches %q), want as directly: %v (matches %q)", name, got, kinds(got), want, kinds(want))
	}
	if want == nil && !reflect.DeepEqual(gotValue, wantValue) {
		t.Errorf("%s:\n%+v, want\n%+v", name, gotValue, wantValue)
	}
}

func TestOverTheWireEverythingIsAsInTheWorldItself(t *testing.T) {
	states := map[string]func(*sim.World){
		"at rest": func(*sim.World) {},
		"while servers change": func(w *sim.World) {
			list, _ := w.Cloud().Servers(t.Context(), "dc-1")
			w.Cloud().Start(t.Context(), list[4].ServerRef)
			w.Cloud().Stop(t.Context(), list[0].ServerRef)
			w.Run(5 * time.Second)
		},
		"with a crashed server": func(w *sim.World) { w.Operator().Crash("bbb-server1") },
		"in an unknown datacenter": func(w *sim.World) {
			w.Inject(sim.Fault{Kind: sim.CloudAnswers, Status: 404, Op: "servers"})
		},
	}
	for _, status := range []int{401, 403, 404, 409, 422, 423, 429, 500, 502, 503, 504} {
		states[fmt.Sprintf("answering %d", status)] = func(w *sim.World) { w.Inject(sim.Fault{Kind: sim.CloudAnswers, Status: status}) }
	}
	for name, set := range states {
		t.Run(name, func(t *testing.T) {
			ref := func(w *sim.World) fleet.ServerRef {
				s, err := w.Server("bbb-server1")
				if err != nil {
					t.Fatal(err)
				}
				return fleet.ServerRef{Datacenter: "dc-1", ID: s.ID}
			}
			for op := range operations(fleet.ServerRef{}) {
				direct, served := newFleet(), newFleet()
				at := ref(direct)
				set(direct)
				set(served)
				want, wantErr := operations(at)[op](t.Context(), direct.Cloud())
				got, gotErr := operations(at)[op](t.Context(), connect(t, ionostest.Config{World: served}, 1))
				checkAlike(t, op, got, gotErr, want, wantErr)
			}
		})
	}
}

func TestAServerIsStartedResizedAndStoppedAndEachRequestFollowed(t *testing.T) {
	w := newFleet()
	c := connect(t, ionostest.Config{World: w}, 1)
	s, err := w.Server("bbb-server9")
	if err != nil {
		t.Fatal(err)
	}
	ref := fleet.ServerRef{Datacenter: "dc-1", ID: s.ID}
	find := func() fleet.CloudServer {
		list, err := c.Servers(t.Context(), "dc-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			if s.ServerRef == ref {
				return s
			}
		}
		t.Fatalf("%v is not in the list", ref)
		return fleet.CloudServer{}
	}
	big := fleet.Size{Cores: 4, RAM: 16384}
	steps := []struct {
		name  string
		write func() (string, error)
		done  func(fleet.CloudServer) bool
	}{
		{"resize", func() (string, error) { return c.Resize(t.Context(), ref, big) }, func(s fleet.CloudServer) bool { return s.Size == big }},
		{"start", func() (string, error) { return c.Start(t.Context(), ref) }, func(s fleet.CloudServer) bool { return s.Power == fleet.PowerOn }},
		{"stop", func() (string, error) { return c.Stop(t.Context(), ref) }, func(s fleet.CloudServer) bool { return s.Power == fleet.PowerOff }},
	}
	for _, step := range steps {
		id, err := step.write()
		if err != nil || id == "" {
			t.Fatalf("%s = %q, %v", step.name, id, err)
		}
		if got, err := c.Request(t.Context(), id); err != nil || got.Phase != fleet.RequestPending {
			t.Errorf("%s: request %+v, %v, want pending", step.name, got, err)
		}
		if s := find(); !s.Busy || step.done(s) {
			t.Errorf("%s: server %+v, want busy and not changed yet", step.name, s)
		}
		w.Run(5 * time.Minute)
		if got, err := c.Request(t.Context(), id); err != nil || got.Phase != fleet.RequestDone {
			t.Errorf("%s: request %+v, %v, want done", step.name, got, err)
		}
		if s := find(); s.Busy || !step.done(s) {
			t.Errorf("%s: server %+v, want idle and changed", step.name, s)
		}
	}
}

func TestAFailedRequestSaysWhy(t *testing.T) {
	w := newFleet()
	w.Inject(sim.Fault{Kind: sim.RequestFails})
	c := connect(t, ionostest.Config{World: w}, 1)
	s, _ := w.Server("bbb-server9")
	id, err := c.Start(t.Context(), fleet.ServerRef{Datacenter: "dc-1", ID: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	w.Run(5 * time.Minute)
	if got, err := c.Request(t.Context(), id); err != nil || got.Phase != fleet.RequestFailed || got.Message == "" {
		t.Errorf("Request() = %+v, %v, want failed with a message", got, err)
	}
}

func TestAWriteThatIsAppliedAndAnsweredWith502IsUnknownAndNotRepeatedWhenItIsAPost(t *testing.T) {
	for op, calls := range map[string]int{"start": 1, "stop": 1, "resize": 2} {
		w := newFleet()
		s, _ := w.Server("bbb-server1")
		w.Inject(sim.Fault{Kind: sim.CloudLost, On: s.ID})
		_, err := operations(fleet.ServerRef{Datacenter: "dc-1", ID: s.ID})[op](t.Context(), connect(t, ionostest.Config{World: w}, 2))
		if got := w.Calls()["cloud."+op]; !errors.Is(err, fleet.ErrUnknown) || got != calls {
			t.Errorf("%s: %v after %d calls, want unknown after %d", op, err, got, calls)
		}
	}
}

func TestAHungDatacenterDoesNotDelayAnother(t *testing.T) {
	w := newFleet(func(c *sim.Config) { c.BlockOnHang = true })
	w.Inject(sim.Fault{Kind: sim.ListHangs, On: "dc-1"})
	c := connect(t, ionostest.Config{World: w}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	hung := make(chan error)
	go func() { _, err := c.Servers(ctx, "dc-1"); hung <- err }()
	if list, err := c.Servers(t.Context(), "dc-2"); err != nil || len(list) != 4 {
		t.Errorf("Servers(dc-2) = %d servers, %v, want 4 while dc-1 hangs", len(list), err)
	}
	cancel()
	if err := <-hung; !errors.Is(err, context.Canceled) {
		t.Errorf("Servers(dc-1) = %v, want canceled", err)
	}
}

func TestASparseAnswerGivesServersThatAreLeftAlone(t *testing.T) {
	list, err := connect(t, ionostest.Config{World: newFleet(), Sparse: true}, 1).Servers(t.Context(), "dc-1")
	if err != nil || len(list) != 5 {
		t.Fatalf("Servers() = %d, %v, want 5", len(list), err)
	}
	if s := list[0]; s.ID == "" || s.HotPlug != (fleet.HotPlug{}) {
		t.Errorf("server %+v, want its id, and nothing that can grow while it runs", s)
	}
}

func BenchmarkListOf745ServersIn7DatacentersOverTheWire(b *testing.B) {
	var dcs []string
	for i := range 7 {
		dcs = append(dcs, fmt.Sprintf("dc-%d", i))
	}
	w := sim.New(sim.Config{Servers: 745, Running: 400, Datacenters: dcs})
	c := connect(b, ionostest.Config{World: w}, 1)
	b.ReportAllocs()
	for b.Loop() {
		servers := 0
		for _, dc := range dcs {
			list, err := c.Servers(b.Context(), dc)
			if err != nil {
				b.Fatal(err)
			}
			servers += len(list)
		}
		if servers != 745 {
			b.Fatalf("%d servers, want 745", servers)
		}
	}
	b.ReportMetric(float64(w.Calls()["cloud.servers"])/float64(b.N), "calls/op")
}

func TestOneServerIsReadAsItIsNowAndNotAsItWasListed(t *testing.T) {
	w := newFleet()
	c := connect(t, ionostest.Config{World: w}, 1)
	list, err := c.Servers(t.Context(), "dc-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, listed := range list {
		if got, err := c.Server(t.Context(), listed.ServerRef); err != nil || !reflect.DeepEqual(got, listed) {
			t.Errorf("Server(%s) = %+v, %v, want what was listed: %+v", listed.Name, got, err, listed)
		}
	}
	big := fleet.Size{Cores: 8, RAM: 16384}
	if err := w.Operator().Resize(list[0].Name, big); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Server(t.Context(), list[0].ServerRef); err != nil || got.Size != big {
		t.Errorf("Server() = %s, %v, want the new size %s", got.Size, err, big)
	}
	for name, ref := range map[string]fleet.ServerRef{
		"an unknown id":         {Datacenter: "dc-1", ID: "00000000-0000-4000-8000-000000000000"},
		"of another datacenter": {Datacenter: "dc-2", ID: list[0].ID},
		"an unknown datacenter": {Datacenter: "dc-3", ID: list[0].ID},
	} {
		if _, err := c.Server(t.Context(), ref); !errors.Is(err, fleet.ErrGone) {
			t.Errorf("Server() of %s = %v, want that it does not exist", name, err)
		}
	}
}
