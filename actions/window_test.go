package actions_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// BenchmarkWindowBetweenProofAndStop measures the time that the check before a stop
// does not cover: from BigBlueButton's answer that the server is empty to the arrival
// of the stop at the cloud. It sends 99 stops at the same time over loopback, with the
// IONOS client and its three connections.
func BenchmarkWindowBetweenProofAndStop(b *testing.B) {
	var windows []float64
	for b.Loop() {
		windows = append(windows, stopAll(b, 100)...)
	}
	slices.Sort(windows)
	b.ReportMetric(windows[len(windows)/2], "p50-ms")
	b.ReportMetric(windows[len(windows)*99/100], "p99-ms")
}

// window records when each server answered that it is empty, and how many
// milliseconds later its stop arrived.
type window struct {
	inner   fleet.Meetings
	mu      sync.Mutex
	proved  map[string]time.Time // by balancer id
	of      map[string]string    // cloud id → balancer id
	windows []float64
}

func (w *window) Meetings(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	count, err := w.inner.Meetings(ctx, s)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proved[s.ID] = time.Now()
	return count, err
}

func (w *window) received(r *http.Request) {
	if server, stop := strings.CutSuffix(r.URL.Path, "/stop"); stop {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.windows = append(w.windows, float64(time.Since(w.proved[w.of[path.Base(server)]]).Microseconds())/1000)
	}
}

// stopAll lets a Scaler stop all but one of n servers, which are drained, disabled and
// empty. It returns the window of each stop, in milliseconds.
func stopAll(b *testing.B, n int) []float64 {
	w := sim.New(sim.Config{Servers: n, Running: n, Datacenters: []string{dcA}, Start: noon})
	win := &window{inner: w.Meetings(), proved: map[string]time.Time{}, of: map[string]string{}}
	memory := store.NewMemory()
	for i, r := range w.Servers() {
		win.of[r.ID] = r.BalancerID
		if i > 0 {
			must(b, w.Operator().SetState(r.Name, fleet.Disabled))
			must(b, memory.Commit(b.Context(), fleet.Commit{Records: []fleet.Record{{
				ID: r.ID, Aim: fleet.AimDrain, At: noon, Wrote: fleet.Disabled, WroteAt: noon, Confirmed: true,
				EmptySince: noon, Power: fleet.PowerOn, Size: r.Size,
			}}}))
		}
	}
	w.Advance(noon.Add(20 * time.Minute))
	api := ionostest.New(ionostest.Config{World: w, Token: "tok"})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		win.received(r)
		api.ServeHTTP(rw, r)
	}))
	defer server.Close()
	ic := ionos.Defaults()
	ic.URL, ic.Token, ic.Datacenters = server.URL, "tok", 1
	cloud, err := ionos.New(ic, outbound.Options{})
	must(b, err)
	cfg := fleet.Defaults()
	cfg.Fleet.Datacenters, cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = []string{dcA}, 1, 0
	cfg.ScaleIn.RecordingsDeadline, cfg.Deadlines.Patience = time.Minute, 20*time.Second
	s, err := actions.New(cfg, actions.Deps{
		Cloud: cloud, Balancer: w.Balancer(), Meetings: win, Resolve: w.Resolve, Store: memory, Now: w.Now,
	})
	must(b, err)
	for len(win.windows) < n-1 {
		must(b, s.Cycle(b.Context(), w.Now()))
	}
	return win.windows
}
