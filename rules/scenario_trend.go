package rules

import (
	"fmt"
	"math"
	"time"
)

// followed is one of the workloads whose load is followed, while the other one
// stays low.
type followed struct {
	alert     string
	word      string
	of, other func(host string, t timeline) []Series
	band      Band
	lag       int  // samples until a change shows
	smoothed  bool // whether the workload is, that must be half of the limit
	// What is followed as a share of what one server has, and the other one:
	// the figures that the alert tells beside its value.
	figures func(this, other float64) map[string]string
}

// little is the load of what stays low, and less than any threshold.
const little = 1.0 / 64

// followed are the workloads, of the fleet and of a server.
func (s stage) followed() []followed {
	figures := func(cpu, memory float64) map[string]string {
		return map[string]string{
			AnnotationCPU: fmt.Sprintf(ratio, cpu), AnnotationMemory: fmt.Sprintf(ratio, memory),
			AnnotationCores: fmt.Sprintf(cores, cpu), AnnotationRAM: fmt.Sprintf(count, memory*stageBytes/(1<<20)),
		}
	}
	swapped := func(memory, cpu float64) map[string]string { return figures(cpu, memory) }
	none := func(float64, float64) map[string]string { return map[string]string{} }
	memory, cpu := s.in.Thresholds.Memory, s.in.Thresholds.CPU
	return []followed{
		{FleetLoadRising, "memory", s.memory, s.cpu, memory, 0, false, swapped},
		{FleetLoadRising, "CPU", s.cpu, s.memory, cpu, 1, true, figures},
		{ServerMemoryRising, "workload", s.memory, s.cpu, memory, 0, false, none},
		{ServerCPURising, "workload", s.cpu, s.memory, cpu, 1, false, none},
	}
}

// trendScenarios have one active server at first, whose load is the fleet's, too.
func (s stage) trendScenarios() []Scenario {
	if s.Trend.Window == 0 {
		return nil
	}
	var all []Scenario
	for _, f := range s.followed() {
		all = append(all, s.climbScenario(f), s.levelOffScenario(f), s.jumpScenario(f), s.stepScenario(f))
		if f.alert == FleetLoadRising {
			all = append(all, s.relievedScenario(f))
		}
		if s.followedSamples() >= 4 { // fewer are a straight line at once
			all = append(all, s.bendScenario(f))
		}
		// A line through a jump leads to twice as much for most of a window, if it
		// is followed as far.
		if s.followedSamples() >= 6 && s.Trend.Ahead >= s.Trend.Window && !f.smoothed {
			all = append(all, s.halfScenario(f))
		}
	}
	return all
}

// followedSamples is how many samples a line is drawn through; with the
// window's beginning, one more.
func (s stage) followedSamples() int { return int(s.Trend.Window / s.EvaluationInterval) }

// trending is a fleet of one whose followed workload is the timeline's.
func (s stage) trending(f followed, name string, t timeline) Scenario {
	long := t.length()
	sc := Scenario{Name: f.alert + ": " + f.word + " " + name, Series: []Series{
		s.fleetRead(timeline{steady(0, long)}), s.inState(host(1), "active", timeline{steady(1, long)})}}
	sc.Series = append(sc.Series, f.of(host(1), t)...)
	sc.Series = append(sc.Series, f.other(host(1), timeline{steady(little, long)})...)
	return sc
}

// climb is a load that stays for some samples and then rises evenly. A line
// through the rise leads to the limit from some samples after the bend on, and
// beyond it for some more.
func (s stage) climb(limit float64, flat, reach, more int) timeline {
	ahead, step := time.Duration(s.Trend.Ahead).Seconds(), s.step().Seconds()
	// A power of two a second: binary fractions can tell it exactly.
	pace := math.Exp2(math.Floor(math.Log2(limit / 2 / (ahead + float64(reach)*step))))
	at := func(sample int) float64 { return min(1, reached(limit)-pace*(ahead+float64(reach-sample)*step)) }
	t := timeline{steady(at(0), flat)}
	for sample := range reach + more {
		t = append(t, steady(at(sample+1), 1))
	}
	return t
}

// straight is how many samples of a climb are more than what is looked at.
func (s stage) straight() int {
	return s.followedSamples() + s.settled() + s.patience(FleetLoadRising)
}

// climbScenario is a rise that ends below the limit.
func (s stage) climbScenario(f followed) Scenario {
	n, reach := s.patience(f.alert), s.straight()
	t := s.climb(f.band.Max, 1, reach, n+1)
	t = append(t, steady(min(t[len(t)-1].value, 0.95*f.band.Max), s.straight()))
	sc := s.trending(f, "that will be at the limit; resolved when the rise ends", t)
	asks := reach + f.lag
	annotations := f.figures(reached(f.band.Max), little)
	annotations[AnnotationValue] = fmt.Sprintf(ratio, reached(f.band.Max))
	sc.Checks = []Check{
		{At: s.at(asks), Alert: f.alert, Annotations: annotations},
		s.firingAt(asks+n-1, f.alert, 0), s.firingAt(asks+n, f.alert, 1), s.firingAt(t.length()-1, f.alert, 0),
	}
	return sc
}

