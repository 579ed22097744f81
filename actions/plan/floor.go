package plan

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Learning returns the configuration that holds with these alerts: while one of
// them says that the forecast has no history, and no schedule raises the floor,
// the floor's share of the fleet is Capacity.LearningActiveShare.
func Learning(c fleet.Config, alerts []fleet.Alert) fleet.Config {
	asked := slices.ContainsFunc(alerts, func(a fleet.Alert) bool { return c.Asks[a.Name].Ask == rules.AskFloor })
	if asked && len(c.Capacity.Schedule) == 0 {
		c.Capacity.MinActiveShare = max(c.Capacity.MinActiveShare, c.Capacity.LearningActiveShare)
	}
	return c
}

// floorAhead is the number of servers that must be active or on their way now,
// in a fleet of the given number of servers that has have of them: the floor
// that holds now, or a higher one that the schedule asks for soon, as long
// before as starting the missing servers takes.
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

// leadTime is how long it takes until the missing servers serve when they start
// now, at most Capacity.MaxStep of them in each scale-out cooldown.
func leadTime(c fleet.Config, missing int) time.Duration {
	batches := max(0, (missing-1)/max(1, c.Capacity.MaxStep))
	return min(c.Capacity.StartTime+time.Duration(batches)*c.Cooldowns.Out, 12*time.Hour)
}
