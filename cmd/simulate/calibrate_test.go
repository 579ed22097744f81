package main

import (
	"bytes"
	"fmt"
	"math"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/promqltest"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// fleetOfTwo is a Prometheus with two servers of 2 cores and 8 GiB, one with nobody on
// it, and one with 200 people, each of whom takes 2 MiB and 0.001 cores. Idle they hold
// 3000 MiB and 0.2 cores.
func fleetOfTwo(t *testing.T) (url string) {
	t.Helper()
	var series strings.Builder
	series.WriteString("load 1m")
	for i, one := range []struct {
		people, available int
		idle              string
	}{{0, (8192 - 3000) << 20, "54"}, {200, (8192 - 3400) << 20, "48"}} {
		fmt.Fprintf(&series, `
			bbb_meetings_participants{job="bbb-exporter",instance="bbb%[1]d:9688"} %[2]dx600
			bbb_api_up{job="bbb-exporter",instance="bbb%[1]d:9688"} 1x600
			node_memory_MemTotal_bytes{job="bbb-node",instance="bbb%[1]d:9100"} 8589934592x600
			node_memory_MemAvailable_bytes{job="bbb-node",instance="bbb%[1]d:9100"} %[3]dx600
			node_cpu_seconds_total{job="bbb-node",instance="bbb%[1]d:9100",cpu="0",mode="idle"} 0+%[4]sx600
			node_cpu_seconds_total{job="bbb-node",instance="bbb%[1]d:9100",cpu="1",mode="idle"} 0+%[4]sx600`,
			i+1, one.people, one.available, one.idle)
	}
	storage := promqltest.LoadedStorage(t, series.String())
	t.Cleanup(func() { storage.Close() })
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	server := httptest.NewServer(monitor.QueryHandler(engine, storage))
	t.Cleanup(server.Close)
	return server.URL
}

// near reports whether got is within 1 % of want.
func near(got, want float64) bool { return math.Abs(got-want) <= 0.01*want }

func TestCalibrateWritesAWorldThatTheSimulationTakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.yml")
	var out, notes bytes.Buffer
	args := []string{"calibrate", thursday, "--to=1970-01-01T10:00", "--timezone=UTC", "--prometheus.url", fleetOfTwo(t), "--output", path}
	if err := run(t.Context(), args, environment(nil), &out, &notes); err != nil {
		t.Fatal(err)
	}
	w, err := world.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if l := w.Load; !near(l.ParticipantRAM, 2) || !near(l.ParticipantCores, 0.001) || !near(l.BaseRAM, 3000) || !near(l.BaseCores, 0.2) {
		t.Errorf("the load is %+v; want 2 MiB and 0.001 cores a person, and 3000 MiB and 0.2 cores idle", l)
	}
	for _, want := range []string{"Fitted to ", " windows of 5m0s of 2 servers", "No samples of bbb_meetings_video_participants.", "No samples of node_boot_time_seconds."} {
		if !strings.Contains(notes.String(), want) {
			t.Errorf("the notes lack %q:\n%s", want, &notes)
		}
	}
	if out.Len() > 0 {
		t.Errorf("standard output has %q; want nothing, since there is a file", &out)
	}
}

func TestCalibrateRefuses(t *testing.T) {
	url := fleetOfTwo(t)
	tests := []struct {
		name, want string
		args       []string
	}{
		{"no address", "set --prometheus.url", nil},
		{"a step below a minute", "--step: 10s: must be whole seconds, from 1m to 1h", []string{"--step=10s"}},
		{"a step of hours", "--step: 3h0m0s: must be whole seconds, from 1m to 1h", []string{"--step=3h"}},
		{"an end before the beginning", "must be after --from", []string{"--from=2026-03-02", "--to=2026-03-01"}},
		{"a zone that is none", "--timezone", []string{"--timezone=Mars/Base"}},
		{"a time without samples", "prometheus has no windows of 5m with samples of", []string{"--prometheus.url", url, "--from=2026-03-02", "--to=2026-03-03"}},
		{"too short a time", "usable windows of 5m0s, and 50 are needed", []string{"--prometheus.url", url, thursday, "--to=1970-01-01T01:00", "--timezone=UTC"}},
		{"a journal that does not answer", "connection refused", []string{"--prometheus.url", url, thursday, "--to=1970-01-01T10:00", "--timezone=UTC", "--journal.url=http://127.0.0.1:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, notes bytes.Buffer
			err := run(t.Context(), append([]string{"calibrate"}, tt.args...), environment(nil), &out, &notes)
			if err == nil || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
				t.Errorf("run = %v with %q, want an error with %q and nothing written", err, out.String(), tt.want)
			}
		})
	}
}
