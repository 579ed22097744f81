package scalelite_test

import (
	"errors"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

const secret = "lb-8472"

// connect serves the balancer of a simulation, and returns a client of it.
func connect(t testing.TB, cfg scalelitetest.Config, set ...func(*scalelite.Config)) *scalelite.Client {
	t.Helper()
	cfg.Secret = secret
	server := httptest.NewServer(scalelitetest.New(cfg))
	t.Cleanup(server.Close)
	c := scalelite.Defaults()
	c.URL, c.Secret, c.MaxAttempts = server.URL, secret, 1
	for _, f := range set {
		f(&c)
	}
	if errs := c.Validate(); errs != nil {
		t.Fatal(errs)
	}
	client, err := scalelite.New(c, outbound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func byID(servers []fleet.BalancerServer) []fleet.BalancerServer {
	slices.SortFunc(servers, func(a, b fleet.BalancerServer) int { return strings.Compare(a.ID, b.ID) })
	return servers
}

func TestOverTheWireEverythingIsAsInTheWorldItself(t *testing.T) {
	w := sim.New(sim.Config{Servers: 6, Running: 4, Each: func(i int, s *sim.ServerSpec) {
		if i == 2 {
			s.State = fleet.Cordoned
		}
		if i == 3 {
			s.Tag = "gold"
		}
	}})
	if _, err := w.CreateMeeting(sim.MeetingSpec{Participants: 20, Duration: time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.Run(10 * time.Minute)
	for _, algorithm := range []outbound.Checksum{outbound.SHA1, outbound.SHA256, outbound.SHA512} {
		c := connect(t, scalelitetest.Config{World: w}, func(c *scalelite.Config) { c.Checksum = algorithm })
		want, err := w.Balancer().Servers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Servers(t.Context())
		if err != nil || !reflect.DeepEqual(byID(got), byID(want)) {
			t.Errorf("Servers() = %+v, %v, want %+v", got, err, want)
		}
		for _, s := range want {
			if got, err := c.Server(t.Context(), s.ID); err != nil || !reflect.DeepEqual(got, s) {
				t.Errorf("Server(%s) = %+v, %v, want %+v", s.ID, got, err, s)
			}
		}
	}
}

func TestAStateThatIsSetIsReadBack(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	c := connect(t, scalelitetest.Config{World: w})
	list, err := c.Servers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []fleet.BalancerState{fleet.Cordoned, fleet.Enabled, fleet.Disabled, fleet.Enabled} {
		if err := c.SetState(t.Context(), list[0].ID, state); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Server(t.Context(), list[0].ID); err != nil || got.State != state {
			t.Errorf("Server() = %+v, %v, want it %s", got, err, state)
		}
	}
}

func TestFaultsOfTheBalancerAreErrorsThatTellWhatToDo(t *testing.T) {
	tests := []struct {
		name    string
		serve   scalelitetest.Config
		fault   sim.Fault
		secret  fleet.Secret
		id      string
		want    error
		message string
	}{
		{name: "another secret", secret: "another", want: fleet.ErrAuth, message: "check scalelite.secret (LOADBALANCER_SECRET"},
		{name: "another algorithm", serve: scalelitetest.Config{Algorithms: []string{"SHA1"}}, want: fleet.ErrAuth, message: "scalelite.checksum_algorithm"},
		{name: "another host", serve: scalelitetest.Config{Host: "lb.example.org"}, want: fleet.ErrAuth, message: "scalelite.host_header"},
		{name: "an old Scalelite", serve: scalelitetest.Config{Before15: true}, message: "Scalelite is 1.5.1 or later"},
		{name: "an unknown server", id: "nope", want: fleet.ErrGone, message: "Couldn't find server"},
		{name: "writers in each other's way", fault: sim.Fault{Kind: sim.BalancerBusy}, want: fleet.ErrBusy, message: "concurrently modified"},
		{name: "an error of Scalelite's own", fault: sim.Fault{Kind: sim.BalancerFail}, want: fleet.ErrUnknown, message: "500"},
		{name: "no Scalelite", fault: sim.Fault{Kind: sim.BalancerDown}, message: "no answer from"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.New(sim.Config{Servers: 2, Running: 2})
			tt.serve.World = w
			list, err := w.Members()
			if err != nil {
				t.Fatal(err)
			}
			id := list[0].ID
			if tt.id != "" {
				id = tt.id
			}
			if tt.fault.Kind != "" {
				w.Inject(tt.fault)
			}
			c := connect(t, tt.serve, func(c *scalelite.Config) {
				if tt.secret != "" {
					c.Secret = tt.secret
				}
			})
			err = c.SetState(t.Context(), id, fleet.Cordoned)
			if err == nil || !strings.Contains(err.Error(), tt.message) || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("SetState() = %v, want %v with %q", err, tt.want, tt.message)
			}
		})
	}
}

func TestWritersInEachOthersWaySucceedAtLast(t *testing.T) {
	w := sim.New(sim.Config{Servers: 20, Running: 20})
	w.Inject(sim.Fault{Kind: sim.BalancerBusy, Times: 3})
	c := connect(t, scalelitetest.Config{World: w}, func(c *scalelite.Config) { c.MaxAttempts = 5 })
	list, err := c.Servers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, s := range list {
		wg.Go(func() {
			if err := c.SetState(t.Context(), s.ID, fleet.Cordoned); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err = c.Servers(t.Context())
	for _, s := range list {
		if s.State != fleet.Cordoned {
			t.Errorf("server %s is %s (%v), want cordoned", s.ID, s.State, err)
		}
	}
}

func TestAScaleliteBefore151IsToldByItsAnswerToARead(t *testing.T) {
	c := connect(t, scalelitetest.Config{World: sim.New(sim.Config{Servers: 1}), Before15: true})
	if _, err := c.Servers(t.Context()); err == nil || !strings.Contains(err.Error(), "Scalelite is 1.5.1 or later") {
		t.Errorf("Servers() = %v, want an error that names the least version", err)
	}
}

func TestTagsAreRead(t *testing.T) {
	c := connect(t, scalelitetest.Config{World: sim.New(sim.Config{Pools: []sim.Pool{{Tag: "gold", Servers: 1}, {Servers: 1}}})})
	list, err := c.Servers(t.Context())
	if err != nil || len(list) != 2 || list[0].Tag != "gold" || list[1].Tag != "" {
		t.Errorf("Servers() = %+v, %v, want the first with the tag gold, the second without", list, err)
	}
}

func TestABalancerWithoutServersIsEmpty(t *testing.T) {
	got, err := connect(t, scalelitetest.Config{World: sim.New(sim.Config{})}).Servers(t.Context())
	if err != nil || len(got) != 0 {
		t.Errorf("Servers() = %v, %v, want none", got, err)
	}
}

func TestTheHostHeaderIsTheOneThatScaleliteWants(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1})
	c := connect(t, scalelitetest.Config{World: w, Host: "lb.example.org"}, func(c *scalelite.Config) { c.HostHeader = "lb.example.org" })
	if got, err := c.Servers(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("Servers() = %v, %v, want one", got, err)
	}
}

func BenchmarkGetServersOf745OverTheWire(b *testing.B) {
	w := sim.New(sim.Config{Servers: 745, Running: 400})
	c := connect(b, scalelitetest.Config{World: w})
	b.ReportAllocs()
	for b.Loop() {
		if list, err := c.Servers(b.Context()); err != nil || len(list) != 745 {
			b.Fatalf("%d servers, %v", len(list), err)
		}
	}
}
