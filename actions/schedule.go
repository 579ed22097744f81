package actions

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"github.com/bbb-scaler/bbb-scaler/rules"
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

// least is the floor of a fleet of so many servers outside the schedule. The
// share of them is rounded up, and asks for no more than the ceiling allows.
func (c Capacity) least(servers int) int {
	share := roundUp(c.MinActiveShare * float64(servers))
	if c.Ceiling > 0 {
		share = min(share, c.Ceiling)
	}
	return max(c.MinActive, share)
}

// learning is the configuration that holds with these alerts: with a higher
// floor while one says that nothing is known of the time to come, unless a
// schedule tells of it.
func (c Config) learning(alerts []Alert) Config {
	if len(c.Capacity.Schedule) == 0 && slices.ContainsFunc(alerts, func(a Alert) bool { return c.Asks[a.Name].Ask == rules.AskFloor }) {
		c.Capacity.MinActiveShare = max(c.Capacity.MinActiveShare, c.Capacity.LearningActiveShare)
	}
	return c
}

// FloorAt returns the least number of active servers at t, in a fleet of so
// many.
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
