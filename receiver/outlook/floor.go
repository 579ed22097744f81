package outlook

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// FloorChange is a time from which the floor is another one.
type FloorChange struct {
	At    time.Time
	Floor int    // of all pools together
	Name  string // of the floor in the schedule that begins or ends then
}

// Floors returns the floor now, and its changes by the schedule until a time. Without
// a schedule there are none: what the scaler learns is not known in advance.
func Floors(st fleet.Status, c fleet.Capacity, now, until time.Time) (floor int, changes []FloorChange) {
	sizes := usable(st)
	floor = max(st.Floor, floorAt(c, sizes, now))
	if len(c.Schedule) == 0 {
		return floor, nil
	}
	last := floorAt(c, sizes, now)
	for at := now.Truncate(time.Minute).Add(time.Minute); at.Before(until); at = at.Add(time.Minute) {
		if f := floorAt(c, sizes, at); f != last {
			changes = append(changes, FloorChange{at, f, changed(c, at)})
			last = f
		}
	}
	return floor, changes
}

// usable returns the number of servers in each pool that the scaler may use.
func usable(st fleet.Status) map[string]int {
	n := map[string]int{"": 0}
	for _, s := range st.Servers {
		switch s.State {
		case fleet.StateExcluded, fleet.StateUnjoined, fleet.StateManual:
		default:
			n[s.Pool]++
		}
	}
	return n
}

func floorAt(c fleet.Capacity, sizes map[string]int, t time.Time) (floor int) {
	for pool, servers := range sizes {
		floor += c.FloorAt(pool, t, servers)
	}
	return floor
}

// changed returns the name of the floor in the schedule that begins or ends at a time.
func changed(c fleet.Capacity, at time.Time) string {
	for _, f := range c.Schedule {
		if f.Contains(at) != f.Contains(at.Add(-time.Minute)) {
			return f.Name
		}
	}
	return ""
}
