package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

const (
	cloudToken     = "e2e-cloud-token"
	balancerSecret = "e2e-balancer-secret"
	pollInterval   = 2 * time.Second
)

// fakeFleet is a simulated fleet that runs in real time behind the interfaces of
// IONOS, Scalelite and BigBlueButton.
type fakeFleet struct {
	world    *sim.World
	hosts    []string // of the servers, loopback addresses
	cloud    string   // base URLs
	balancer string
	writes   *writes
}

// newFleet runs so many servers, the first ones switched on. net is the second
// number of their addresses, by which fleets that run at once differ.
func newFleet(t testing.TB, net, servers, running int) *fakeFleet {
	t.Helper()
	f := &fakeFleet{writes: &writes{}}
	for i := 1; i <= servers; i++ {
		f.hosts = append(f.hosts, fmt.Sprintf("127.%d.%d.%d", net, i/250, i%250+1))
	}
	_, port, _ := strings.Cut(freeAddr(t), ":")
	f.world = sim.New(sim.Config{
		Start: time.Now(), Servers: servers, Running: running,
		Each: func(i int, s *sim.ServerSpec) {
			s.Addr = netip.MustParseAddr(f.hosts[i-1])
			s.URL = "http://" + f.hosts[i-1] + ":" + port + "/bigbluebutton/api"
		},
		Cloud: sim.CloudConfig{
			Start: exactly(2 * time.Second), Stop: exactly(2 * time.Second), Resize: exactly(time.Second),
			System: exactly(time.Second), BBB: exactly(2 * time.Second),
			PerServer: fleet.Size{Cores: 62, RAM: greatest},
		},
		Balancer: sim.BalancerConfig{PollInterval: pollInterval},
	})
	f.run(t)
	f.cloud = f.serve(t, "127.0.0.1:0", ionostest.New(ionostest.Config{World: f.world, Token: cloudToken}))
	f.balancer = f.serve(t, "127.0.0.1:0", scalelitetest.New(scalelitetest.Config{World: f.world, Secret: balancerSecret}))
	for _, host := range f.hosts {
		f.serve(t, host+":"+port, bbbtest.New(bbbtest.Config{World: f.world}))
	}
	return f
}

func exactly(d time.Duration) sim.Span { return sim.Span{Min: d, Max: d} }

// run lets the world's time pass with the wall clock's.
func (f *fakeFleet) run(t testing.TB) {
	ticker := time.NewTicker(20 * time.Millisecond)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case now := <-ticker.C:
				f.world.Advance(now)
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() {
		ticker.Stop()
		close(stop)
		<-stopped
	})
}

func (f *fakeFleet) serve(t testing.TB, addr string, handler http.Handler) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(f.writes.record(handler))
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// server reads server i, counted from 1.
func (f *fakeFleet) server(t testing.TB, i int) sim.Reading {
	t.Helper()
	s, err := f.world.Server(f.hosts[i-1])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// meet has people hold a meeting on server i.
func (f *fakeFleet) meet(t testing.TB, i int, id string) {
	t.Helper()
	spec := sim.MeetingSpec{ID: id, Duration: time.Hour, Participants: 3, Fill: time.Second}
	if _, err := f.world.HostMeeting(f.hosts[i-1], spec); err != nil {
		t.Fatal(err)
	}
}

// is reports whether server i is on or off, and how the balancer has it.
func (f *fakeFleet) is(t testing.TB, i int, power fleet.Power, state fleet.BalancerState) bool {
	s := f.server(t, i)
	return s.Power == power && s.State == state
}

// cordoned returns the number of a server that drains, counted from 1, or 0.
func (f *fakeFleet) cordoned(t testing.TB) int {
	for i := range f.hosts {
		if f.server(t, i+1).State == fleet.Cordoned {
			return i + 1
		}
	}
	return 0
}

// writes records every request that changes something.
type writes struct {
	mu   sync.Mutex
	all  []string // method, path and body
	held *regexp.Regexp
	free chan struct{} // closed when the writes that match held may be answered
}

// hold has the writes that match carried out at once, and answered only after release.
func (w *writes) hold(t testing.TB, expr string) (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	free := make(chan struct{})
	w.held, w.free = regexp.MustCompile(expr), free
	release = sync.OnceFunc(func() { close(free) })
	t.Cleanup(release)
	return release
}

// wait returns when the write may be answered.
func (w *writes) wait(write string) {
	w.mu.Lock()
	held, free := w.held, w.free
	w.mu.Unlock()
	if held != nil && held.MatchString(write) {
		<-free
	}
}

// record is next with its writes recorded before they are answered.
func (w *writes) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			write := r.Method + " " + r.URL.Path + " " + string(body)
			w.mu.Lock()
			w.all = append(w.all, write)
			w.mu.Unlock()
			defer w.wait(write)
		}
		next.ServeHTTP(rw, r)
	})
}

// matching returns the writes so far that match a regular expression.
func (w *writes) matching(expr string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []string
	for _, write := range w.all {
		if regexp.MustCompile(expr).MatchString(write) {
			found = append(found, write)
		}
	}
	return found
}

// Expressions for the writes that concern a server.
func (f *fakeFleet) power(s sim.Reading, action string) string {
	return "^POST .*/servers/" + s.ID + "/" + action + " "
}

func (f *fakeFleet) resize(s sim.Reading) string { return "^PATCH .*/servers/" + s.ID + " " }

func (f *fakeFleet) state(s sim.Reading, state string) string {
	return "^POST .*/updateServer .*" + s.BalancerID + ".*" + state
}

// expect checks how often each write was made.
func (f *fakeFleet) expect(t testing.TB, want map[string]int) {
	t.Helper()
	for expr, n := range want {
		if got := f.writes.matching(expr); len(got) != n {
			t.Errorf("writes that match %s: got %d, want %d\n%s", expr, len(got), n, strings.Join(got, "\n"))
		}
	}
	if t.Failed() {
		t.Logf("all writes:\n%s", strings.Join(f.writes.matching(""), "\n"))
	}
}
