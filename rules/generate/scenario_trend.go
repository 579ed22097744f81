package generate

import (
	"fmt"
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// followed is one of the workloads that are extrapolated. The other workload of
// the server stays low.
type followed struct {
	alert     string
	word      string
	of, other func(host string, t timeline) []Series
	band      rules.Band
	lag       int  // samples until a change shows
	smoothed  bool // whether the alert compares the smoothed workload with half of the limit
	// figures returns the annotations beside the value, for this workload and the
	// other one.
	figures func(this, other float64) map[string]string
}

// little is a workload below every threshold.
const little = 1.0 / 64

// followed returns the workloads of the fleet and of a server.
func (s setup) followed() []followed {
	figures := func(cpu, memory float64) map[string]string {
		return map[string]string{
			rules.AnnotationCPU: fmt.Sprintf(ratio, cpu), rules.AnnotationMemory: fmt.Sprintf(ratio, memory),
			rules.AnnotationCores: fmt.Sprintf(cores, cpu), rules.AnnotationRAM: fmt.Sprintf(count, memory*s.roomOf(serverBytes)/(1<<20)),
		}
	}
	swapped := func(memory, cpu float64) map[string]string { return figures(cpu, memory) }
	none := func(float64, float64) map[string]string { return map[string]string{} }
	memory, cpu := s.in.Thresholds.Memory, s.in.Thresholds.CPU
	return []followed{
		{rules.FleetLoadRising, "memory", s.memory, s.cpu, memory, 0, false, swapped},
		{rules.FleetLoadRising, "CPU", s.cpu, s.memory, cpu, 1, true, figures},
		{rules.ServerMemoryRising, "workload", s.machineMemory, s.cpu, memory, 0, false, none},
		{rules.ServerCPURising, "workload", s.cpu, s.memory, cpu, 1, false, none},
	}
}

// trendScenarios have one active server at first, whose load is the fleet's, too.
func (s setup) trendScenarios() []Scenario {
	if s.Trend.Window == 0 {
		return nil
	}
	var all []Scenario
	for _, f := range s.followed() {
		all = append(all, s.climbScenario(f), s.levelOffScenario(f), s.jumpScenario(f), s.stepScenario(f))
		if f.alert == rules.FleetLoadRising {
			all = append(all, s.relievedScenario(f))
		}
		if s.followedSamples() >= 4 { // fewer are a straight line at once
			all = append(all, s.bendScenario(f))
		}
		if s.followedSamples() >= 6 && s.Trend.Ahead >= s.Trend.Window && !f.smoothed {
			all = append(all, s.halfScenario(f))
		}
	}
	return all
}

// followedSamples returns the number of samples that are extrapolated, without the
// one at the beginning of the window.
func (s setup) followedSamples() int { return int(s.Trend.Window / s.EvaluationInterval) }

// trending is a fleet of one server whose workload follows a timeline.
func (s setup) trending(f followed, name string, t timeline) Scenario {
	long := t.length()
	sc := Scenario{Name: f.alert + ": " + f.word + " " + name, Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", timeline{steady(1, long)})}}
	sc.Series = append(sc.Series, f.of(host(1), t)...)
	sc.Series = append(sc.Series, f.other(host(1), timeline{steady(little, long)})...)
	return sc
}

// climb is a workload that is constant for flat samples and then rises linearly.
// Its extrapolation is at the limit from reach samples after the beginning of the
// rise on, and the rise goes on for more samples.
func (s setup) climb(limit float64, flat, reach, more int) timeline {
	ahead, step := time.Duration(s.Trend.Ahead).Seconds(), s.step().Seconds()
	// A power of two per second has no rounding error.
	pace := math.Exp2(math.Floor(math.Log2(limit / 2 / (ahead + float64(reach)*step))))
	at := func(sample int) float64 { return min(1, reached(limit)-pace*(ahead+float64(reach-sample)*step)) }
	t := timeline{steady(at(0), flat)}
	for sample := range reach + more {
		t = append(t, steady(at(sample+1), 1))
	}
	return t
}

// straight returns a number of samples of a rise that fills every window that the
// alert reads.
func (s setup) straight() int {
	return s.followedSamples() + s.settled() + s.patience(rules.FleetLoadRising)
}

// climbScenario is a rise that ends below the limit.
func (s setup) climbScenario(f followed) Scenario {
	n, reach := s.patience(f.alert), s.straight()
	t := s.climb(f.band.Max, 1, reach, n+1)
	t = append(t, steady(min(t[len(t)-1].value, 0.95*f.band.Max), s.straight()))
	sc := s.trending(f, "that will be at the threshold; resolved when the rise ends", t)
	asks := reach + f.lag
	annotations := f.figures(reached(f.band.Max), little)
	annotations[rules.AnnotationValue] = fmt.Sprintf(ratio, reached(f.band.Max))
	sc.Checks = []Check{
		{At: s.at(asks), Alert: f.alert, Annotations: annotations},
		s.firingAt(asks+n-1, f.alert, 0), s.firingAt(asks+n, f.alert, 1), s.firingAt(t.length()-1, f.alert, 0),
	}
	return sc
}

// relievedScenario is a rise that goes on when a second server becomes active.
func (s setup) relievedScenario(f followed) Scenario {
	n, reach := s.patience(f.alert), s.straight()
	comes := reach + f.lag + n + 1
	t := s.climb(f.band.Max, 1, reach, f.lag+n+3)
	long := t.length()
	sc := s.trending(f, "that keeps rising; resolved when another server is active", t)
	sc.Series = append(sc.Series, s.inState(host(2), "active", timeline{nothing(comes), steady(1, long-comes)}))
	for _, of := range []func(string, timeline) []Series{s.cpu, s.memory} {
		sc.Series = append(sc.Series, of(host(2), timeline{steady(0, long)})...)
	}
	sc.Checks = []Check{s.firingAt(comes-1, f.alert, 1), s.firingAt(comes, f.alert, 0), s.firingAt(long-1, f.alert, 0)}
	return sc
}

// levelOffScenario is a load just below the limit that stays, and then falls.
func (s setup) levelOffScenario(f followed) Scenario {
	stays, falls := s.straight(), s.straight()
	t := timeline{steady(missed(f.band.Max), stays)}
	for sample := range falls {
		t = append(t, steady(f.band.Max*(1-0.5*float64(sample+1)/float64(falls)), 1))
	}
	sc := s.trending(f, "that stays below the threshold, and falls", t)
	for at := stays - 1; at < stays+falls; at++ {
		sc.Checks = append(sc.Checks, s.firingAt(at, f.alert, 0))
	}
	return sc
}

// jumpScenario is a low load with one sample that is as high as it may be without
// an alert.
func (s setup) jumpScenario(f followed) Scenario {
	before, after := s.straight(), s.straight()
	// The weight of the last of n samples in their extrapolation.
	n, ahead := float64(s.followedSamples()), float64(s.Trend.Ahead)/float64(s.EvaluationInterval)
	swing := 1/n + 6*((n-1)/2+ahead)/(n*(n+1))
	low := f.band.Max / 4
	t := timeline{steady(low, before), steady(low+0.9*(f.band.Max-low)/max(1, swing), 1), steady(low, after)}
	sc := s.trending(f, "with a single higher sample", t)
	for at := before; at < t.length(); at++ {
		sc.Checks = append(sc.Checks, s.firingAt(at, f.alert, 0))
	}
	return sc
}

// stepScenario is a load that jumps to a constant level below half of the limit,
// so that its extrapolation is far above the limit.
func (s setup) stepScenario(f followed) Scenario {
	before, after := s.straight(), s.straight()
	sc := s.trending(f, "that jumps to less than half of the threshold", timeline{steady(0, before), steady(0.45*f.band.Max, after)})
	for at := before; at < before+after; at++ {
		sc.Checks = append(sc.Checks, s.firingAt(at, f.alert, 0))
	}
	return sc
}

// halfScenario is a load that jumps to just below half of the limit, reaches half
// of it later, and rises on: its extrapolation is above the limit all the time. A line
// through a jump leads to twice the jump for most of a window, if it is extrapolated for
// a window or longer.
func (s setup) halfScenario(f followed) Scenario {
	before, below, n := s.straight(), s.followedSamples()/2, s.patience(f.alert)
	half := f.band.Max / 2
	sc := s.trending(f, "that jumps, and reaches half of the threshold later", timeline{steady(0, before), steady(missed(half), below),
		steady(reached(half), 1), steady(0.9*f.band.Max, n+f.lag+1)})
	asks := before + below + f.lag
	sc.Checks = []Check{s.firingAt(asks+n-1, f.alert, 0), s.firingAt(asks+n, f.alert, 1)}
	return sc
}

// bendScenario is a rise after a constant load: the alert fires when the window
// has enough samples of the rise, not sooner.
func (s setup) bendScenario(f followed) Scenario {
	n, window := s.patience(f.alert), s.followedSamples()
	flat := 2*window + s.settled()
	t := s.climb(f.band.Max, flat, window/2, window+n+1)
	sc := s.trending(f, "that begins to rise", t)
	bend := flat - 1 + f.lag
	sc.Checks = []Check{s.firingAt(bend+window/2+n, f.alert, 0), s.firingAt(bend+window+n, f.alert, 1)}
	return sc
}
