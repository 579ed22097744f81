// Package live runs the demo in this process: the simulated IONOS, Scalelite and
// BigBlueButton servers with their exporters on loopback, a real Prometheus and a
// real Alertmanager, and the unchanged daemon, which uses all of them over HTTP.
//
// Simulated time passes faster than real time, by default one hour in a minute.
// The daemon, Prometheus and Alertmanager use real time: their durations are
// divided by the speed, and so are the seconds that the node exporters count.
// Prometheus starts with a history of the week before, so that the forecast starts
// servers ahead of the first lesson.
//
// With Config.Replicas, several daemons share a store in PostgreSQL, each in a process of
// its own (process.go, replicas.go), so that the one that leads can be killed without a
// chance to hand over (takeovers.go). Each has logins of its own at IONOS and Scalelite
// (replica_requests.go), by which the steps that two of them have begun are found (twice.go).
package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// Daemon is the daemon's main function: daemon.Run.
type Daemon func(ctx context.Context, args []string, environ []string, stdout, stderr io.Writer) error

// Config configures a run.
type Config struct {
	World   world.World
	Faults  []sim.Fault // that last from the start to the end
	Servers int
	Speed   float64       // seconds of simulated time in one second
	For     time.Duration // real time to run; 0 runs until ctx is done
	// Daemon is run; nil runs none and tells the command to start one with.
	Daemon Daemon
	// File is the configuration of the daemon and of the rules; nil is the demo's own:
	// the defaults, with smaller servers. Addresses, credentials and the datacenters
	// are always the demo's.
	File *config.File
	// Seed chooses how long servers take to start, and which one hangs.
	Seed uint64
	Out  io.Writer    // output for people
	Log  *slog.Logger // log of the daemon, Prometheus and Alertmanager
	// Targets selects the name by which the exporters are scraped; "" is
	// TargetsAddress.
	Targets string
	// CutLinks, unless 0, has two Prometheus and two Alertmanagers run, which are
	// one cluster, and is the seed of random cuts of the links between them and to
	// the daemon.
	CutLinks uint64
	// Replicas, unless nil, are run in place of Daemon, which is then not nil either.
	Replicas *Replicas
	// Scalelite, unless nil, is used instead of the simulated one.
	Scalelite *Scalelite
}

// The values of Config.Targets: names by which the exporters are scraped.
const (
	TargetsAddress = "address" // the server's first address
	TargetsName    = "name"    // the server's name at IONOS, in the label instance
	TargetsPrivate = "private" // the server's second, private address
)

// Run builds the demo, runs it for cfg.For, and ends it. It returns a summary also
// together with an error; the Steps of the summary are nil if the demo did not start.
func Run(ctx context.Context, cfg Config) (Summary, error) {
	dir, err := os.MkdirTemp("", "bbb-scaler-demo-")
	if err != nil {
		return Summary{}, err
	}
	defer os.RemoveAll(dir)
	if cfg.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cfg.For)
		defer cancel()
	}
	d, err := newDemo(cfg, dir)
	if err != nil {
		return Summary{}, err
	}
	defer d.close()
	if err := d.empty(ctx); err != nil {
		return Summary{}, err
	}
	if d.balancer != nil {
		return d.besideScalelite(ctx, cfg)
	}
	d.introduce(cfg.Out)
	err = d.run(ctx, cfg)
	return d.summary(), err
}

// leaveWithin is the time limit for removing the servers from Scalelite at the end.
const leaveWithin = 30 * time.Second

// besideScalelite runs the demo with a real Scalelite. It always removes the servers
// again and returns the summary.
func (d *demo) besideScalelite(ctx context.Context, cfg Config) (Summary, error) {
	defer d.balancer.Close()
	err := d.balancer.register(ctx, d.world.Servers())
	if err == nil {
		err = d.awaitPolls(ctx, cfg.Out)
	}
	if err == nil && ctx.Err() == nil {
		d.introduce(cfg.Out)
		err = d.run(ctx, cfg)
	}
	s := d.summary()
	s.Meetings, s.MeetingsRefused = int(d.users.asked.Load()), int(d.users.refused.Load())
	maps.Copy(s.Steps, d.steps) // the simulation counts only the steps of the cloud
	if why := d.users.last.Load(); why != nil {
		fmt.Fprint(cfg.Out, terminal.Sprintf("The error of the last refused meeting: %s\n", *why))
	}
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	if left := d.balancer.leave(leave); left != nil {
		err = errors.Join(err, fmt.Errorf("some servers may still be registered in Scalelite; list them with rake servers, remove them with rake servers:remove: %w", left))
	}
	return s, err
}

