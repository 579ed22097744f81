package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
)

// grafana is a data source proxy in front of Prometheus, with a token.
func grafana(t *testing.T, token string) (url string) {
	t.Helper()
	storage := promqltest.LoadedStorage(t, `
		load 1m
			bbb_meetings_participants{job="bbb-exporter",instance="bbb1:9688"} 0x479 24x44 0x600
			bbb_meetings_video_participants{job="bbb-exporter",instance="bbb1:9688"} 0x479 6x44 0x600
			bbb_meetings{job="bbb-exporter",instance="bbb1:9688"} 0x479 1x44 0x600
	`)
	t.Cleanup(func() { storage.Close() })
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	const proxy = "/api/datasources/proxy/1"
	queries := http.StripPrefix(proxy, monitor.QueryHandler(engine, storage))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		queries.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + proxy
}

func environment(pairs map[string]string) (environ []string) {
	for name, value := range pairs {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// Thursday, 1 January 1970, in UTC: its week began on the Monday before.
const thursday = "--from=1970-01-01"

func TestRecordWritesATraceThroughGrafana(t *testing.T) {
	env := environment(map[string]string{
		"GRAFANA_ENDPOINT": grafana(t, "tok3n") + "/api/v1/query?query=", "GRAFANA_PASS": "tok3n", "TIMEZONE": "UTC",
	})
	path := filepath.Join(t.TempDir(), "week.csv")
	var notes bytes.Buffer
	err := run(t.Context(), []string{"record", thursday, "--to=1970-01-01T18:00", "--output", path}, env, nil, &notes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Three days and eight hours after Monday.
	if want := sim.TraceHeader + "\n288000,2700,24,6\n"; string(got) != want {
		t.Errorf("the trace is\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(notes.String(), "Read 1 servers") || strings.Contains(notes.String(), "tok3n") {
		t.Errorf("notes = %q, want the number of servers and no token", notes.String())
	}
	back, err := sim.ReadTrace(bytes.NewReader(got), time.Date(1969, 12, 29, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatalf("the simulation does not read it: %v", err)
	}
	if m, ok := back.Next(); !ok || m.Participants != 24 {
		t.Errorf("it reads %+v, %t", m, ok)
	}
}

func TestRecordTakesAddressTokenAndNamesFromTheFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"token":          "tok3n\n",
		"bbb-scaler.yml": "prometheus: {url: http://nowhere.invalid, bearer_token_file: token}\nrules: {metrics: {participants: bbb_meetings_participants}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, notes bytes.Buffer
	err := run(t.Context(), []string{"record", "--config.file", filepath.Join(dir, "bbb-scaler.yml"), "--prometheus.url", grafana(t, "tok3n"),
		thursday, "--to=1970-01-01T18:00", "--timezone=UTC", "--metric.webcams=none"}, environment(nil), &out, &notes)
	if err != nil {
		t.Fatal(err)
	}
	if want := sim.TraceHeader + "\n288000,2700,24,8\n"; out.String() != want {
		t.Errorf("the trace is\n%s\nwant\n%s", out.String(), want)
	}
	if want := "No samples of none: 33 % of the people"; !strings.Contains(notes.String(), want) {
		t.Errorf("notes = %q, want %q", notes.String(), want)
	}
}

func TestRecordRefuses(t *testing.T) {
	tests := []struct {
		name, want string
		args       []string
	}{
		{"no address", "set --prometheus.url", nil},
		{"an address that is none", "prometheus.url", []string{"--prometheus.url=nowhere"}},
		{"a time that is none", `--from: "soon" is no time such as`, []string{"--from=soon"}},
		{"an end before the beginning", "must be after --from", []string{"--from=2026-03-02", "--to=2026-03-01"}},
		{"an end in the future", "not in the future", []string{"--from=2026-03-02", "--to=2999-01-01"}},
		{"a zone that is none", "--timezone", []string{"--timezone=Mars/Base"}},
		{"a step of nothing", "step 0s is shorter than 1s", []string{"--step=0s"}},
		{"an unknown flag", "unknown", []string{"--loud"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, notes bytes.Buffer
			err := run(t.Context(), append([]string{"record"}, tt.args...), environment(nil), &out, &notes)
			if err == nil || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
				t.Errorf("run = %v with %q, want an error with %q and nothing written", err, out.String(), tt.want)
			}
		})
	}
}

func TestWithoutTimesTheLastWholeWeekIsRecorded(t *testing.T) {
	r, err := parseRecord(nil, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.resolve(time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)); err != nil { // a Wednesday, clocks changed on Sunday
		t.Fatal(err)
	}
	got := r.span.From.String() + " – " + r.span.Until.String()
	if want := "2026-03-23 00:00:00 +0100 CET – 2026-03-30 00:00:00 +0200 CEST"; got != want {
		t.Errorf("the span is %s, want %s", got, want)
	}
	if !r.monday.Equal(r.span.From) {
		t.Errorf("the trace begins on %s, want %s", r.monday, r.span.From)
	}
}