// relievedScenario is a rise that goes on while a second server comes.
func (s stage) relievedScenario(f followed) Scenario {
	n, reach := s.patience(f.alert), s.straight()
	comes := reach + f.lag + n + 1
	t := s.climb(f.band.Max, 1, reach, f.lag+n+3)
	long := t.length()
	sc := s.trending(f, "that rises on; resolved when another server serves", t)
	sc.Series = append(sc.Series, s.inState(host(2), "active", timeline{nothing(comes), steady(1, long-comes)}))
	for _, of := range []func(string, timeline) []Series{s.cpu, s.memory} {
		sc.Series = append(sc.Series, of(host(2), timeline{steady(0, long)})...)
	}
	sc.Checks = []Check{s.firingAt(comes-1, f.alert, 1), s.firingAt(comes, f.alert, 0), s.firingAt(long-1, f.alert, 0)}
	return sc
}

// levelOffScenario is a load just below the limit that stays, and then falls.
func (s stage) levelOffScenario(f followed) Scenario {
	stays, falls := s.straight(), s.straight()
	t := timeline{steady(missed(f.band.Max), stays)}
	for sample := range falls {
		t = append(t, steady(f.band.Max*(1-0.5*float64(sample+1)/float64(falls)), 1))
	}
	sc := s.trending(f, "that stays below the limit, and falls", t)
	for at := stays - 1; at < stays+falls; at++ {
		sc.Checks = append(sc.Checks, s.firingAt(at, f.alert, 0))
	}
	return sc
}

// jumpScenario is a low load with one sample that sticks out, as far as may be.
func (s stage) jumpScenario(f followed) Scenario {
	before, after := s.straight(), s.straight()
	// What a line through so many samples makes of the last one, so far ahead.
	n, ahead := float64(s.followedSamples()), float64(s.Trend.Ahead)/float64(s.EvaluationInterval)
	swing := 1/n + 6*((n-1)/2+ahead)/(n*(n+1))
	low := f.band.Max / 4
	t := timeline{steady(low, before), steady(low+0.9*(f.band.Max-low)/max(1, swing), 1), steady(low, after)}
	sc := s.trending(f, "of which a single sample is higher", t)
	for at := before; at < t.length(); at++ {
		sc.Checks = append(sc.Checks, s.firingAt(at, f.alert, 0))
	}
	return sc
}

// stepScenario is a load that jumps, and stays, at less than half of the limit:
// the line leads far beyond it.
func (s stage) stepScenario(f followed) Scenario {
	before, after := s.straight(), s.straight()
	sc := s.trending(f, "that jumps to less than half of the limit", timeline{steady(0, before), steady(0.45*f.band.Max, after)})
	for at := before; at < before+after; at++ {
		sc.Checks = append(sc.Checks, s.firingAt(at, f.alert, 0))
	}
	return sc
}

// halfScenario is a load that jumps to just below half of the limit, reaches
// that half later, and goes on: the line leads beyond the limit all the time.
func (s stage) halfScenario(f followed) Scenario {
	before, below, n := s.straight(), s.followedSamples()/2, s.patience(f.alert)
	half := f.band.Max / 2
	sc := s.trending(f, "that jumps, and is half of the limit later", timeline{steady(0, before), steady(missed(half), below),
		steady(reached(half), 1), steady(0.9*f.band.Max, n+f.lag+1)})
	asks := before + below + f.lag
	sc.Checks = []Check{s.firingAt(asks+n-1, f.alert, 0), s.firingAt(asks+n, f.alert, 1)}
	return sc
}

// knownRiseScenario is a rise that comes a second time, a day later.
func (s stage) knownRiseScenario(f followed) Scenario {
	n, reach := s.patience(FleetLoadRising), s.straight()
	rise := s.climb(f.band.Max, 1, reach, n+2)
	t := s.later(1, rise, rise)
	sc := s.fleetOfOne(f.word+" that rises as it did yesterday is left to the forecast", t)
	sc.Series = append(f.of(host(1), t), sc.Series[len(sc.Series)-2:]...)
	first := reach + n + 1
	sc.Checks = []Check{s.firingAt(first, FleetLoadRising, 1), s.firingAt(s.day()+first, FleetLoadRising, 0)}
	return sc
}

// bendScenario is a rise after calm: it is believed once the line follows it,
// not sooner.
func (s stage) bendScenario(f followed) Scenario {
	n, window := s.patience(f.alert), s.followedSamples()
	flat := 2*window + s.settled()
	t := s.climb(f.band.Max, flat, window/2, window+n+1)
	sc := s.trending(f, "that begins to rise", t)
	bend := flat - 1 + f.lag
	sc.Checks = []Check{s.firingAt(bend+window/2+n, f.alert, 0), s.firingAt(bend+window+n, f.alert, 1)}
	return sc
}
