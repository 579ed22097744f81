package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// generator generates the meetings of one day.
type generator struct {
	Weeks
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

// program adds the meetings of a program. Attendance is the share of the lessons and
// series that are held.
func (g *generator) program(p program, attendance float64) {
	for _, b := range p.blocks {
		g.block(b, attendance)
	}
	for _, s := range p.series {
		g.series(s, attendance)
	}
	for _, s := range p.scattered {
		g.scatter(s)
	}
}

// block adds the lessons of a block.
func (g *generator) block(b block, attendance float64) {
	first, second := g.classes(b.share1*attendance), g.classes(b.share2*attendance)
	both := min(first, second) / 2
	for range both {
		g.lesson(b.first, doubleLesson)
	}
	for range first - both {
		g.lesson(b.first, lesson)
	}
	for range second - both {
		g.lesson(b.second, lesson)
	}
}

// lesson adds one lesson.
func (g *generator) lesson(bell, length time.Duration) {
	begin, end := g.around(bell, length)
	people := min(32, max(8, int(math.Round(classSize+5*g.r.NormFloat64()))))
	g.hold(begin, end, people, int(0.4*g.r.Float64()*float64(people)))
}

// series adds the meetings of a series.
func (g *generator) series(s series, attendance float64) {
	for at := s.from; at < s.to; at += 30 * time.Minute {
		for range g.classes(s.share * attendance) {
			begin, end := g.around(at, g.length(s.kind))
			people := g.people(s.kind)
			g.hold(begin, end, people, int(s.webcams*float64(people)))
		}
	}
}

// around returns when the meeting of a fixed time begins and ends: it begins between
// 6 min before and 3 min after its time, and ends up to 3 min after it.
func (g *generator) around(at, length time.Duration) (begin, end time.Duration) {
	begin = at + time.Duration((g.r.Float64()+g.r.Float64())*float64(4*time.Minute+30*time.Second)) - 6*time.Minute
	return begin, at + length + time.Duration(g.r.Float64()*float64(3*time.Minute))
}

// hold adds a meeting of a fixed time.
func (g *generator) hold(begin, end time.Duration, people, webcams int) {
	g.add(begin, MeetingSpec{
		Duration: (end - begin).Round(time.Second), Participants: people, Webcams: webcams,
		Fill: 2*time.Minute + time.Duration(g.r.Float64()*float64(3*time.Minute)), Recorded: g.r.Float64() < g.Recorded,
	})
}

// scatter adds meetings that begin at random.
func (g *generator) scatter(s scattered) {
	for range g.classes(s.share) + g.r.IntN(2) {
		people := g.people(s.kind)
		g.add(s.from+time.Duration(g.r.Float64()*float64(s.to-s.from)), MeetingSpec{
			Duration:     g.length(s.kind),
			Participants: people, Webcams: int(s.webcams * float64(people)), Fill: 2 * time.Minute,
		})
	}
}

func (g *generator) people(k kind) int { return k.least + g.r.IntN(k.most-k.least+1) }

func (g *generator) length(k kind) time.Duration {
	return time.Duration(k.shortest+k.step*g.r.IntN((k.longest-k.shortest)/k.step+1)) * time.Minute
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
