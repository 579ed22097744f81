package actions_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// wired is a Scaler that talks to a simulated fleet with the real clients.
type wired struct {
	s           *actions.Scaler
	w           *sim.World
	cloud, pool atomic.Int32  // calls
	first       chan struct{} // one call of the cloud
}

func wire(t testing.TB, servers, datacenters int, change func(*actions.Config)) *wired {
	t.Helper()
	var dcs []string
	for i := range datacenters {
		dcs = append(dcs, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
	}
	x := &wired{first: make(chan struct{}, 1)}
	x.w = sim.New(sim.Config{Servers: servers, Running: servers / 4, Datacenters: dcs, Start: time.Now()})
	cloudURL := x.serve(t, &x.cloud, ionostest.New(ionostest.Config{World: x.w, Token: "tok"}))
	poolURL := x.serve(t, &x.pool, scalelitetest.New(scalelitetest.Config{World: x.w, Secret: "sec"}))
	ic, sc := ionos.Defaults(), scalelite.Defaults()
	ic.URL, ic.Token, ic.Datacenters = cloudURL, "tok", len(dcs)
	sc.URL, sc.Secret = poolURL, "sec"
	cloud, err := ionos.New(ic, outbound.Options{})
	must(t, err)
	pool, err := scalelite.New(sc, outbound.Options{})
	must(t, err)
	store, err := actions.OpenStore(filepath.Join(t.TempDir(), "store.db"))
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	cfg := actions.Defaults()
	cfg.Datacenters, cfg.Capacity.MinActive = dcs, servers/4
	if change != nil {
		change(&cfg)
	}
	x.s, err = actions.New(cfg, actions.Deps{Cloud: cloud, Balancer: pool, Meetings: x.w.Meetings(), Resolve: x.w.Resolve, Store: store})
	must(t, err)
	return x
}

func (x *wired) serve(t testing.TB, calls *atomic.Int32, h http.Handler) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		select {
		case x.first <- struct{}{}:
		default:
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	must(t, err)
	return u.String()
}

func TestQuietLookIsOneCallADatacenterAndOneOfTheBalancer(t *testing.T) {
	x := wire(t, 745, 7, nil)
	must(t, x.s.Cycle(t.Context(), time.Now()))
	must(t, x.s.Cycle(t.Context(), time.Now()))
	x.cloud.Store(0)
	x.pool.Store(0)
	must(t, x.s.Cycle(t.Context(), time.Now()))
	if c, b := x.cloud.Load(), x.pool.Load(); c != 7 || b != 1 {
		t.Errorf("%d calls of the cloud and %d of the balancer, want 7 and 1", c, b)
	}
	if st := x.s.Status(); st.Counts[actions.StateActive] != 745/4 || !st.Ready {
		t.Errorf("counts %v, want %d active; sources %+v", st.Counts, 745/4, st.Sources)
	}
}

func BenchmarkQuietLook(b *testing.B) {
	x := wire(b, 745, 7, nil)
	must(b, x.s.Cycle(b.Context(), time.Now()))
	b.ReportAllocs()
	for b.Loop() {
		must(b, x.s.Cycle(b.Context(), time.Now()))
	}
}

// BenchmarkNotificationToCloud measures from a notification to the first call
// of the cloud, with a debounce of 1 ms, over the real clients and store.
func BenchmarkNotificationToCloud(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			x := wire(b, 1000, 7, func(c *actions.Config) {
				c.Fleet.DebounceQuiet, c.Fleet.DebounceMax = time.Millisecond, 10*time.Millisecond
				c.Fleet.EvaluationInterval, c.Fleet.BusyInterval = time.Hour, time.Hour
			})
			go func() { _ = x.s.Run(b.Context()) }()
			time.Sleep(2 * time.Second) // the first look
			var took []float64
			for b.Loop() {
				alerts := flappingAlerts(n)
				drainSignal(x.first)
				begun := time.Now()
				must(b, x.s.Notify(alerts))
				<-x.first
				took = append(took, float64(time.Since(begun).Microseconds())/1000)
				b.StopTimer()
				time.Sleep(300 * time.Millisecond) // the look ends
				b.StartTimer()
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2], "p50-ms")
			b.ReportMetric(took[len(took)*99/100], "p99-ms")
		})
	}
}

func drainSignal(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

func flappingAlerts(n int) []actions.Alert {
	out := make([]actions.Alert, n)
	for i := range out {
		out[i] = actions.Alert{
			Fingerprint: fmt.Sprint(i), Name: rules.ServerMemoryLow, StartsAt: time.Now(), SeenAt: time.Now(),
			Labels: map[string]string{rules.LabelInstance: fmt.Sprintf("198.18.0.%d:9100", i%250)},
		}
	}
	return out
}

// BenchmarkStartOfHundred has 100 servers start in 7 datacenters that do one
// change at a time, 60 s each. The best that any schedule can do is the fullest
// datacenter's queue: 15 × 60 s.
func BenchmarkStartOfHundred(b *testing.B) {
	const servers, dcs, each = 100, 7, time.Minute
	best := time.Duration((servers+dcs-1)/dcs) * each
	for b.Loop() {
		sc := serialSchool(b, servers, dcs, each)
		begun := sc.w.Now()
		sc.until(4*best, "all on", func() bool {
			return !slices.ContainsFunc(sc.w.Servers(), func(r sim.Reading) bool { return r.Power != actions.PowerOn })
		})
		b.ReportMetric(float64(sc.w.Now().Sub(begun))/float64(best), "of-best")
	}
}

func serialSchool(t tb, servers, datacenters int, each time.Duration) *school {
	var names []string
	for i := range datacenters {
		names = append(names, fmt.Sprintf("dc-%d", i))
	}
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = servers, servers
	span := sim.Span{Min: each, Max: each}
	return newSchool(t, cfg, sim.Config{Servers: servers, Datacenters: names, Cloud: sim.CloudConfig{Serial: true, Start: span}})
}

func TestStartsBehindAQueueAreNotGivenUp(t *testing.T) {
	sc := serialSchool(t, 100, 7, time.Minute)
	sc.until(25*time.Minute, "all in service", func() bool { return sc.count(actions.StateActive) == 100 })
	lines, _ := sc.store.Journal(1000, "")
	for _, e := range lines {
		if e.Outcome == actions.Failed {
			t.Fatalf("%s of %s failed: %s", e.Step.Kind, e.Step.Server, e.Detail)
		}
	}
}
