package exportertest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/exportertest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

func scrape(h http.Handler, server, user, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/"+server+"/metrics", nil)
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func config(w *sim.World) exportertest.Config {
	return exportertest.Config{World: w, Identify: simhttp.ByPath}
}

func TestTheNodeExporterCountsIdleTimeOfEachCoreSinceBoot(t *testing.T) {
	load := sim.DefaultLoad()
	load.BaseCores = 0.5
	w := sim.New(sim.Config{Servers: 1, Running: 1, Load: load})
	h := exportertest.Node(config(w))
	w.Run(100 * time.Second)
	if err := w.Operator().Resize("bbb-server1", fleet.Size{Cores: 4, RAM: 8192}); err != nil {
		t.Fatal(err)
	}
	w.Run(100 * time.Second) // 75 % idle on 2 cores, then 87.5 % on 4
	for _, want := range []string{
		`node_cpu_seconds_total{cpu="0",mode="idle"} 162.5`,
		`node_cpu_seconds_total{cpu="3",mode="idle"} 87.5`,
		`node_cpu_seconds_total{cpu="3",mode="user"} 9.375`,
		"node_memory_MemTotal_bytes 8.589934592e+09",
		"node_memory_MemAvailable_bytes 7.516192768e+09",
	} {
		if got := scrape(h, "bbb-server1", "", "").Body.String(); !strings.Contains(got, want+"\n") {
			t.Errorf("no line %q in:\n%s", want, got)
		}
	}
	r := w.Servers()[0]
	if _, err := w.Cloud().Stop(t.Context(), fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID}); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Minute)
	if got := scrape(h, "bbb-server1", "", ""); got.Code != http.StatusBadGateway {
		t.Errorf("a server that is off answers %d %s", got.Code, got.Body)
	}
	if err := w.Operator().Start("bbb-server1"); err != nil {
		t.Fatal(err)
	}
	w.Run(5 * time.Minute)
	if got := w.Servers()[0].CPUIdle[0]; got > 300 {
		t.Errorf("idle seconds 5 min after the boot = %v; want a counter that started anew", got)
	}
}

func TestTheBBBExporterTellsPeopleOnlyWhileBigBlueButtonAnswers(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	h := exportertest.BBB(config(w))
	if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: 30 * time.Minute, Participants: 12, Webcams: 3, Recorded: true}); err != nil {
		t.Fatal(err)
	}
	w.Run(10 * time.Minute)
	got := scrape(h, "bbb-server1", "", "").Body.String()
	for _, want := range []string{"bbb_api_up 1", "bbb_meetings 1", "bbb_meetings_participants 12", "bbb_meetings_video_participants 3", "bbb_recordings_unprocessed 0"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %q in:\n%s", want, got)
		}
	}
	lift := w.Inject(sim.Fault{Kind: sim.BBBHangs})
	if got := scrape(h, "bbb-server1", "", "").Body.String(); !strings.Contains(got, "bbb_api_up 0\n") || strings.Contains(got, "bbb_meetings") {
		t.Errorf("while BigBlueButton hangs:\n%s\nwant bbb_api_up 0 and nothing of meetings", got)
	}
	lift()
	w.Run(21 * time.Minute)
	if got := scrape(h, "bbb-server1", "", "").Body.String(); !strings.Contains(got, "bbb_recordings_unprocessed 1\n") || !strings.Contains(got, "bbb_recordings_processing 1\n") {
		t.Errorf("after a recorded meeting:\n%s\nwant a recording in the works", got)
	}
	w.Run(20 * time.Minute)
	if got := scrape(h, "bbb-server1", "", "").Body.String(); !strings.Contains(got, "bbb_recordings_unprocessed 0\n") {
		t.Errorf("20 min later:\n%s\nwant it processed", got)
	}
}

func TestExportersAskForTheirPassword(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	cfg := config(w)
	cfg.User, cfg.Password = "ne", "right"
	if got := scrape(exportertest.Node(cfg), "bbb-server1", "ne", "wrong").Code; got != 401 {
		t.Errorf("wrong password: %d; want 401", got)
	}
	if got := scrape(exportertest.Node(cfg), "bbb-server1", "ne", "right").Code; got != 200 {
		t.Errorf("right password: %d; want 200", got)
	}
	w.Inject(sim.Fault{Kind: sim.ExporterUnauthorized})
	if got := scrape(exportertest.Node(cfg), "bbb-server1", "ne", "right").Code; got != 401 {
		t.Errorf("with the fault: %d; want 401", got)
	}
}
