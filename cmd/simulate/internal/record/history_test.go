package record

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// serve answers queries over series with Prometheus's own engine.
func serve(t *testing.T, series string) History {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 1m"+strings.TrimRight(series, "\n\t "))
	t.Cleanup(func() { storage.Close() })
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	return dial(t, monitor.QueryHandler(engine, storage))
}

func dial(t *testing.T, h http.Handler) History {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	api, err := promapi.Dial(config.Prometheus{URL: server.URL, RequestTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return History{API: api, Rules: generate.Defaults(), Meetings: DefaultMeetings, Webcams: DefaultWebcams}
}

// epoch is when the loaded series begin.
var epoch = time.Unix(0, 0).UTC()

func read(t *testing.T, h History, r Range) (Found, string) {
	t.Helper()
	c := NewCutter(minutely())
	found, err := h.Read(t.Context(), r, c, func() {})
	if err != nil {
		t.Fatal(err)
	}
	meetings := c.Meetings()
	for i := range meetings {
		meetings[i].At = meetings[i].At.Add(monday.Sub(epoch))
	}
	return found, text(meetings)
}

func minutes(n int) Range {
	return Range{From: epoch, Until: epoch.Add(time.Duration(n) * time.Minute), Step: time.Minute}
}

func TestHistoryBecomesMeetings(t *testing.T) {
	h := serve(t, `
		bbb_meetings_participants{job="bbb-exporter",instance="10.0.0.1:9688"} 0x4 40x9 0x20
		bbb_meetings_video_participants{job="bbb-exporter",instance="10.0.0.1:9688"} 0x4 10x9 0x20
		bbb_meetings{job="bbb-exporter",instance="10.0.0.1:9688"} 0x4 2x9 0x20
		bbb_meetings_participants{job="bbb-exporter",instance="10.0.0.2:9688"} 0x9 12x4 0x20
		bbb_meetings_video_participants{job="bbb-exporter",instance="10.0.0.2:9688"} 0x9 3x4 0x20
		bbb_meetings{job="bbb-exporter",instance="10.0.0.2:9688"} 0x9 1x4 0x20
		bbb_meetings_participants{job="other",instance="10.0.0.3:9688"} 9x30
	`)
	found, got := read(t, h, minutes(30))
	if want := "5+10: 20/5, 5+10: 20/5, 10+5: 12/3"; got != want {
		t.Errorf("meetings = %q, want %q", got, want)
	}
	if want := (Found{Servers: 2, Meetings: true, Webcams: true}); found != want {
		t.Errorf("found = %+v, want %+v", found, want)
	}
}

func TestTheOperatorsNamesAreUsed(t *testing.T) {
	h := serve(t, `
		people{role="video",tenant="north",host="bbb1"} 8x4
		people{role="video",tenant="south",host="bbb2"} 9x4
		cams{role="video",tenant="north",host="bbb1"} 4x4
	`)
	h.Fleet, h.Webcams = "north", "cams"
	h.Rules.Metrics.Participants = "people"
	h.Rules.Exporters.BBB = generate.Matchers{"role": "video"}
	h.Rules.Labels.Instance, h.Rules.Labels.Fleet = "host", "tenant"
	found, got := read(t, h, minutes(5))
	if want := "0+5: 8/4"; got != want {
		t.Errorf("meetings = %q, want %q", got, want)
	}
	if want := (Found{Servers: 1, Webcams: true}); found != want {
		t.Errorf("found = %+v, want %+v", found, want)
	}
	if len(h.Rules.Exporters.BBB) != 1 {
		t.Errorf("the matchers became %v", h.Rules.Exporters.BBB)
	}
}

func TestAServerThatIsScrapedTwiceCountsOnce(t *testing.T) {
	h := serve(t, `
		bbb_meetings_participants{job="bbb-exporter",group="a",instance="bbb1:9688"} 8x4
		bbb_meetings_participants{job="bbb-exporter",group="b",instance="bbb1:9688"} 8x4
		bbb_meetings_participants{job="bbb-exporter",group="c",instance="bbb1:443"} 8x4
	`)
	if found, got := read(t, h, minutes(5)); got != "0+5: 8/2" || found.Servers != 1 {
		t.Errorf("meetings = %q of %d servers, want one of 8 people on one", got, found.Servers)
	}
}

func TestAMeetingAcrossTwoPartsIsOne(t *testing.T) {
	h := serve(t, `
		bbb_meetings_participants{job="bbb-exporter",instance="bbb1:9688"} 0x349 10x19 0x600
	`)
	r := minutes(900)
	parts := 0
	c := NewCutter(minutely())
	if _, err := h.Read(t.Context(), r, c, func() { parts++ }); err != nil {
		t.Fatal(err)
	}
	if parts != 3 || parts != r.Chunks() {
		t.Errorf("read in %d parts, Chunks() = %d, want 3", parts, r.Chunks())
	}
	if m := c.Meetings(); len(m) != 1 || m[0].Duration != 20*time.Minute || m[0].At.Sub(epoch) != 350*time.Minute {
		t.Errorf("meetings = %+v, want one of 20 min in minute 350", m)
	}
}

func TestNoSamplesIsAnErrorThatSaysWhereToLook(t *testing.T) {
	h := serve(t, `
		up{job="bbb-exporter"} 1x4`)
	_, err := h.Read(t.Context(), minutes(5), NewCutter(minutely()), func() {})
	if err == nil || !strings.Contains(err.Error(), `no samples of bbb_meetings_participants{job="bbb-exporter"}`) || !strings.Contains(err.Error(), "rules.metrics.participants") {
		t.Errorf("error = %v, want one with the selector and the keys", err)
	}
}

func TestPrometheussErrorsAreToldWithTheQuery(t *testing.T) {
	for name, status := range map[string]int{"a wrong token": http.StatusUnauthorized, "a server that fails": http.StatusBadGateway} {
		t.Run(name, func(t *testing.T) {
			h := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", status) }))
			_, err := h.Read(t.Context(), minutes(5), NewCutter(minutely()), func() {})
			if err == nil || !strings.Contains(err.Error(), "query max by (instance) (bbb_meetings_participants") {
				t.Errorf("error = %v, want one with the query", err)
			}
		})
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	var asked atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	h := dial(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_ = r.ParseForm() // only then the server notices that the client is gone
		cancel()
		<-r.Context().Done()
	}))
	if _, err := h.Read(ctx, minutes(5000), NewCutter(minutely()), func() {}); err == nil {
		t.Error("reading went on, want the context's error")
	}
	if n := asked.Load(); n > 2 {
		t.Errorf("asked %d times, want no more after the end", n)
	}
}
