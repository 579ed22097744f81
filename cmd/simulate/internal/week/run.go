// Package week runs strategies through simulated weeks with the same
// meetings, and computes the cost of each and its effect on people.
package week

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Strategy is a way to scale a fleet.
type Strategy interface {
	// Name is its title in tables.
	Name() string
	// Prepare sets the state of the fleet at the start.
	Prepare(cfg *sim.Config)
	// Begin returns a run on w, which is at its start.
	Begin(w *sim.World, setup Setup) (Run, error)
}

// Run is one run of a strategy.
type Run interface {
	// Next returns the simulated time at which Act is due.
	Next() time.Time
	// Act does what is due at the simulated time.
	Act(ctx context.Context) error
}

// Setup is the input of a run, the same for all strategies.
type Setup struct {
	World    sim.Config // seed, start, servers; strategies add to it
	Arrivals []sim.Arrival
	Until    time.Time
	// History is the demand of the weeks before, as Prometheus would have recorded
	// it, by the tag that the meetings require.
	History map[string]Demand
	Faults  []sim.Fault // faults that last from the start to the end
	// Progress is called after every hour of simulated time.
	Progress func()
}

// Sample is the state of the fleet at one time.
type Sample struct {
	At     time.Time
	Counts []SizeCount
}

// SizeCount counts servers of one size: those that are switched on, and those
// of them that the balancer sends meetings to.
type SizeCount struct {
	Size      fleet.Size
	On, Takes int
}

// Result is the result of a run.
type Result struct {
	Name     string
	Figures  sim.Figures
	Samples  []Sample
	Switches []sim.Switch
}

// sampleEvery is the interval of the samples, from which the delays and the plot
// are computed.
const sampleEvery = 30 * time.Second

// Simulate runs one strategy.
func Simulate(ctx context.Context, setup Setup, s Strategy) (Result, error) {
	cfg := setup.World
	s.Prepare(&cfg)
	w := sim.New(cfg)
	w.Follow(&replay{setup.Arrivals})
	run, err := s.Begin(w, setup)
	if err != nil {
		return Result{}, fmt.Errorf("strategy %s: %w", s.Name(), err)
	}
	for _, f := range setup.Faults {
		w.Inject(f)
	}
	r := runner{setup: setup, w: w, run: run, next: w.Now()}
	if err := r.to(ctx, setup.Until); err != nil {
		return Result{}, fmt.Errorf("strategy %s at %s: %w", s.Name(), w.Now(), err)
	}
	return Result{Name: s.Name(), Figures: w.Figures(), Samples: r.samples, Switches: w.Switches()}, nil
}

// replay is a source of arrivals, which must be sorted by time.
type replay struct{ rest []sim.Arrival }

// Next implements sim.Source.
func (r *replay) Next() (sim.Arrival, bool) {
	if len(r.rest) == 0 {
		return sim.Arrival{}, false
	}
	next := r.rest[0]
	r.rest = r.rest[1:]
	return next, true
}

type runner struct {
	setup   Setup
	w       *sim.World
	run     Run
	next    time.Time // sample
	samples []Sample
	buffer  []sim.Reading
}

// to advances simulated time until t.
func (r *runner) to(ctx context.Context, t time.Time) error {
	for {
		next := r.run.Next()
		if r.next.Before(next) {
			next = r.next
		}
		if !next.Before(t) {
			r.w.Advance(t)
			return nil
		}
		r.w.Advance(next)
		if err := r.run.Act(ctx); err != nil {
			return err
		}
		if !next.Before(r.next) {
			if err := r.sample(ctx); err != nil {
				return err
			}
		}
	}
}

// sample records the state of the fleet, and returns ctx's error once it is
// cancelled.
func (r *runner) sample(ctx context.Context) error {
	r.next = r.next.Add(sampleEvery)
	if now := r.w.Now(); r.setup.Progress != nil && now.Minute() == 0 && now.Second() == 0 {
		r.setup.Progress()
	}
	r.buffer = r.w.AppendServers(r.buffer)
	s := Sample{At: r.w.Now()}
	for i := range r.buffer {
		s.add(&r.buffer[i])
	}
	r.samples = append(r.samples, s)
	return ctx.Err()
}

func (s *Sample) add(r *sim.Reading) {
	if r.Power != fleet.PowerOn {
		return
	}
	i := slices.IndexFunc(s.Counts, func(c SizeCount) bool { return c.Size == r.Size })
	if i < 0 {
		i = len(s.Counts)
		s.Counts = append(s.Counts, SizeCount{Size: r.Size})
	}
	s.Counts[i].On++
	if r.Takes && r.BBBUp {
		s.Counts[i].Takes++
	}
}
