package actions_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// feeds is a fleet.Calendars in memory.
type feeds struct {
	feed  fleet.Feed
	err   error
	reads int
}

// Read implements fleet.Calendars.
func (f *feeds) Read(_ context.Context, name string, _ *time.Location, now time.Time) (fleet.Feed, error) {
	f.reads++
	if f.err != nil {
		return fleet.Feed{}, f.err
	}
	feed := f.feed
	feed.Name, feed.ReadAt = name, now
	return feed, nil
}

// calendarScaler returns a scaler with one calendar.
func calendarScaler(t *testing.T, w *sim.World, kept fleet.Store, f *feeds, change func(*fleet.Config)) *actions.Scaler {
	t.Helper()
	cfg := fixtureConfig()
	cfg.Fleet.Datacenters = w.Datacenters()
	cfg.Capacity.MinActiveShare = 0
	cfg.Capacity.Calendars = []fleet.Calendar{{Name: "school", File: "school.ics"}}
	cfg.Forecast = fleet.ForecastConfig{Enabled: true, Ahead: 15 * time.Minute, Hold: time.Hour, LevelWindow: time.Hour, LevelPrior: 0.1, LevelMax: 2, Location: time.UTC}
	if change != nil {
		change(&cfg)
	}
	s, err := actions.New(cfg, actions.Deps{Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Calendars: f, Resolve: w.Resolve,
		Store: kept, Now: w.Now, InOrder: true})
	must(t, err)
	return s
}

// cycles runs cycles for a time, every 30 s.
func cycles(t *testing.T, w *sim.World, s *actions.Scaler, d time.Duration) {
	t.Helper()
	for end := w.Now().Add(d); w.Now().Before(end); w.Advance(w.Now().Add(30 * time.Second)) {
		must(t, s.Cycle(context.Background(), w.Now()))
	}
}

func TestServersAreReadyBeforeAnEventBegins(t *testing.T) {
	seven := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	event := func(after time.Duration, e fleet.Event) fleet.Event {
		e.From, e.To = seven.Add(after), seven.Add(after+time.Hour)
		return e
	}
	for name, c := range map[string]struct {
		events  fleet.Events
		ceiling int
		want    int
	}{
		"people":                       {fleet.Events{event(time.Hour, fleet.Event{Users: 450})}, 0, 5},
		"a floor":                      {fleet.Events{event(time.Hour, fleet.Event{MinActive: 6})}, 0, 6},
		"people of two events":         {fleet.Events{event(time.Hour, fleet.Event{Users: 250}), event(time.Hour, fleet.Event{Users: 250})}, 0, 5},
		"an event one after the other": {fleet.Events{event(time.Hour, fleet.Event{Users: 450}), event(2*time.Hour, fleet.Event{Users: 700})}, 0, 5},
		"the larger of both":           {fleet.Events{event(time.Hour, fleet.Event{Users: 150, MinActive: 4})}, 0, 4},
		"the ceiling":                  {fleet.Events{event(time.Hour, fleet.Event{Users: 4500})}, 3, 3},
		"another pool":                 {fleet.Events{event(time.Hour, fleet.Event{Users: 450, Pool: "gold"})}, 0, 2},
		"a day off":                    {fleet.Events{event(time.Hour, fleet.Event{DayOff: true})}, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := sim.New(sim.Config{Servers: 10, Running: 2, Start: seven})
			s := calendarScaler(t, w, store.NewMemory(), &feeds{feed: fleet.Feed{Events: c.events}}, func(cfg *fleet.Config) { cfg.Capacity.Ceiling = c.ceiling })
			cycles(t, w, s, 30*time.Minute)
			if n := s.Status().Counts[fleet.StateActive]; n != 2 {
				t.Errorf("%d servers are active half an hour before, want the floor of 2", n)
			}
			cycles(t, w, s, 30*time.Minute)
			if n := s.Status().Counts[fleet.StateActive]; n != c.want {
				t.Errorf("%d servers are active when it begins, want %d", n, c.want)
			}
		})
	}
}

