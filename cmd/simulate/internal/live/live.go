// Package live runs a small school cloud in this process, in front of the
// user's eyes: the simulated IONOS, Scalelite and BigBlueButton servers with
// their exporters on loopback, a real Prometheus and a real Alertmanager, and
// the scaler's daemon, unchanged, talking HTTP to all of them.
//
// The world's clock runs faster than the wall's, so that an hour passes in a
// minute. The daemon, Prometheus and Alertmanager live by the wall's clock:
// their durations are divided by the speed, and so are the seconds that the
// node exporters count.
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

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// Daemon is the scaler's main function.
type Daemon func(ctx context.Context, args []string, environ []string, stdout, stderr io.Writer) error

// Config says what to run.
type Config struct {
	Servers int
	Speed   float64       // seconds of the world in one of the wall's
	For     time.Duration // of the wall's; 0: until ctx ends
	Daemon  Daemon
	Out     io.Writer    // lines for people
	Log     *slog.Logger // what the parts have to say
	// Targets is by what the exporters are scraped; "" is TargetsAddress.
	Targets string
	// Scalelite, unless nil, is used instead of the simulated one.
	Scalelite *Scalelite
}

// By what the exporters are scraped.
const (
	TargetsAddress = "address" // the server's first address
	TargetsName    = "name"    // its name at IONOS, as the label instance
	TargetsPrivate = "private" // its second, private address
)

// Summary is what a run came to.
type Summary struct {
	Steps              map[string]int `json:"steps"`
	Meetings           int            `json:"meetings"`
	MeetingsEndedEarly int            `json:"meetings_ended_early"`
	MeetingsRefused    int            `json:"meetings_refused"`
	ServerHours        float64        `json:"server_hours"`
}

// Run builds the cloud, runs it for a while, and takes it down again.
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
	p, err := newPlace(cfg, dir)
	if err != nil {
		return Summary{}, err
	}
	defer p.close()
	if p.balancer != nil {
		return p.besideScalelite(ctx, cfg)
	}
	p.world.Follow(lessons(p.world.Start(), cfg.Servers))
	p.introduce(cfg.Out)
	err = p.run(ctx, cfg)
	return summary(p.world), err
}

// leaveWithin bounds how long the servers take to leave Scalelite in the end.
const leaveWithin = 30 * time.Second

// besideScalelite runs with a balancer that is not of the world.
func (p *place) besideScalelite(ctx context.Context, cfg Config) (Summary, error) {
	defer p.balancer.Close()
	err := p.balancer.register(ctx, p.world.Servers())
	if err == nil {
		p.introduce(cfg.Out)
		err = p.run(ctx, cfg)
	}
	s := summary(p.world)
	s.Meetings, s.MeetingsRefused = int(p.guests.asked.Load()), int(p.guests.refused.Load())
	maps.Copy(s.Steps, p.steps) // the world knows only the cloud's
	if why := p.guests.last.Load(); why != nil {
		fmt.Fprint(cfg.Out, terminal.Sprintf("The last meeting that was refused: %s\n", *why))
	}
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	if left := p.balancer.leave(leave); left != nil {
		err = errors.Join(err, fmt.Errorf("some servers may still be registered in Scalelite: %w", left))
	}
	return s, err
}

// run starts every part and waits for all of them; the first that fails ends
// the others.
func (p *place) run(ctx context.Context, cfg Config) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	part := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	clock := p.clock
	part("the world", clock.run)
	part("alertmanager", p.alertmanager.Run)
	part("prometheus", p.prometheus.Run)
	part("bbb-scaler", func(ctx context.Context) error {
		log := &lines{log: cfg.Log, name: "bbb-scaler"}
		return cfg.Daemon(ctx, p.daemonArgs(), nil, log, log)
	})
	if p.guests != nil {
		part("the guests", func(ctx context.Context) error { return p.guests.come(ctx, lessons(p.world.Start(), cfg.Servers)) })
	}
	part("the journal", func(ctx context.Context) error { return p.tell(ctx, clock, cfg.Out) })
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// clock moves a world along with the wall's clock.
type clock struct {
	world *sim.World
	speed float64
	begun time.Time // of the wall's
}

func newClock(w *sim.World, speed float64) *clock {
	return &clock{world: w, speed: speed, begun: time.Now()}
}

// world's time at a time of the wall's.
func (c *clock) at(wall time.Time) time.Time {
	return c.world.Start().Add(time.Duration(float64(wall.Sub(c.begun)) * c.speed))
}

// wall's time at a time of the world.
func (c *clock) wall(world time.Time) time.Time {
	return c.begun.Add(time.Duration(float64(world.Sub(c.world.Start())) / c.speed))
}

// tick is how often the world is moved.
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

// lines passes what is written on to a log, line by line, for who wants to see
// the daemon's own words.
type lines struct {
	log  *slog.Logger
	name string
}

func (l *lines) Write(text []byte) (int, error) {
	l.log.Debug(strings.TrimSuffix(string(text), "\n"), "from", l.name)
	return len(text), nil
}