// awaitPolls waits, while simulated time passes, until Scalelite would place
// meetings on every running server. Cancelling ctx ends the wait without an error.
func (d *demo) awaitPolls(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "Waiting until Scalelite has polled the running servers, at most %s.\n", d.balancer.patience())
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { _ = d.clock.run(ctx) }) // ends with ctx, without an error
	var running []sim.Reading
	for _, r := range d.world.Servers() {
		if r.Power == fleet.PowerOn {
			running = append(running, r)
		}
	}
	return d.balancer.awaitOnline(ctx, running)
}

// run starts every part and waits for all of them. The first part that fails ends
// the others. They outlive ctx for as long as the last check of the links takes.
func (d *demo) run(ctx context.Context, cfg Config) error {
	running, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	var wg sync.WaitGroup
	part := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(running); err != nil && running.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	d.begin(cfg.Servers)
	clock := d.clock
	part("the simulation", clock.run)
	d.runMonitors(part)
	if cfg.Daemon != nil {
		part("bbb-scaler", func(ctx context.Context) error { return d.runDaemons(ctx, cfg) })
	}
	if d.users != nil {
		part("the users", func(ctx context.Context) error { return d.users.come(ctx, meetings(d.world.Start(), cfg.Servers)) })
	}
	part("the journal", func(ctx context.Context) error { return d.tell(ctx, clock, cfg.Out) })
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(running, stop)()
	cancel(d.breakLinks(ctx, cfg.Out))
	wg.Wait()
	if err := context.Cause(running); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// runMonitors runs Prometheus, and Alertmanager until no Prometheus sends to it any more:
// one that has ended breaks the connection, which the sender reports as an error.
func (d *demo) runMonitors(part func(name string, f func(context.Context) error)) {
	receiving, stop := context.WithCancel(context.Background())
	var senders sync.WaitGroup
	for i := range d.alertmanager {
		senders.Add(1)
		part("prometheus", func(ctx context.Context) error {
			defer senders.Done()
			return d.prometheus[i].Run(ctx)
		})
		part("alertmanager", func(context.Context) error { return d.alertmanager[i].Run(receiving) })
	}
	part("the end of alertmanager", func(context.Context) error {
		senders.Wait()
		stop()
		return nil
	})
}

// runDaemons runs the daemon, or all replicas, until ctx is done.
func (d *demo) runDaemons(ctx context.Context, cfg Config) error {
	if d.replicas != nil {
		return d.runReplicas(ctx, cfg.Log, cfg.Out)
	}
	log := &lines{log: cfg.Log, name: "bbb-scaler"}
	return cfg.Daemon(ctx, append(d.daemonArgs(0), d.clockArgs()...), nil, log, log)
}

// clock advances a World with real time, at a speed.
type clock struct {
	world *sim.World
	speed float64
	begun time.Time // real time at the World's start
}

func newClock(w *sim.World, speed float64) *clock {
	return &clock{world: w, speed: speed, begun: time.Now()}
}

// at returns the simulated time at a real time.
func (c *clock) at(wall time.Time) time.Time {
	return c.world.Start().Add(time.Duration(float64(wall.Sub(c.begun)) * c.speed))
}

// wall returns the real time at a simulated time.
func (c *clock) wall(simulated time.Time) time.Time {
	return c.begun.Add(time.Duration(float64(simulated.Sub(c.world.Start())) / c.speed))
}

// tick is the interval at which the World is advanced.
const tick = 20 * time.Millisecond

func (c *clock) run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			c.world.Advance(c.at(now))
		case <-ctx.Done():
			return nil
		}
	}
}

// lines is a writer that logs each line of the daemon's output at level debug.
type lines struct {
	log  *slog.Logger
	name string
}

// Write logs one line.
func (l *lines) Write(text []byte) (int, error) {
	l.log.Debug(strings.TrimSuffix(string(text), "\n"), "from", l.name)
	return len(text), nil
}
