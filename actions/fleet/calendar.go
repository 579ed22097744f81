package fleet

import (
	"math"
	"slices"
	"time"
)

// Event is one occurrence of an event in a calendar that changes what the scaler does.
type Event struct {
	Summary string    `json:"summary,omitempty"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"` // after From; the event has ended then
	// DayOff is set for a day without lessons: no load is forecast for it, nor from it.
	DayOff bool `json:"day_off,omitempty"`
	// Users is how many people are expected, and MinActive is the minimum number of
	// active servers; both are 0 for a day off.
	Users     int `json:"users,omitempty"`
	MinActive int `json:"min_active,omitempty"`
	// Pool is the tag of the servers that a floor is for; empty for those without one.
	Pool string `json:"pool,omitempty"`
}

// contains reports whether t is within the event.
func (e Event) contains(t time.Time) bool { return !t.Before(e.From) && t.Before(e.To) }

// Events are the events of all calendars.
type Events []Event

// DayOff reports whether t is on a day off.
func (all Events) DayOff(t time.Time) bool {
	return slices.ContainsFunc(all, func(e Event) bool { return e.DayOff && e.contains(t) })
}

// floorAt returns the minimum number of active servers of a pool at t: the highest
// minimum of the events then, or the servers for all their people together.
func (all Events) floorAt(pool string, t time.Time, usersPerServer int) (floor int) {
	users := 0
	for _, e := range all {
		if !e.DayOff && e.Pool == pool && e.contains(t) {
			floor, users = max(floor, e.MinActive), users+e.Users
		}
	}
	return max(floor, int(math.Ceil(float64(users)/float64(max(1, usersPerServer)))))
}

// within returns the events with a floor for a pool that have a part in a period.
func (all Events) within(pool string, from, to time.Time) Events {
	return slices.DeleteFunc(slices.Clone(all), func(e Event) bool {
		return e.DayOff || e.Pool != pool || !e.From.Before(to) || !e.To.After(from)
	})
}

// Feed is what a calendar said when it was last read successfully.
type Feed struct {
	Name   string    `json:"name"`    // Calendar.Name
	ReadAt time.Time `json:"read_at"` // when it was read
	Events Events    `json:"events,omitempty"`
}
