package fleet

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

// Schedule raises the floor at given times. The floor at a time is the highest of
// those that apply, and at least the one that Capacity sets for all times.
type Schedule []Floor

// Floor is a minimum number of active servers during time intervals in Alertmanager's
// syntax. Each interval has its own location.
type Floor struct {
	Name string `yaml:"name"` // shown in Floor.String
	// Pool is the tag of the servers that the floor is for; empty for those without
	// one.
	Pool      string                      `yaml:"pool"`
	MinActive int                         `yaml:"min_active"`
	Intervals []timeinterval.TimeInterval `yaml:"time_intervals"`
}

// Contains reports whether t is in one of the intervals.
func (f Floor) Contains(t time.Time) bool {
	for _, in := range f.Intervals {
		if in.ContainsTime(t.UTC()) {
			return true
		}
	}
	return false
}

// Zone returns the time zone of Location, or else of the first interval of the
// schedule, or UTC.
func (c Capacity) Zone() *time.Location {
	if zone, err := time.LoadLocation(c.Location); err == nil && c.Location != "" {
		return zone
	}
	for _, f := range c.Schedule {
		for _, in := range f.Intervals {
			if in.Location != nil {
				return in.Location.Location
			}
		}
	}
	return time.UTC
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

// least returns the floor outside the schedule for a pool of the given number of
// servers: the larger of the configured number and MinActiveShare × servers. The share
// is rounded up and capped at Ceiling. A pool with a tag whose number is 0 has no
// floor.
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

// FloorAt returns the floor at t: the minimum number of active servers for a pool of
// the given number of servers. The pool is a tag; empty for servers without one.
func (c Capacity) FloorAt(pool string, t time.Time, servers int) int {
	floor := c.least(pool, servers)
	for _, f := range c.Schedule {
		if f.Pool == pool && f.MinActive > floor && f.Contains(t) {
			floor = f.MinActive
		}
	}
	event := c.Events.floorAt(pool, t, c.UsersPerServer)
	if c.Ceiling > 0 {
		event = min(event, c.Ceiling)
	}
	return max(floor, event)
}

// String returns the floor as "name: at least 5 active".
func (f Floor) String() string { return fmt.Sprintf("%s: at least %d active", f.Name, f.MinActive) }