func TestACalendarThatFailsKeepsItsLastState(t *testing.T) {
	w := sim.New(sim.Config{Servers: 10, Running: 2, Start: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)})
	f := &feeds{feed: fleet.Feed{Events: fleet.Events{{From: w.Now(), To: w.Now().Add(24 * time.Hour), MinActive: 6}}, Skipped: []string{`event "x"`}}}
	kept := store.NewMemory()
	s := calendarScaler(t, w, kept, f, nil)
	cycles(t, w, s, time.Minute)
	readAt := s.Status().Calendars[0].ReadAt
	f.err = errors.New("503 Service Unavailable")
	cycles(t, w, s, 30*time.Minute)
	check := func(when string) {
		t.Helper()
		st := s.Status()
		if c := st.Calendars[0]; st.Floor != 6 || c.Name != "school" || c.Error != "503 Service Unavailable" || !c.ReadAt.Equal(readAt) || len(c.Skipped) != 1 {
			t.Errorf("%s the floor is %d and the calendar %+v; want 6, the error, and the last read at %v", when, st.Floor, c, readAt)
		}
	}
	check("while the calendar fails")
	s = calendarScaler(t, w, kept, f, nil)
	cycles(t, w, s, time.Minute)
	check("after a restart")
	f.err, f.feed.Events, f.feed.Skipped = nil, nil, nil
	cycles(t, w, s, 10*time.Minute)
	if st := s.Status(); st.Floor != 2 || st.Calendars[0].Error != "" || !st.Calendars[0].ReadAt.After(readAt) {
		t.Errorf("once it is read again the floor is %d and the calendar %+v, want 2 and no error", st.Floor, st.Calendars[0])
	}
}

func TestACalendarIsReadSeldomAndForgottenWithTheConfiguration(t *testing.T) {
	w := sim.New(sim.Config{Servers: 4, Running: 2, Start: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)})
	f, kept := &feeds{feed: fleet.Feed{Events: fleet.Events{{From: w.Now(), To: w.Now().Add(24 * time.Hour), MinActive: 3}}}}, store.NewMemory()
	cycles(t, w, calendarScaler(t, w, kept, f, nil), time.Hour)
	if f.reads < 4 || f.reads > 5 {
		t.Errorf("the calendar is read %d times in an hour, want every 15 min", f.reads)
	}
	f.err, f.reads = errors.New("503"), 0
	cycles(t, w, calendarScaler(t, w, kept, f, nil), time.Hour)
	if f.reads < 11 || f.reads > 13 {
		t.Errorf("a calendar that fails is read %d times in an hour, want every 5 min", f.reads)
	}
	s := calendarScaler(t, w, kept, f, func(c *fleet.Config) { c.Capacity.Calendars = nil })
	cycles(t, w, s, time.Minute)
	m, err := kept.Load(t.Context())
	must(t, err)
	if len(m.Feeds) > 0 || s.Status().Floor != 2 || len(s.Status().Calendars) > 0 {
		t.Errorf("without the calendar %d are kept and the floor is %d, want 0 and 2", len(m.Feeds), s.Status().Floor)
	}
}

func TestNoLoadIsForecastForADayOffAndItIsNoHistory(t *testing.T) {
	bell := time.Date(2026, 3, 16, 8, 0, 0, 0, time.UTC)
	m := fleet.NewMemory()
	for _, week := range []int{2, 1} {
		for after := -3 * time.Hour; after < 3*time.Hour; after += fleet.LoadStep {
			cores := 2.0
			if after >= 0 && week == 2 { // a week ago, nobody came
				cores = 40
			}
			m.Apply(m.Load.Raise("", bell.AddDate(0, 0, -7*week).Add(after), fleet.Load{Cores: cores, RAM: 1000}))
		}
	}
	day := func(n int) fleet.Event {
		from := bell.Truncate(24*time.Hour).AddDate(0, 0, n)
		return fleet.Event{From: from, To: from.AddDate(0, 0, 1), DayOff: true}
	}
	for name, c := range map[string]struct {
		off  fleet.Events
		want float64
	}{
		"no calendar":           {nil, 2},
		"a week ago was off":    {fleet.Events{day(-7)}, 40},
		"two weeks ago was off": {fleet.Events{day(-14)}, 2},
		"today is off":          {fleet.Events{day(0)}, 0},
	} {
		w := sim.New(sim.Config{Servers: 4, Running: 2, Start: bell.Add(-10 * time.Minute)})
		kept := store.NewMemory()
		for _, d := range m.Load {
			must(t, kept.Commit(t.Context(), fleet.Commit{Load: []fleet.LoadDay{d}}))
		}
		s := calendarScaler(t, w, kept, &feeds{feed: fleet.Feed{Events: c.off}}, nil)
		cycles(t, w, s, 30*time.Second)
		f := s.Status().Forecasts
		if len(f) != 1 || math.Abs(f[0].Cores.Soon-c.want) > 0.5 {
			t.Errorf("%s: forecasts = %+v, want %v cores", name, f, c.want)
		}
	}
}
