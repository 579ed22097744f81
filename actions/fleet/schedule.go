package fleet

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

// Schedule raises the floor at given times: the floor at a time is the greatest
// of those that apply, and never below that of Capacity.
type Schedule []Floor

// Floor is the least number of active servers during its intervals, which are
// written as Alertmanager writes time intervals, each with its own location.
type Floor struct {
	Name string `yaml:"name"`
	// Pool is the tag of the servers that the floor is for; empty for those without
	// one.
	Pool      string                      `yaml:"pool"`
	MinActive int                         `yaml:"min_active"`
	Intervals []timeinterval.TimeInterval `yaml:"time_intervals"`
}

func (f Floor) contains(t time.Time) bool {
	for _, in := range f.Intervals {
		if in.ContainsTime(t.UTC()) {
			return true
		}
	}
	return false
}

// Names reports whether the schedule has a floor for a pool.
func (s Schedule) Names(pool string) bool {
	return slices.ContainsFunc(s, func(f Floor) bool { return f.Pool == pool })
}

// PoolNames returns the pools that the configuration names, sorted.
func (c Capacity) PoolNames() []string {
	names := slices.Collect(maps.Keys(c.Pools))
	for _, f := range c.Schedule {
		if f.Pool != "" {
			names = append(names, f.Pool)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// minActive is the configured floor of a pool.
func (c Capacity) minActive(pool string) int {
	if pool == "" {
		return c.MinActive
	}
	if p, ok := c.Pools[pool]; ok {
		return p.MinActive
	}
	return DefaultPool().MinActive
}

// least is the floor of a pool outside the schedule, in a pool of the given number
// of servers. The share of them is rounded up, and capped at the ceiling. A pool with
// a tag may have none.
func (c Capacity) least(pool string, servers int) int {
	floor := c.minActive(pool)
	if pool != "" && floor == 0 {
		return 0
	}
	share := RoundUp(c.MinActiveShare * float64(servers))
	if c.Ceiling > 0 {
		share = min(share, c.Ceiling)
	}
	return max(floor, share)
}

// FloorAt returns the least number of active servers of a pool at t, in a pool of
// the given number of servers. The pool is a tag; empty for servers without one.
func (c Capacity) FloorAt(pool string, t time.Time, servers int) int {
	floor := c.least(pool, servers)
	for _, f := range c.Schedule {
		if f.Pool == pool && f.MinActive > floor && f.contains(t) {
			floor = f.MinActive
		}
	}
	return floor
}

// String names the floor for people.
func (f Floor) String() string { return fmt.Sprintf("%s: at least %d active", f.Name, f.MinActive) }
