package fleet

import (
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

// Schedule raises the floor at given times. The floor at a time is the highest of
// those that apply, and at least the one that Capacity sets for all times.
type Schedule []Floor

// Floor is a minimum number of active servers during time intervals in Alertmanager's
// syntax. Each interval has its own location.
type Floor struct {
	Name      string                      `yaml:"name"` // shown in Floor.String
	MinActive int                         `yaml:"min_active"`
	Intervals []timeinterval.TimeInterval `yaml:"time_intervals"`
}

// contains reports whether t is in one of the intervals.
func (f Floor) contains(t time.Time) bool {
	for _, in := range f.Intervals {
		if in.ContainsTime(t.UTC()) {
			return true
		}
	}
	return false
}

// least returns the floor outside the schedule for a fleet of the given number of
// servers: the larger of MinActive and MinActiveShare × servers. The share is rounded
// up and capped at Ceiling.
func (c Capacity) least(servers int) int {
	share := RoundUp(c.MinActiveShare * float64(servers))
	if c.Ceiling > 0 {
		share = min(share, c.Ceiling)
	}
	return max(c.MinActive, share)
}

// FloorAt returns the floor at t: the minimum number of active servers for a fleet of
// the given number of servers.
func (c Capacity) FloorAt(t time.Time, servers int) int {
	floor := c.least(servers)
	for _, f := range c.Schedule {
		if f.MinActive > floor && f.contains(t) {
			floor = f.MinActive
		}
	}
	return floor
}

// String returns the floor as "name: at least 5 active".
func (f Floor) String() string { return fmt.Sprintf("%s: at least %d active", f.Name, f.MinActive) }
