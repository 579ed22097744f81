package receiver

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// crowd is a fleet of 745 servers in a rush, with an alert on each of 100 of them.
func crowd(t testing.TB) *scene {
	s := inARush(t, 745)
	s.overload(0, 100)
	return s
}

// overload has an alert fire on each server from one number up to another.
func (s *scene) overload(from, to int) {
	for i := from; i < to; i++ {
		sv := &s.status.Servers[i]
		sv.Alerts, sv.Cooldowns = []string{rules.ServerCPUHigh}, map[string]time.Time{fleet.CooldownDown: s.now.Add(10 * time.Minute)}
		_, _ = s.Notify([]fleet.Alert{{Fingerprint: fmt.Sprint("c", i), Name: rules.ServerCPUHigh, StartsAt: s.now, Labels: map[string]string{"instance": sv.Name + ":9100"}, Annotations: map[string]string{"value": "0.91"}}})
	}
}

func TestThePageOf745ServersIsSmall(t *testing.T) {
	for alerts, want := range map[int]string{
		0:   "no server has an alert",
		98:  "98 servers have an alert, and the list of servers that need attention is as long as it gets",
		300: "300 servers have an alert",
	} {
		t.Run(want, func(t *testing.T) {
			s := inARush(t, 745)
			s.overload(1, 1+alerts)
			_, page := ask(New(Defaults(), s.deps()), "GET", "/", "")
			if n := len(page); n > 170_000 {
				t.Errorf("the page has %d bytes, want at most 170000: the goal of 200 kB has to hold with longer names too", n)
			}
			var zipped bytes.Buffer
			w := gzip.NewWriter(&zipped)
			_, _ = w.Write([]byte(page))
			w.Close()
			t.Logf("%d bytes, compressed %d", len(page), zipped.Len())
		})
	}
}

// TestAnUpdateOf745ServersIsSmall has every server's load change, which is what a poll
// of the balancer does, ten servers start, and an alert fire on each of 100.
func TestAnUpdateOf745ServersIsSmall(t *testing.T) {
	s := inARush(t, 745)
	h := New(Defaults(), s.deps())
	if _, err := h.feed.present(); err != nil {
		t.Fatal(err)
	}
	h.feed.at = time.Time{}
	s.change(func(st *fleet.Status) {
		for i := range st.Servers {
			if st.Servers[i].State == fleet.StateActive {
				st.Servers[i].Load++
			}
		}
		for i := range 10 {
			sv := &st.Servers[700+i]
			sv.State, sv.Reason, sv.Since = fleet.StateStarting, "BBBFleetCPUHigh: a load of 812.0 cores and 901221 MiB needs 1354 cores, 1802442 MiB", s.now
			st.Counts[fleet.StateOff]--
			st.Counts[fleet.StateStarting]++
		}
	})
	s.overload(0, 100)
	if _, err := h.feed.present(); err != nil {
		t.Fatal(err)
	}
	if n := len(h.feed.updates[0].data); n > 20_000 {
		t.Errorf("the update has %d bytes, want at most 20000", n)
	} else {
		t.Logf("the update has %d bytes", n)
	}
}

// BenchmarkPage renders and answers the page of 745 servers.
func BenchmarkPage(b *testing.B) {
	h := New(Defaults(), crowd(b).deps())
	b.ReportAllocs()
	for b.Loop() {
		h.feed.at = time.Time{}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, api.PathPage, nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkTrend answers with the chart's data, once for each cycle.
func BenchmarkTrend(b *testing.B) {
	s := crowd(b)
	h := New(Defaults(), s.deps())
	b.ReportAllocs()
	for b.Loop() {
		s.status.At = s.status.At.Add(time.Millisecond)
		ask(h, "GET", api.PathTrend, "")
	}
}

// BenchmarkHundredPages updates 100 open pages of 745 servers, of which every load
// changes. A page is updated at most every feedEvery, so that a share of a core is the
// time divided by that.
func BenchmarkHundredPages(b *testing.B) {
	s := crowd(b)
	h := New(Defaults(), s.deps())
	versions := make([]string, 100)
	b.ReportAllocs()
	for b.Loop() {
		s.change(func(st *fleet.Status) {
			for i := range st.Servers {
				st.Servers[i].Load++
			}
		})
		h.feed.mu.Lock()
		h.feed.at = time.Time{}
		h.feed.mu.Unlock()
		var pages sync.WaitGroup
		for i := range versions {
			pages.Go(func() {
				updates, now, err := h.feed.since(versions[i])
				if err != nil {
					b.Error(err)
				}
				w := &eventWriter{response: echo.NewResponse(httptest.NewRecorder(), nil), control: http.NewResponseController(httptest.NewRecorder()), timeout: time.Minute}
				_ = w.updates(h.feed, updates)
				versions[i] = now
			})
		}
		pages.Wait()
	}
	b.ReportMetric(100*float64(b.Elapsed())/float64(b.N)/float64(feedEvery), "%core")
}
