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
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// httpFixture is a Scaler that uses the real clients against a simulated fleet.
type httpFixture struct {
	s           *actions.Scaler
	w           *sim.World
	cloud, pool atomic.Int32  // number of calls of the cloud and the balancer
	first       chan struct{} // receives when the cloud is called
}

func newHTTPFixture(t testing.TB, servers, datacenters int, change func(*fleet.Config)) *httpFixture {
	t.Helper()
	var dcs []string
	for i := range datacenters {
		dcs = append(dcs, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
	}
	x := &httpFixture{first: make(chan struct{}, 1)}
	x.w = sim.New(sim.Config{Servers: servers, Running: servers / 4, Datacenters: dcs, Start: time.Now()})
	cloudURL := x.serve(t, &x.cloud, ionostest.New(ionostest.Config{World: x.w, Token: "tok"}))
	poolURL := x.serve(t, &x.pool, scalelitetest.New(scalelitetest.Config{World: x.w, Secret: "sec"}))
	ic, lc := ionos.Defaults(), scalelite.Defaults()
	ic.URL, ic.Token, ic.Datacenters = cloudURL, "tok", len(dcs)
	lc.URL, lc.Secret = poolURL, "sec"
	cloud, err := ionos.New(ic, outbound.Options{})
	must(t, err)
	pool, err := scalelite.New(lc, outbound.Options{})
	must(t, err)
	store, err := store.Open(filepath.Join(t.TempDir(), "store.db"))
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	cfg := fleet.Defaults()
	cfg.Fleet.Datacenters, cfg.Capacity.MinActive = dcs, servers/4
	if change != nil {
		change(&cfg)
	}
	x.s, err = actions.New(cfg, actions.Deps{Cloud: cloud, Balancer: pool, Meetings: x.w.Meetings(), Resolve: x.w.Resolve, Store: store})
	must(t, err)
	return x
}

func (x *httpFixture) serve(t testing.TB, calls *atomic.Int32, h http.Handler) string {
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

func TestQuietCycleIsOneCallADatacenterOneOfTheContractAndOneOfTheBalancer(t *testing.T) {
	x := newHTTPFixture(t, 745, 7, nil)
	must(t, x.s.Cycle(t.Context(), time.Now()))
	must(t, x.s.Cycle(t.Context(), time.Now()))
	x.cloud.Store(0)
	x.pool.Store(0)
	must(t, x.s.Cycle(t.Context(), time.Now()))
	if c, b := x.cloud.Load(), x.pool.Load(); c != 8 || b != 1 {
		t.Errorf("%d calls of the cloud and %d of the balancer, want 8 and 1", c, b)
	}
	if st := x.s.Status(); st.Counts[fleet.StateActive] != 745/4 || !st.Ready {
		t.Errorf("counts %v, want %d active; sources %+v", st.Counts, 745/4, st.Sources)
	}
}

func BenchmarkQuietCycle(b *testing.B) {
	x := newHTTPFixture(b, 745, 7, nil)
	must(b, x.s.Cycle(b.Context(), time.Now()))
	b.ReportAllocs()
	for b.Loop() {
		must(b, x.s.Cycle(b.Context(), time.Now()))
	}
}

// BenchmarkNotificationToCloud measures the time from a notification to the first call
// of the cloud, with a debounce of 1 ms, the real clients and the real store.
func BenchmarkNotificationToCloud(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			x := newHTTPFixture(b, 1000, 7, func(c *fleet.Config) {
				c.Fleet.DebounceQuiet, c.Fleet.DebounceMax = time.Millisecond, 10*time.Millisecond
				c.Fleet.EvaluationInterval, c.Fleet.BusyInterval = time.Hour, time.Hour
			})
			go func() { _ = x.s.Run(b.Context()) }()
			time.Sleep(2 * time.Second) // until the first cycle is over
			var took []float64
			for b.Loop() {
				alerts := flappingAlerts(n)
				drainSignal(x.first)
				begun := time.Now()
				must(b, onlyErr(x.s.Notify(alerts)))
				<-x.first
				took = append(took, float64(time.Since(begun).Microseconds())/1000)
				b.StopTimer()
				time.Sleep(300 * time.Millisecond) // until the cycle is over
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

func flappingAlerts(n int) []fleet.Alert {
	out := make([]fleet.Alert, n)
	for i := range out {
		out[i] = fleet.Alert{
			Fingerprint: fmt.Sprint(i), Name: rules.ServerMemoryLow, StartsAt: time.Now(), SeenAt: time.Now(),
			Labels: map[string]string{rules.LabelInstance: fmt.Sprintf("198.18.0.%d:9100", i%250)},
		}
	}
	return out
}
