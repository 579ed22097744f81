package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// School is a workload of school days: a steep rise at 08:00, lessons of 45 and 90 min
// with breaks between them, fewer lessons in the afternoon, a few meetings in the
// evening, and very few at the weekend. The shape is an assumption from the operator's
// description: lessons start on the hour, the load rises steeply at 08:00 and ends after
// 13:00.
type School struct {
	Seed  uint64
	Start time.Time // 00:00 of the first day, in the schools' location
	Days  int       // number of days; day 0 is the day of Start
	// Peak is the approximate number of participants in the fullest lesson.
	Peak     int
	Holidays []int // days without school, counted from 0
	Events   []Event
	Recorded float64 // share of lessons that leave a recording, from 0 to 1
}

// Event is an exception from the timetable: a number of meetings that begin within Over.
type Event struct {
	At           time.Duration // since School.Start, without changes to or from summer time
	Duration     time.Duration
	Meetings     int
	Participants int           // of each
	Webcams      int           // of each
	Over         time.Duration // time from At within which the meetings begin
}

// SchoolWeek returns a week from monday on for a fleet of the given number of servers.
// The fullest lesson has 20 people for each server. Friday is a holiday. On Wednesday
// evening there is a meeting of 150 people. On Thursday at 16:10 an unannounced event
// with 25 % of the peak begins within 10 min. All numbers are assumptions.
func SchoolWeek(seed uint64, monday time.Time, servers int) School {
	const day = 24 * time.Hour
	peak := 20 * servers
	return School{
		Seed: seed, Start: monday, Days: 7, Peak: peak, Holidays: []int{4}, Recorded: 0.02,
		Events: []Event{
			{At: 2*day + 19*time.Hour, Duration: 90 * time.Minute, Meetings: 1, Participants: 150, Webcams: 6, Over: time.Minute},
			{At: 3*day + 16*time.Hour + 10*time.Minute, Duration: 40 * time.Minute, Meetings: max(1, peak/80), Participants: 20, Webcams: 3, Over: 10 * time.Minute},
		},
	}
}

// block is two lessons, with the share of all classes that meet in each. Half of the
// classes that meet in both hold one meeting of 90 min instead of two.
type block struct {
	first, second   time.Duration // since midnight
	share1, share2  float64
	lesson, longest time.Duration
}

// timetable is the blocks of a school day.
var timetable = []block{
	{clock(8, 0), clock(8, 50), 0.85, 1, 45 * time.Minute, 95 * time.Minute},
	{clock(9, 55), clock(10, 45), 1, 0.95, 45 * time.Minute, 95 * time.Minute},
	{clock(11, 45), clock(12, 35), 0.7, 0.35, 45 * time.Minute, 95 * time.Minute},
	{clock(14, 0), clock(14, 50), 0.15, 0.1, 45 * time.Minute, 95 * time.Minute},
}

// clock returns a time of day since midnight.
func clock(h, m int) time.Duration {
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// classSize is the average number of people in a class (assumption). The number of
// classes is Peak / classSize.
const classSize = 25

// Arrivals returns the meetings of the workload, generated day by day.
func (s School) Arrivals() Source { return &schoolDays{school: s} }

// schoolDays is the Source of a School.
type schoolDays struct {
	school School
	day    int
	left   []Arrival
}

// Next implements Source.
func (d *schoolDays) Next() (Arrival, bool) {
	for len(d.left) == 0 {
		if d.day >= d.school.Days {
			return Arrival{}, false
		}
		d.left = d.school.on(d.day)
		d.day++
	}
	a := d.left[0]
	d.left = d.left[1:]
	return a, true
}

// on returns the meetings of one day, ordered by time.
func (s School) on(day int) []Arrival {
	g := generator{School: s, r: rand.New(rand.NewPCG(s.Seed, uint64(day))), day: day}
	weekday := g.at(12 * time.Hour).Weekday()
	if weekday == time.Saturday || weekday == time.Sunday || slices.Contains(s.Holidays, day) {
		g.scatter(clock(9, 0), clock(21, 0), 0.02)
	} else {
		attendance := 0.9 + 0.1*g.r.Float64()
		for _, b := range timetable {
			g.block(b, attendance)
		}
		g.scatter(clock(6, 30), clock(7, 45), 0.01)
		g.scatter(clock(15, 45), clock(21, 0), 0.08)
	}
	for _, e := range s.Events {
		if int(e.At/(24*time.Hour)) == day {
			g.event(e)
		}
	}
	slices.SortStableFunc(g.out, func(a, b Arrival) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Duration, b.Duration)) })
	return g.out
}

// generator generates the meetings of one day.
type generator struct {
	School
	r   *rand.Rand
	day int
	out []Arrival
}

// at returns the time at which clocks show a time of the day.
func (g *generator) at(since time.Duration) time.Time {
	y, m, d := g.Start.Date()
	return time.Date(y, m, d+g.day, 0, 0, int(since.Seconds()), 0, g.Start.Location())
}

// classes returns the number of classes in a share of all classes.
func (g *generator) classes(share float64) int {
	return int(math.Round(share * float64(g.Peak) / classSize))
}

// block adds the lessons of a block.
func (g *generator) block(b block, attendance float64) {
	first, second := g.classes(b.share1*attendance), g.classes(b.share2*attendance)
	both := min(first, second) / 2
	for range both {
		g.lesson(b.first, b.longest)
	}
	for range first - both {
		g.lesson(b.first, b.lesson)
	}
	for range second - both {
		g.lesson(b.second, b.lesson)
	}
}

// lesson adds one lesson. Its meeting begins between 6 min before and 3 min after the
// lesson, and ends up to 3 min after it.
func (g *generator) lesson(bell, length time.Duration) {
	begin := bell + time.Duration((g.r.Float64()+g.r.Float64())*float64(4*time.Minute+30*time.Second)) - 6*time.Minute
	end := bell + length + time.Duration(g.r.Float64()*float64(3*time.Minute))
	people := min(32, max(8, int(math.Round(classSize+5*g.r.NormFloat64()))))
	g.add(begin, MeetingSpec{
		Duration: (end - begin).Round(time.Second), Participants: people, Webcams: int(0.4 * g.r.Float64() * float64(people)),
		Fill: 2*time.Minute + time.Duration(g.r.Float64()*float64(3*time.Minute)), Recorded: g.r.Float64() < g.Recorded,
	})
}

// scatter adds small meetings between two times of the day, as many as a share of the
// classes.
func (g *generator) scatter(from, to time.Duration, share float64) {
	for range g.classes(share) + g.r.IntN(2) {
		people := 2 + g.r.IntN(14)
		g.add(from+time.Duration(g.r.Float64()*float64(to-from)), MeetingSpec{
			Duration:     time.Duration(20+g.r.IntN(70)) * time.Minute,
			Participants: people, Webcams: people / 2, Fill: 2 * time.Minute,
		})
	}
}

// event adds the meetings of an event.
func (g *generator) event(e Event) {
	for range e.Meetings {
		begin := e.At - time.Duration(g.day)*24*time.Hour + time.Duration(g.r.Float64()*float64(e.Over))
		g.add(begin, MeetingSpec{Duration: e.Duration, Participants: e.Participants, Webcams: e.Webcams, Fill: 5 * time.Minute})
	}
}

// add adds a meeting that begins at a time of the day.
func (g *generator) add(begin time.Duration, spec MeetingSpec) {
	g.out = append(g.out, Arrival{At: g.at(begin), MeetingSpec: spec})
}
