package plan

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// learn raises the floor while an alert says that the forecast has no history: if no
// schedule raises it, its share of the pool is Capacity.LearningActiveShare.
func (d *decision) learn() {
	if c := &d.capacity; !c.Schedule.Names(d.pool) {
		c.MinActiveShare = max(c.MinActiveShare, c.LearningActiveShare)
	}
}

// floorAhead is the number of servers that must be active or on their way now, in a
// pool of the given number of servers: the floor that holds now, or a higher one
// that the schedule asks for soon, as long before as starting the missing servers
// takes.
func (d *decision) floorAhead(servers int) int {
	floor, have, now := d.floorNow, d.active+d.coming, d.v.Now
	highest := floor
	for _, f := range d.capacity.Schedule {
		if f.Pool == d.pool {
			highest = max(highest, f.MinActive)
		}
	}
	lead := leadTime(d.cfg, highest-have)
	for at := now.Truncate(time.Minute).Add(time.Minute); highest > floor && at.Sub(now) <= lead; at = at.Add(time.Minute) {
		if f := d.capacity.FloorAt(d.pool, at, servers); f > floor && at.Sub(now) <= leadTime(d.cfg, f-have) {
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
