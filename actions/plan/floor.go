package plan

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Learning returns c with Capacity.MinActiveShare raised to LearningActiveShare
// while one of the alerts says that the forecast has no history yet. A
// configuration with a schedule is returned unchanged.
func Learning(c fleet.Config, alerts []fleet.Alert) fleet.Config {
	asked := slices.ContainsFunc(alerts, func(a fleet.Alert) bool { return c.Asks[a.Name].Ask == rules.AskFloor })
	if asked && len(c.Capacity.Schedule) == 0 {
		c.Capacity.MinActiveShare = max(c.Capacity.MinActiveShare, c.Capacity.LearningActiveShare)
	}
	return c
}

// floorAhead returns the number of servers that must be active or on their way into
// service now: the present floor, or a higher one of the schedule that begins
// within the lead time. The lead time is the time that starting the missing servers
// takes. servers is the size of the fleet, have the number of servers that are
// active or on their way.
func floorAhead(c fleet.Config, now time.Time, servers, floor, have int) int {
	highest := floor
	for _, f := range c.Capacity.Schedule {
		highest = max(highest, f.MinActive)
	}
	lead := leadTime(c, highest-have)
	for at := now.Truncate(time.Minute).Add(time.Minute); highest > floor && at.Sub(now) <= lead; at = at.Add(time.Minute) {
		if f := c.Capacity.FloorAt(at, servers); f > floor && at.Sub(now) <= leadTime(c, f-have) {
			floor = f
		}
	}
	return floor
}

// leadTime returns how long it takes to bring the missing servers into service:
// Capacity.StartTime, and one scale-out cooldown for each further batch of
// Capacity.MaxStep servers, at most 12 h.
func leadTime(c fleet.Config, missing int) time.Duration {
	batches := max(0, (missing-1)/max(1, c.Capacity.MaxStep))
	return min(c.Capacity.StartTime+time.Duration(batches)*c.Cooldowns.Out, 12*time.Hour)
}
