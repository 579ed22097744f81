package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	amconfig "github.com/prometheus/alertmanager/config"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
)

// TestMain runs this program as a replica, too, so that the tests need no other program.
func TestMain(m *testing.M) {
	roles := map[string]Daemon{"replica": daemon.Run, "waiting": waits, "broken": breaks}
	if len(os.Args) > 1 && roles[os.Args[1]] != nil {
		if err := RunReplica(context.Background(), roles[os.Args[1]], os.Args[2:], os.Environ(), os.Stdin, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// waits is a daemon that does nothing until it is stopped.
func waits(ctx context.Context, _, environ []string, _, log io.Writer) error {
	fmt.Fprintln(log, "running with", environ)
	<-ctx.Done()
	fmt.Fprintln(log, "stopped")
	return nil
}

// breaks is a daemon that cannot start.
func breaks(context.Context, []string, []string, io.Writer, io.Writer) error {
	return errors.New("the port is in use")
}

func TestAFollowerTakesOverFromALeaderThatWasKilled(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	database := postgrestest.Start(t)
	out := &until{wants: []string{"leads, and the others stand by", "after the kill of", "grow     bbb-server"}, stop: stop}
	var log bytes.Buffer
	s, err := Run(ctx, Config{
		World: light(t), File: small(), Servers: 6, Speed: 120, Daemon: daemon.Run, Out: out,
		Replicas: &Replicas{Number: 2, StorageURL: fleet.Secret(database.Database("demo", "")), KillEvery: 10 * time.Second, Program: []string{os.Args[0], "replica"}},
		Log:      slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	if s.Kills == 0 || s.Takeovers.Takeovers == 0 || s.StepsDoneTwice != 0 || s.MeetingsEndedEarly != 0 || s.Steps["grow"] == 0 {
		t.Errorf("summary = %+v, %+v; want kills, takeovers and grown servers, no step twice, and no meeting ended early\n%s", s, s.Takeovers, &out.text)
	}
	// The lease lasts for 10 s, and is renewed every 2 s.
	if s.SecondsMax < 7 {
		t.Errorf("the longest takeover came %.1f s after the kill; want the end of a lease that nobody has released", s.SecondsMax)
	}
	if n := len(linesWith(out.text.String(), "which starts again")); s.Takeovers.Takeovers != n {
		t.Errorf("%d takeovers, and %d lines about them:\n%s", s.Takeovers.Takeovers, n, &out.text)
	}
}

// linesWith returns the lines of text with a phrase.
func linesWith(text, phrase string) (lines []string) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, phrase) {
			lines = append(lines, line)
		}
	}
	return lines
}

// replicasOf returns replicas that run a role of TestMain.
func replicasOf(role string) *replicas {
	return &replicas{
		Replicas:  Replicas{Number: 1, StorageURL: "postgres://u:secret@h/d", Program: []string{os.Args[0], role}},
		args:      func(int) []string { return nil },
		log:       slog.New(slog.DiscardHandler),
		processes: make([]*process, 1), numbers: make([]int, 1),
	}
}

func TestAReplicaThatEndsByItselfEndsTheRunWithItsLastLine(t *testing.T) {
	ctx, fail := context.WithCancelCause(t.Context())
	defer fail(nil)
	if err := replicasOf("broken").start(0, fail); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if got, want := context.Cause(ctx).Error(), "bbb-scaler-1: it has ended: the port is in use"; got != want {
		t.Errorf("the run ends with %q, want %q", got, want)
	}
}

func TestAReplicaIsStoppedOrKilledWithoutAnErrorAndGetsTheURLInItsEnvironment(t *testing.T) {
	for name, end := range map[string]struct {
		by    func(*replicas)
		clean bool
	}{
		"stopped": {(*replicas).stop, true},
		"killed":  {func(r *replicas) { r.kill(0) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, fail := context.WithCancelCause(t.Context())
			defer fail(nil)
			r := replicasOf("waiting")
			if err := r.start(0, fail); err != nil {
				t.Fatal(err)
			}
			p := r.processes[0]
			for p.log.String() == "" {
				wait(ctx, 10*time.Millisecond)
			}
			if got, want := p.log.String(), "running with [BBB_SCALER_STORAGE_URL=postgres://u:secret@h/d]"; got != want {
				t.Errorf("its first line is %q, want %q", got, want)
			}
			if args := strings.Join(p.cmd.Args, " "); strings.Contains(args, "secret") {
				t.Errorf("its command line has the password: %s", args)
			}
			end.by(r)
			if stopped := p.log.String() == "stopped"; stopped != end.clean || ctx.Err() != nil {
				t.Errorf("its last line is %q, the run's error %v; want it to stop by itself: %v, and no error", p.log.String(), context.Cause(ctx), end.clean)
			}
		})
	}
}

func TestAlertmanagerNotifiesAndPrometheusScrapesEveryReplica(t *testing.T) {
	d, _, _ := pairOf(t)
	s, err := d.settings()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range d.daemonAt {
		if hook := "url: http://" + at + "/webhook"; strings.Count(s.alertmanager[0], hook) != 1 {
			t.Errorf("Alertmanager's configuration lacks %q:\n%s", hook, s.alertmanager[0])
		}
		if !strings.Contains(s.prometheus[0], "- "+at) {
			t.Errorf("Prometheus' configuration lacks %s:\n%s", at, s.prometheus[0])
		}
	}
	if _, err := amconfig.Load(s.alertmanager[0]); err != nil {
		t.Errorf("Alertmanager refuses its configuration: %v", err)
	}
}

func TestWhatAnEarlierRunHasLeftIsDeletedAndARealFleetOfThatNameStays(t *testing.T) {
	d, _, _ := pairOf(t)
	d.replicas.StorageURL = fleet.Secret(postgrestest.Start(t).Database("demo", ""))
	actual := d.identity()
	if actual.Name != "bbb-demo" {
		t.Errorf("the fleet's name is %q, want that of the configuration and -demo", actual.Name)
	}
	actual.Name = "bbb"
	pauses := func(of fleet.Identity, add bool) int {
		shared, err := postgres.Open(t.Context(), postgres.Config{URL: d.replicas.StorageURL, Fleet: of})
		if err != nil {
			t.Fatal(err)
		}
		defer shared.Close()
		lease, err := shared.Acquire(t.Context(), fleet.Claim{Holder: "earlier", Length: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		store := shared.Under(lease)
		if add {
			if err := store.Commit(t.Context(), fleet.Commit{Pauses: []fleet.Pause{{ID: "p"}}}); err != nil {
				t.Fatal(err)
			}
		}
		m, err := store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(m.Pauses)
	}
	if n := pauses(d.identity(), true) + pauses(actual, true); n != 2 {
		t.Fatalf("%d pauses, want one of each fleet", n)
	}
	if err := d.empty(t.Context()); err != nil { // waits until the lease of the earlier run has ended
		t.Fatal(err)
	}
	if demo, other := pauses(d.identity(), false), pauses(actual, false); demo != 0 || other != 1 {
		t.Errorf("%d pauses of the demo's fleet, %d of the real one; want 0 and 1", demo, other)
	}
}
