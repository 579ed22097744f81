package week

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/plot"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// Comparison configures the strategies and weeks to compare.
type Comparison struct {
	Seeds      []uint64
	Monday     time.Time // 00:00 of the first day, in the schools' time zone
	Days       int
	Servers    int
	Strategies []Strategy
	// Config holds the floor, sizes and thresholds for the need, the capacity and the
	// bound, and for the strategies other than Ours.
	Config fleet.Config
	// World is what servers, the cloud and the balancer are like.
	World world.World
	// Timetable is that from which the weeks are generated.
	Timetable sim.Timetable
	Trace     []sim.Arrival // meetings to use instead of generated weeks
	// Before is the trace of the week before Trace, sorted by time. If it is empty,
	// the forecast has no history, as on the first days of a fleet.
	Before []sim.Arrival
	Faults []sim.Fault
	// Pools are those of the servers with a tag; the others have none.
	Pools []Pool
	// Runs limits the number of runs at a time. Several comparisons may share it.
	Runs     *semaphore.Weighted
	Progress func() // called after every simulated hour of every run
}

// Meetings says where the meetings come from: the name of the timetable, or trace.
func (c Comparison) Meetings() string {
	if c.Trace != nil {
		return "trace"
	}
	return c.Timetable.Name
}

// Hours returns the simulated hours of all runs together.
func (c Comparison) Hours() int { return len(c.Seeds) * len(c.Strategies) * c.Days * 24 }

// Outcome is the result of a strategy on one seed.
type Outcome struct {
	Result
	Delays []time.Duration // result of the function Delays
	Churn  int             // result of the function Churn, of all pools
}

// Week holds the outcomes of one seed and their lower bound.
type Week struct {
	Seed     uint64
	Demand   Demand
	Bound    sim.Figures
	AllOn    float64   // cost of all servers at the default size, always on
	Outcomes []Outcome // in the order of the strategies
}

// Run runs every strategy on every seed.
func (c Comparison) Run(ctx context.Context) ([]Week, error) {
	weeks := make([]Week, len(c.Seeds))
	group, ctx := errgroup.WithContext(ctx)
	for i, seed := range c.Seeds {
		setup := c.setup(seed)
		weeks[i] = c.week(seed, setup)
		for j, s := range c.Strategies {
			if c.Runs.Acquire(ctx, 1) != nil {
				return weeks, cmp.Or(group.Wait(), context.Cause(ctx))
			}
			group.Go(func() error {
				defer c.Runs.Release(1)
				r, err := Simulate(ctx, setup, s)
				if err == nil {
					weeks[i].Outcomes[j] = c.outcome(r, setup, weeks[i].Demand)
				}
				return err
			})
		}
	}
	return weeks, group.Wait()
}

func (c Comparison) end() time.Time {
	return time.Date(c.Monday.Year(), c.Monday.Month(), c.Monday.Day()+c.Days, 0, 0, 0, 0, c.Monday.Location())
}

// capacity returns the model that fills servers to the maximum thresholds, above
// which a server counts as overloaded.
func (c Comparison) capacity() CapacityModel {
	return NewCapacityModel(c.World.Load, c.Config.Thresholds)
}

func (c Comparison) setup(seed uint64) Setup {
	capacity := c.capacity()
	s := Setup{
		World: sim.Config{
			Seed: seed, Start: c.Monday, Servers: c.Servers, Overload: capacity.Max, Pools: inPools(c.Pools, c.Servers),
			Load: c.World.Load, Cloud: c.World.Cloud, Balancer: c.World.Balancer, Prices: c.World.Prices,
		},
		Until: c.end(), Arrivals: c.Trace, Faults: c.Faults, Progress: c.Progress,
	}
	if c.Trace == nil {
		weeks := c.Timetable.Week(seed, c.Monday, c.Servers)
		weeks.Days = c.Days
		s.Arrivals = drain(weeks.Arrivals())
	}
	s.Arrivals = tagged(s.Arrivals, c.Pools, seed)
	s.History = c.past(seed)
	return s
}

