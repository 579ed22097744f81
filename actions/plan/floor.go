package plan

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// learn raises the pool's MinActiveShare to LearningActiveShare, since an alert says
// that the forecast has no history yet. A pool with a schedule keeps its share.
func (d *decision) learn() {
	if c := &d.capacity; !c.Schedule.Names(d.pool) {
		c.MinActiveShare = max(c.MinActiveShare, c.LearningActiveShare)
	}
}

// floorAhead returns the number of servers that must be active or on their way into
// service now: the present floor, or a higher one of the schedule or a calendar that begins
// within the lead time. The lead time is the time that starting the missing servers
// takes. servers is the size of the pool.
func (d *decision) floorAhead(servers int) int {
	floor, have, now := d.floorNow, d.active+d.coming, d.v.Now
	highest := floor
	for _, f := range d.capacity.Schedule {
		if f.Pool == d.pool {
			highest = max(highest, f.MinActive)
		}
	}
	for _, e := range d.capacity.Events {
		highest = max(highest, d.capacity.FloorAt(d.pool, e.From, servers))
	}
	lead := leadTime(d.cfg, highest-have)
	for at := now.Truncate(time.Minute).Add(time.Minute); highest > floor && at.Sub(now) <= lead; at = at.Add(time.Minute) {
		if f := d.capacity.FloorAt(d.pool, at, servers); f > floor && at.Sub(now) <= leadTime(d.cfg, f-have) {
			floor = f
		}
	}
	return floor
}

// maxLead is the maximum of leadTime.
const maxLead = 12 * time.Hour

// leadTime returns how long it takes to bring the missing servers into service:
// Capacity.StartTime, and one scale-out cooldown for each further batch of
// Capacity.MaxStep servers, at most maxLead.
func leadTime(c fleet.Config, missing int) time.Duration {
	batches := max(0, (missing-1)/max(1, c.Capacity.MaxStep))
	return min(c.Capacity.StartTime+time.Duration(batches)*c.Cooldowns.Out, maxLead)
}
