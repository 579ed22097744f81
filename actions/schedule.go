package actions

import (
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

// Schedule raises the floor at given times: the floor at a time is the greatest
// of those that apply, and never below Capacity.MinActive.
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

// FloorAt returns the least number of active servers at t.
func (c Capacity) FloorAt(t time.Time) int {
	floor := c.MinActive
	for _, f := range c.Schedule {
		if f.MinActive > floor && f.contains(t) {
			floor = f.MinActive
		}
	}
	return floor
}

// FloorWithin returns the greatest floor from t until ahead later, looked at
// each minute, the resolution of time intervals: what must be ready by then.
func (c Capacity) FloorWithin(t time.Time, ahead time.Duration) int {
	floor := c.FloorAt(t)
	for at := t.Truncate(time.Minute).Add(time.Minute); !at.After(t.Add(ahead)); at = at.Add(time.Minute) {
		floor = max(floor, c.FloorAt(at))
	}
	return floor
}

// String names the floor for people.
func (f Floor) String() string { return fmt.Sprintf("%s: at least %d active", f.Name, f.MinActive) }
