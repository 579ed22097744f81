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

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// until calls stop once what is written to it holds every one of wants, in lines
// about steps that were done.
type until struct {
	mu    sync.Mutex
	text  bytes.Buffer
	done  strings.Builder // text without the steps that came to nothing
	wants []string
	stop  func()
}

func (u *until) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.text.Write(b)
	if line := string(b); !strings.Contains(line, string(fleet.Abandoned)+": ") && !strings.Contains(line, string(fleet.Failed)+": ") {
		u.done.WriteString(line)
	}
	for _, want := range u.wants {
		if !strings.Contains(u.done.String(), want) {
			return len(b), nil
		}
	}
	u.stop()
	return len(b), nil
}

// light returns the world whose servers carry many people: their numbers of servers are
// those of the tests.
func light(t *testing.T) world.World {
	t.Helper()
	w, err := world.Read("light")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// small returns a configuration with which few people fill a server, for the light world.
func small() *config.File {
	c := config.Defaults()
	c.Actions.Capacity.MinActive = floor
	c.Actions.Thresholds.CPU = rules.Band{Min: 0.1, Max: 0.5}
	c.Actions.Sizes.Fleet.Cores, c.Actions.Sizes.Max.Cores = 4, 6
	return &c
}

// firstStart returns the time of the first line about a start.
func firstStart(text string) string {
	for line := range strings.Lines(text) {
		if at, step, _ := strings.Cut(line, " "); strings.HasPrefix(strings.TrimSpace(step), "start ") {
			return at
		}
	}
	return ""
}

func TestTheBellStartsServersAndTheEndOfTheLessonsStopsThem(t *testing.T) {
	for _, targets := range []string{TargetsAddress, TargetsName, TargetsPrivate} {
		t.Run("targets by "+targets, func(t *testing.T) { aDay(t, targets) })
	}
}

// aDay runs lessons until every kind of step was made.
func aDay(t *testing.T, targets string) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	out := &until{wants: []string{" start ", " enable ", " grow ", " cordon ", " stop "}, stop: stop}
	var log bytes.Buffer
	s, err := Run(ctx, Config{
		World: light(t), File: small(), Servers: 12, Speed: 120, Targets: targets, Daemon: daemon.Run, Out: out,
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
	if at := firstStart(out.text.String()); at == "" || at >= "08:00" {
		t.Errorf("the first server was started at %q; want one ahead of the bell at 08:00, by the forecast", at)
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

func TestTheFleetLineTellsPeopleOnOverloadedServersNotTheAverage(t *testing.T) {
	f := fleetState{max: sim.Workload{CPU: 0.5, Memory: 0.85}, saved: "20 %"}
	f.add(sim.Reading{Power: fleet.PowerOn, Workload: sim.Workload{CPU: 1, Memory: 0.3}, Meetings: 9, Participants: 225}, true)
	for range 3 {
		f.add(sim.Reading{Power: fleet.PowerOn, Workload: sim.Workload{CPU: 0.02, Memory: 0.1}}, true)
	}
	f.add(sim.Reading{Power: fleet.PowerOff}, false)
	want := "-------- servers on 4, in service 4; meetings 9; people 225, on overloaded servers 225; busiest server at 100 % CPU; saved 20 %"
	if got := f.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTheDemosFileIsOneThatTheDaemonTakes(t *testing.T) {
	d, err := newDemo(Config{World: light(t), Servers: 2, Speed: 60, Log: slog.New(slog.DiscardHandler)}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	f, err := config.Load(d.dir+"/"+d.fileOf(0, daemonFile), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults().Actions.Cooldowns.Out / 60
	if got := f.Actions.Cooldowns.Out; got != want {
		t.Errorf("cooldowns.scale_out = %s, want %s, a sixtieth of the default", got, want)
	}
}

func TestTheDemosCloudStatesARateLimit(t *testing.T) {
	d, err := newDemo(Config{World: light(t), Servers: 2, Speed: 60, Log: slog.New(slog.DiscardHandler)}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.ionosAt+"/cloudapi/v6/datacenters", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(d.user(0), d.secret.password.Reveal())
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
