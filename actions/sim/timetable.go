package sim

import "time"

// Timetable says when people meet on the days of a week, and how many, as data; see
// Timetables. Numbers of meetings are shares of the number of classes, Peak / classSize,
// so that the same timetable suits fleets of any size.
type Timetable struct {
	Name     string  // one word for flags and tables
	absent   float64 // up to this share of the lessons and series of a working day is not held
	recorded float64 // see Weeks.Recorded
	workday  program
	dayOff   program // of Saturdays, Sundays and holidays
	holidays []int   // see Weeks.Holidays
	// exceptions returns the events of a week with a peak; nil: it has none.
	exceptions func(peak int) []Event
}

// program is the meetings of one day.
type program struct {
	blocks    []block
	series    []series
	scattered []scattered
}

// block is two lessons of 45 min, with the share of all classes that meet in each. Half
// of the classes that meet in both hold one meeting of 95 min instead of two.
type block struct {
	first, second  time.Duration // since midnight
	share1, share2 float64
}

// series is meetings that begin on the hour and the half hour, from one time of the day
// until before another. The share is that of each half hour.
type series struct {
	from, to time.Duration // since midnight
	share    float64
	kind
}

// scattered is meetings that begin at any time between two times of the day. The share
// is that of the whole time.
type scattered struct {
	from, to time.Duration // since midnight
	share    float64
	kind
}

// kind is the limits within which the people and the length of a meeting are drawn.
type kind struct {
	least, most             int     // people
	webcams                 float64 // share of the people who send one
	shortest, longest, step int     // length in minutes
}

// classSize is the average number of people in a class (assumption).
const classSize = 25

// Lengths of lessons (assumptions).
const (
	lesson       = 45 * time.Minute
	doubleLesson = 95 * time.Minute // two, with the break between them
)

// clock returns a time of day since midnight.
func clock(h, m int) time.Duration {
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// Week returns a week from monday on for a fleet of the given number of servers. Its
// peak is 20 people for each server (assumption).
func (t Timetable) Week(seed uint64, monday time.Time, servers int) Weeks {
	w := Weeks{Timetable: t, Seed: seed, Start: monday, Days: 7, Peak: 20 * servers, Holidays: t.holidays, Recorded: t.recorded}
	if t.exceptions != nil {
		w.Events = t.exceptions(w.Peak)
	}
	return w
}
