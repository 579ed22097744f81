package fleet

import (
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

// Schedule raises the floor at given times: the floor at a time is the greatest
// of those that apply, and never below that of Capacity.
type Schedule []Floor

// Floor is the least number of active servers during its intervals, which are
// written as Alertmanager writes time intervals, each with its own location.
type Floor struct {
	Name      string                      `yaml:"name"`
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

// least is the floor outside the schedule, in a fleet of the given number of
// servers. The share of them is rounded up, and capped at the ceiling.
func (c Capacity) least(servers int) int {
	share := RoundUp(c.MinActiveShare * float64(servers))
	if c.Ceiling > 0 {
		share = min(share, c.Ceiling)
	}
	return max(c.MinActive, share)
}

// FloorAt returns the least number of active servers at t, in a fleet of the
// given number of servers.
func (c Capacity) FloorAt(t time.Time, servers int) int {
	floor := c.least(servers)
	for _, f := range c.Schedule {
		if f.MinActive > floor && f.contains(t) {
			floor = f.MinActive
		}
	}
	return floor
}

// String names the floor for people.
func (f Floor) String() string { return fmt.Sprintf("%s: at least %d active", f.Name, f.MinActive) }
