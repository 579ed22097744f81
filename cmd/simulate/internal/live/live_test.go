package live

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
)

// until calls stop once what is written to it holds every one of wants.
type until struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wants []string
	stop  func()
}

func (u *until) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.text.Write(b)
	for _, want := range u.wants {
		if !strings.Contains(u.text.String(), want) {
			return len(b), nil
		}
	}
	u.stop()
	return len(b), nil
}

func TestTheBellStartsServersAndTheEndOfTheLessonsStopsThem(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	out := &until{wants: []string{" start ", " enable ", " grow ", " cordon ", " stop "}, stop: stop}
	var log bytes.Buffer
	s, err := Run(ctx, Config{
		Servers: 12, Speed: 120, Daemon: daemon.Run, Out: out,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"start", "enable", "grow", "cordon", "stop"} {
		if s.Steps[kind] == 0 {
			t.Errorf("no %s in %v", kind, s.Steps)
		}
	}
	if s.Meetings == 0 || s.MeetingsEndedEarly != 0 || s.ServerHours <= 0 {
		t.Errorf("summary = %+v; want meetings, none ended early, and server-hours", s)
	}
	if t.Failed() {
		t.Log(out.text.String())
	}
	if log.Len() > 0 {
		t.Errorf("errors were logged:\n%s", log.String())
	}
}

func TestTheDemosFileIsOneThatTheDaemonTakes(t *testing.T) {
	p, err := newPlace(Config{Servers: 2, Speed: 60, Log: slog.New(slog.DiscardHandler)}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	f, err := config.Load(p.dir+"/"+daemonFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults().Actions.Cooldowns.Out / 60
	if got := f.Actions.Cooldowns.Out; got != want {
		t.Errorf("cooldowns.scale_out = %s, want %s, a sixtieth of the default", got, want)
	}
}

func TestTheDemosCloudStatesARateLimit(t *testing.T) {
	p, err := newPlace(Config{Servers: 2, Speed: 60, Log: slog.New(slog.DiscardHandler)}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.ionosAt+"/cloudapi/v6/datacenters", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(ionosUser, p.secret.password.Reveal())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Burst", "X-RateLimit-Remaining"} {
		if got := resp.Header.Get(name); resp.StatusCode != http.StatusOK || got == "" || got == "0" {
			t.Errorf("%s = %q with status %d, want a number", name, got, resp.StatusCode)
		}
	}
}

func TestOnlyTheSecondsOfCoresAreSlowedDown(t *testing.T) {
	tests := []struct{ line, want string }{
		{`node_cpu_seconds_total{cpu="0",mode="idle"} 120`, `node_cpu_seconds_total{cpu="0",mode="idle"} 2`},
		{`node_cpu_seconds_total{cpu="0",mode="idle"} 1.5e+02`, `node_cpu_seconds_total{cpu="0",mode="idle"} 2.5`},
		{"node_memory_MemTotal_bytes 120", "node_memory_MemTotal_bytes 120"},
		{"# TYPE node_cpu_seconds_total counter", "# TYPE node_cpu_seconds_total counter"},
	}
	for _, tt := range tests {
		if got := slower(tt.line, 60); got != tt.want {
			t.Errorf("slower(%q, 60) = %q, want %q", tt.line, got, tt.want)
		}
	}
}
