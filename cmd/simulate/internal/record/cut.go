package record

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Sample is the number of people, webcams and meetings on a server at one time,
// valid for one step.
type Sample struct {
	At       time.Time
	People   float64
	Webcams  float64 // negative if not known
	Meetings float64 // negative if not known
}

// Cut configures how the people on a server are divided into meetings.
type Cut struct {
	Step        time.Duration // time between two samples
	Size        float64       // people in a meeting, if the number of meetings is not known
	WebcamShare float64       // share of people with a webcam, if webcams are not known
	Longest     time.Duration // maximum length; longer meetings are cut
	Bridge      time.Duration // longest gap in the samples in which a server counts as unchanged
}

// Defaults of a Cut. All are assumptions: a class has 25 people, as in sim.Timetable;
// a third of them send a webcam; three hours are longer than any double lesson.
const (
	DefaultSize        = 25
	DefaultWebcamShare = 1.0 / 3
	DefaultLongest     = 3 * time.Hour
	DefaultBridge      = 5 * time.Minute
)

// Validate returns an error that names every invalid value by its flag.
func (c Cut) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Step >= time.Second, "the step %s is shorter than 1s", c.Step)
	check(c.Size >= 1, "%g people in a meeting are less than 1", c.Size)
	check(c.WebcamShare >= 0 && c.WebcamShare <= 1, "a webcam share of %g is not from 0 to 1", c.WebcamShare)
	check(c.Longest >= c.Step, "the longest meeting, %s, is shorter than the step, %s", c.Longest, c.Step)
	check(c.Bridge >= 0, "a gap of %s is negative", c.Bridge)
	return errors.Join(errs...)
}

// Cutter divides the people on servers into meetings, sample by sample.
type Cutter struct {
	cut      Cut
	servers  map[string]*server
	meetings []sim.Arrival
}

// server holds the open meetings on one server.
type server struct {
	open        []meeting // oldest first
	last        Sample
	people, cam float64 // remainders of rounding, in people times steps
}

// meeting is an open meeting, with the sums of its people and webcams so far.
type meeting struct {
	at          time.Time // begin
	steps       float64   // number of samples
	people, cam float64   // sums, in people times steps
}

// NewCutter returns a Cutter without samples.
func NewCutter(c Cut) *Cutter { return &Cutter{cut: c, servers: map[string]*server{}} }

// Add adds a sample of a server. Samples must be added in the order of time.
func (c *Cutter) Add(name string, s Sample) {
	v := c.servers[name]
	if v == nil {
		v = &server{}
		c.servers[name] = v
	}
	if gap := s.At.Sub(v.last.At) - c.cut.Step; gap > c.cut.Bridge {
		c.close(v, len(v.open))
	} else {
		for at := v.last.At.Add(c.cut.Step); at.Before(s.At); at = at.Add(c.cut.Step) {
			between := v.last
			between.At = at
			c.apply(v, between)
		}
	}
	c.apply(v, s)
	v.last = s
}

// apply opens and closes meetings until their number is that of s.
func (c *Cutter) apply(v *server, s Sample) {
	n := c.count(s)
	c.close(v, len(v.open)-n)
	for len(v.open) > 0 && time.Duration(v.open[0].steps)*c.cut.Step >= c.cut.Longest {
		c.close(v, 1)
	}
	for len(v.open) < n {
		v.open = append(v.open, meeting{at: s.At})
	}
	cams := s.Webcams
	if cams < 0 {
		cams = s.People * c.cut.WebcamShare
	}
	for i := range v.open {
		v.open[i].steps++
		v.open[i].people += s.People / float64(n)
		v.open[i].cam += cams / float64(n)
	}
}

// count returns the number of meetings of s: at least one if there are people, and
// at most the number of people.
func (c *Cutter) count(s Sample) int {
	if s.People <= 0 {
		return 0
	}
	n := s.Meetings
	if n < 0 {
		n = math.Ceil(s.People / c.cut.Size)
	}
	return int(max(1, min(math.Round(n), math.Ceil(s.People))))
}

// close ends the n oldest meetings on v.
func (c *Cutter) close(v *server, n int) {
	for range n {
		c.end(v, v.open[0])
		v.open = v.open[1:]
	}
}

// end records a meeting with a whole number of people. The remainder of rounding is
// added to the server's next meeting.
func (c *Cutter) end(v *server, m meeting) {
	v.people += m.people
	v.cam += m.cam
	people := max(0, math.Round(v.people/m.steps))
	if people < 1 {
		return
	}
	cams := max(0, min(people, math.Round(v.cam/m.steps)))
	v.people -= people * m.steps
	v.cam -= cams * m.steps
	c.meetings = append(c.meetings, sim.Arrival{At: m.at, MeetingSpec: sim.MeetingSpec{
		Duration: time.Duration(m.steps) * c.cut.Step, Participants: int(people), Webcams: int(cams),
	}})
}

// Meetings ends all open meetings and returns all meetings, sorted by time.
func (c *Cutter) Meetings() []sim.Arrival {
	for _, name := range slices.Sorted(maps.Keys(c.servers)) {
		c.close(c.servers[name], len(c.servers[name].open))
	}
	slices.SortStableFunc(c.meetings, func(a, b sim.Arrival) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Duration, b.Duration), b.Participants-a.Participants)
	})
	return c.meetings
}

// Source returns a sim.Source of meetings, which must be sorted by time.
func Source(meetings []sim.Arrival) sim.Source { return &list{meetings} }

type list struct{ rest []sim.Arrival }

// Next implements sim.Source.
func (l *list) Next() (sim.Arrival, bool) {
	if len(l.rest) == 0 {
		return sim.Arrival{}, false
	}
	next := l.rest[0]
	l.rest = l.rest[1:]
	return next, true
}