// past returns the demand of the whole week before, by tag. Times without a meeting in
// the trace had no people.
func (c Comparison) past(seed uint64) map[string]Demand {
	start, arrivals := c.Monday.AddDate(0, 0, -7), c.Before
	if c.Trace == nil {
		arrivals = weekBefore(c.Timetable, seed, start, c.Servers)
	}
	return byTag(tagged(arrivals, c.Pools, seed), c.World.Load, start, c.Monday, time.Minute)
}

// weekBefore returns a generated week before the week of a seed: the same timetable on
// other days, without holidays and events.
func weekBefore(t sim.Timetable, seed uint64, start time.Time, servers int) []sim.Arrival {
	week := t.Week(seed+1<<32, start, servers)
	week.Holidays, week.Events = nil, nil
	return drain(week.Arrivals())
}

func drain(src sim.Source) []sim.Arrival {
	var all []sim.Arrival
	for a, ok := src.Next(); ok; a, ok = src.Next() {
		all = append(all, a)
	}
	return all
}

func (c Comparison) week(seed uint64, s Setup) Week {
	d := NewDemand(s.Arrivals, c.World.Load, c.Monday, c.end(), sampleEvery)
	w := Week{Seed: seed, Demand: d, Outcomes: make([]Outcome, len(c.Strategies))}
	w.Bound = Bound(LeastDemand(s.Arrivals, c.World.Load, c.Monday, c.end(), sampleEvery), c.capacity(), c.Config, c.Servers, c.World.Prices, c.World.Cloud.BBB.Min)
	w.AllOn = float64(c.Servers) * c.end().Sub(c.Monday).Hours() * sizeOf(c.Config.Sizes.Default).cost(c.World.Prices)
	within := func(a sim.Arrival) bool { return a.At.Before(c.end()) }
	w.Bound.Meetings = len(slices.DeleteFunc(slices.Clone(s.Arrivals), func(a sim.Arrival) bool { return !within(a) }))
	return w
}

func (c Comparison) outcome(r Result, setup Setup, d Demand) Outcome {
	return Outcome{Result: r, Churn: c.churn(r.Switches, setup), Delays: Delays(d, r.Samples, c.capacity(), c.Config.Sizes.Default, c.Config.Capacity.FloorAt("", c.Monday, c.Servers))}
}

// churn returns the sum of Churn over all pools.
func (c Comparison) churn(switches []sim.Switch, setup Setup) (sum int) {
	target := targetOf(c.World.Load, c.Config)
	for tag, d := range byTag(setup.Arrivals, c.World.Load, c.Monday, c.end(), sampleEvery) {
		of := slices.DeleteFunc(slices.Clone(switches), func(s sim.Switch) bool { return s.Tag != tag })
		sum += Churn(of, d, target, c.Config, tag, serversOf(setup.World, tag))
	}
	return sum
}

// Figure returns the picture of one seed's week. Its unit is servers of the default
// size, filled to the maximum thresholds. The need is at least the floor.
func (c Comparison) Figure(w Week) plot.Figure {
	f := c.result(w)
	for _, o := range w.Outcomes {
		s := c.beside(w, o)
		for i, sample := range o.Samples {
			if i >= len(w.Demand.Crowds) {
				break
			}
			l := w.Demand.load(i, c.World.Load)
			on, takes := c.capacity().inServers(sample.Counts, c.Config.Sizes.Default, l)
			need := c.capacity().servers(l, c.Config.Sizes.Default)
			s.Points = append(s.Points, plot.Point{
				At: sample.At, On: on, Service: takes, Need: float64(max(c.Config.Capacity.FloorAt("", sample.At, c.Servers), need)),
			})
		}
		f.Series = append(f.Series, s)
	}
	return f
}
