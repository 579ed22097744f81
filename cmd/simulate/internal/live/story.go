package live

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// scene is something that happens on the demo's first day.
type scene struct {
	at   time.Duration // since the bell
	text func(d *demo) string
	// happen is run at that time; nil for a scene that is only told.
	happen func(d *demo)
}

// The crowd that nobody expected: its beginning since the bell, the time within which
// its meetings begin, their duration, and their number as a share of the servers, in
// percent.
const (
	crowdAt     = 175 * time.Minute
	crowdWithin = 8 * time.Minute
	crowdLength = 30 * time.Minute
	crowdShare  = 40
)

// hangFor is how long the server of the story does not answer.
const hangFor = 25 * time.Minute

// story is what happens on the first day beside the lessons of the timetable.
func (d *demo) story() []scene {
	say := func(format string, args ...any) func(*demo) string {
		return func(*demo) string { return fmt.Sprintf(format, args...) }
	}
	classes := func(share int) int { return max(1, len(d.bbb)*share/100) }
	return []scene{
		{at: -bell, text: say("the fleet has a week behind it; servers start before the bell at 08:00, because they were needed a week ago")},
		{at: 0, text: say("the bell: %s begin", fleet.Plural(classes(day[0].share), "lesson", "lessons"))},
		{at: crowdAt, text: say("a crowd that nobody expected: %s begin beside the lessons", fleet.Plural(classes(crowdShare), "meeting", "meetings"))},
		{at: 335 * time.Minute, happen: hang, text: func(d *demo) string {
			return fmt.Sprintf("%s hangs for %d minutes: its BigBlueButton accepts calls and does not answer", d.hung, hangFor/time.Minute)
		}},
		{at: 335*time.Minute + hangFor, text: func(d *demo) string { return d.hung + " answers again" }},
		{at: 425 * time.Minute, text: say("the last lessons of the day end; servers that nobody needs drain and stop")},
		{at: 630 * time.Minute, text: say("the evening: %s", fleet.Plural(classes(day[len(day)-1].share), "parents' meeting", "parents' meetings"))},
	}
}

// today returns the story's scenes with their times.
func (d *demo) scenes() map[time.Time]scene {
	all := map[time.Time]scene{}
	for _, s := range d.story() {
		at := midnight(d.world.Start()).Add(bell + s.at)
		if at.Before(d.world.Start()) {
			at = d.world.Start()
		}
		all[at] = s
	}
	return all
}

// begin schedules the story and the lessons.
func (d *demo) begin(servers int) {
	for at, s := range d.scenes() {
		if s.happen != nil {
			d.world.At(at, func() { s.happen(d) })
		}
	}
	if d.balancer == nil {
		d.world.Follow(meetings(d.world.Start(), servers))
	}
}

// hang has a server in service hang, chosen by the seed.
func hang(d *demo) {
	var inService []string
	for _, r := range d.world.Servers() {
		if r.Takes {
			inService = append(inService, r.Name)
		}
	}
	if len(inService) == 0 {
		d.hung = "no server is in service, and none"
		return
	}
	d.hung = inService[rand.New(rand.NewPCG(d.seed, 0)).IntN(len(inService))]
	d.world.Inject(sim.Fault{Kind: sim.BBBHangs, On: d.hung, For: hangFor})
}

// crowd returns the meetings of the crowd.
func crowd(start time.Time, servers int) sim.Event {
	return sim.Event{
		At: bell + crowdAt, Duration: crowdLength, Over: crowdWithin,
		Meetings: max(1, servers*crowdShare/100), Participants: classSize, Webcams: webcams,
	}
}
