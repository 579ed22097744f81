package week

import (
	"context"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"golang.org/x/sync/semaphore"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// light is the world whose servers carry many people, in which the tests' numbers of
// servers carry their meetings.
func light() world.World {
	w, err := world.Read("light")
	if err != nil {
		panic(err) // a shipped world can be read: tested in its package
	}
	return w
}

// aDay is a school's Monday on a small fleet.
func aDay(servers int, file config.File, strategies ...Strategy) Comparison {
	return Comparison{
		World: light(), Timetable: sim.School(), Seeds: []uint64{1}, Monday: monday, Days: 1, Servers: servers, Config: file.Actions, Strategies: strategies, Runs: semaphore.NewWeighted(2),
	}
}

func mustRun(t *testing.T, c Comparison) []Week {
	t.Helper()
	weeks, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return weeks
}

// morning is the hours in which a scaler starts, drains and stops.
func morning(servers int) Setup {
	begin, end := monday.Add(6*time.Hour+30*time.Minute), monday.Add(10*time.Hour)
	setup := Setup{World: sim.Config{Seed: 1, Start: begin, Servers: servers}, Until: end.Add(time.Hour)}
	for _, a := range drain(sim.SchoolWeek(1, monday, servers).Arrivals()) {
		if a.At.After(begin) && a.At.Before(end) && a.Participants < 100 {
			setup.Arrivals = append(setup.Arrivals, a)
		}
	}
	return setup
}

// restless is a morning of short meetings that come in waves, with a few long
// ones that end long after.
func restless() Setup {
	begin := monday.Add(7 * time.Hour)
	setup := Setup{World: sim.Config{Seed: 1, Start: begin, Servers: 12}, Until: begin.Add(5 * time.Hour)}
	meet := func(after, length time.Duration, n int) {
		for i := range n {
			setup.Arrivals = append(setup.Arrivals, sim.Arrival{At: begin.Add(after + time.Duration(i)*10*time.Second),
				MeetingSpec: sim.MeetingSpec{Duration: length, Participants: 25, Webcams: 8, Fill: time.Minute}})
		}
	}
	for wave := range 8 {
		meet(time.Duration(wave)*20*time.Minute, 10*time.Minute, 12)
		if wave == 2 {
			meet(45*time.Minute, 3*time.Hour, 5)
		}
	}
	return setup
}

func mustSimulate(t *testing.T, setup Setup, s Strategy) Result {
	t.Helper()
	r, err := Simulate(t.Context(), setup, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNobodyWhoServesEveryoneIsBelowTheBound(t *testing.T) {
	file := config.Defaults()
	file.Actions.Sizes.Max = fleet.Size{Cores: 10, RAM: 16384} // so that the bound needs more servers than the floor
	all := []Strategy{Static{file.Actions}, Vertical{file.Actions}, Predecessor{file.Actions}, CloudNative{file.Actions}, Ours{Title: "ours", File: file}}
	w := mustRun(t, aDay(60, file, all...))[0]
	for _, o := range w.Outcomes {
		f := o.Figures
		if f.Meetings != w.Bound.Meetings || f.ParticipantsIn == 0 {
			t.Errorf("%s: %d meetings, %d people; want the %d meetings of the demand", o.Name, f.Meetings, f.ParticipantsIn, w.Bound.Meetings)
		}
		if f.ParticipantsPresent != f.ParticipantsIn-f.ParticipantsOut {
			t.Errorf("%s: in %d, out %d, present %d: people appear or vanish", o.Name, f.ParticipantsIn, f.ParticipantsOut, f.ParticipantsPresent)
		}
		served := f.OverloadParticipantMinutes < 0.02*f.ParticipantMinutes
		if served && (f.ServerHours < w.Bound.ServerHours || f.CoreHours < w.Bound.CoreHours || f.RAMGiBHours < w.Bound.RAMGiBHours || f.Cost < w.Bound.Cost) {
			t.Errorf("%s needs %.1f server-hours, %.1f core-hours, %.1f GiB-hours, cost %.2f; the bound is %.1f, %.1f, %.1f, %.2f", o.Name,
				f.ServerHours, f.CoreHours, f.RAMGiBHours, f.Cost, w.Bound.ServerHours, w.Bound.CoreHours, w.Bound.RAMGiBHours, w.Bound.Cost)
		}
	}
	if floor := 24 * float64(file.Actions.Capacity.MinActive); w.Bound.ServerHours < floor+1 {
		t.Errorf("the bound of %.1f server-hours is hardly above the floor's %.1f: it tells nothing", w.Bound.ServerHours, floor)
	}
}

func TestTheSameSeedGivesTheSameFiguresTwice(t *testing.T) {
	for _, s := range []Strategy{Ours{Title: "ours", File: config.Defaults()}, Predecessor{config.Defaults().Actions}} {
		if first, second := mustSimulate(t, morning(12), s), mustSimulate(t, morning(12), s); !reflect.DeepEqual(first, second) {
			t.Errorf("two runs differ:\n%+v\n%+v", first.Figures, second.Figures)
		}
	}
}

// blind says that every server is empty.
type blind struct{}

func (blind) Meetings(context.Context, fleet.BalancerServer) (fleet.MeetingCount, error) {
	return fleet.MeetingCount{}, nil
}

func TestASabotagedScalerIsVisiblyWorse(t *testing.T) {
	file := config.Defaults()
	// A low limit for CPU alone: most of what is in use of the memory is no load.
	file.Actions.Thresholds = rules.Thresholds{CPU: rules.Band{Min: 0.05, Max: 0.35}, Memory: rules.Band{Min: 0.15, Max: 0.85}}
	file.Actions.Capacity.MaxStep, file.Actions.Capacity.Headroom = 3, 0.3
	file.Actions.Sizes.Fleet.Cores, file.Actions.Sizes.Max.Cores = 3, 4 // many servers for few people
	file.Actions.Cooldowns.Out, file.Actions.Cooldowns.In = 5*time.Minute, 5*time.Minute
	file.Actions.ScaleIn.RecordingsDeadline = time.Minute // nobody waits for an idle alert
	file.Rules.ScaleInBelow = 0.5
	file.Rules.For = maps.Clone(file.Rules.For)
	file.Rules.For[rules.FleetWorkloadLow] = model.Duration(20 * time.Minute) // as long as from wave to wave
	sound := mustSimulate(t, restless(), Ours{Title: "sound", File: file}).Figures
	if sound.MeetingsEndedEarly != 0 || sound.MeetingsRefused != 0 || sound.Flaps > 4 || sound.Steps[fleet.Stop] == 0 {
		t.Errorf("the sound scaler: %d ended early, %d refused, %d flaps, steps %v; want none, hardly any, and some stopped",
			sound.MeetingsEndedEarly, sound.MeetingsRefused, sound.Flaps, sound.Steps)
	}
	hasty := file
	second := time.Second
	hasty.Actions.Cooldowns = fleet.Cooldowns{ServerUp: second, ServerDown: second, Out: second, In: second, Backoff: second, BackoffMax: second}
	hasty.Actions.ScaleIn.MaxShare, hasty.Rules.ScaleInBelow, hasty.Rules.ScaleInStabilization = 1, 0.99, file.Rules.EvaluationInterval
	hasty.Rules.For = map[string]model.Duration{}
	for name := range file.Rules.For {
		hasty.Rules.For[name] = model.Duration(second)
	}
	low := file
	low.Actions.Capacity.MinActive, low.Actions.Capacity.LearningActiveShare = 0, 0
	tests := []struct {
		name   string
		broken Ours
		worse  func(f sim.Figures) bool
	}{
		{"stopping without waiting ends meetings", Ours{File: file, Override: func(d *actions.Deps) { d.Meetings = blind{} }},
			func(f sim.Figures) bool { return f.MeetingsEndedEarly > 0 }},
		{"without cooldowns and patience there is needless coming and going", Ours{File: hasty},
			func(f sim.Figures) bool { return f.Flaps > sound.Flaps+3 }},
		{"without a floor the first lessons are crowded", Ours{File: low},
			func(f sim.Figures) bool { return f.OverloadParticipantMinutes > 1.1*sound.OverloadParticipantMinutes }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if f := mustSimulate(t, restless(), tt.broken).Figures; !tt.worse(f) {
				t.Errorf("figures %+v; want worse than %+v", f, sound)
			}
		})
	}
}

func TestABellThatNoHistoryTellsOfIsServed(t *testing.T) {
	file := config.Defaults()
	overload := func() float64 {
		f := mustSimulate(t, morning(60), Ours{File: file}).Figures
		return f.OverloadParticipantMinutes / f.ParticipantMinutes
	}
	learning := overload()
	file.Actions.Capacity.LearningActiveShare = 0
	if unprepared := overload(); learning > 0.002 || unprepared < 0.01 {
		t.Errorf("overload of %.4f while it learns, %.4f without; want at most 0.002, and at least 0.01: else the case shows little", learning, unprepared)
	}
}

func TestTheWeekBeforeATraceIsWhatPrometheusRemembers(t *testing.T) {
	meeting := sim.Arrival{At: monday.Add(8 * time.Hour), MeetingSpec: sim.MeetingSpec{Duration: time.Hour, Participants: 20}}
	before := meeting
	before.At = monday.AddDate(0, 0, -2)
	c := Comparison{World: light(), Monday: monday, Days: 1, Servers: 10, Trace: []sim.Arrival{meeting}}
	if got := c.setup(1).History[""]; len(got.Crowds) != 0 {
		t.Errorf("with nothing before, Prometheus remembers %d minutes; want none", len(got.Crowds))
	}
	c.Before = []sim.Arrival{before}
	got := c.setup(1).History[""]
	if !got.Start.Equal(monday.AddDate(0, 0, -7)) || !got.At(len(got.Crowds)).Equal(monday) {
		t.Errorf("it remembers from %s until %s; want the week until the trace begins", got.Start, got.At(len(got.Crowds)))
	}
	saturday := 5 * 24 * 60
	if got.Crowds[saturday-1].Participants != 0 || got.Crowds[saturday+30].Participants != 20 || got.Crowds[saturday+60].Participants != 0 {
		t.Errorf("around Saturday 00:00 it remembers %v, %v and %v people; want 0, 20 half an hour later, and 0 after an hour",
			got.Crowds[saturday-1].Participants, got.Crowds[saturday+30].Participants, got.Crowds[saturday+60].Participants)
	}
}
