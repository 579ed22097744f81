package actions

import (
	"context"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

const (
	// calendarAge is how long a calendar is used before it is read again, and
	// calendarRetry the time between two reads of one that cannot be read.
	calendarAge   = 15 * time.Minute
	calendarRetry = 5 * time.Minute
)

// calendarTry is the last attempt to read a calendar.
type calendarTry struct {
	at  time.Time
	err error
}

// due reports whether the calendar is to be read again.
func (c calendarTry) due(now time.Time) bool {
	age := calendarAge
	if c.err != nil {
		age = calendarRetry
	}
	return now.Sub(c.at) >= age || c.at.After(now)
}

// readCalendars reads the calendars that are due, and commits what they say.
func (s *Scaler) readCalendars(ctx context.Context, cfg fleet.Config, now time.Time) {
	var due []string
	for _, c := range cfg.Capacity.Calendars {
		if s.tried[c.Name].due(now) {
			due = append(due, c.Name)
		}
	}
	s.forgetCalendars(cfg)
	if len(due) == 0 || s.deps.Calendars == nil {
		return
	}
	for name, got := range s.calendars.Read(ctx, due, cfg.Deadlines.Patience) {
		if !got.Pending || got.At.After(s.tried[name].at) {
			s.noteCalendar(name, got, now)
		}
	}
}

// noteCalendar commits what a calendar says, and logs when it begins to fail and when it
// is read again.
func (s *Scaler) noteCalendar(name string, got reading[fleet.Feed], now time.Time) {
	before := s.tried[name].err
	s.tried[name] = calendarTry{now, got.Err}
	switch {
	case got.Err != nil && before == nil:
		s.log.Warn("calendar cannot be read; its last state is used", "calendar", name, "error", got.Err)
	case got.Err == nil && before != nil:
		s.log.Info("calendar is read again", "calendar", name)
	}
	if got.Err != nil {
		return
	}
	s.change("calendar", func() fleet.Commit {
		if skipped := got.Value.Skipped; len(skipped) > 0 && !slices.Equal(s.memory.Feeds[name].Skipped, skipped) {
			s.log.Warn("events of a calendar are skipped", "calendar", name, "events", skipped)
		}
		s.expected = forecasts{}
		return fleet.Commit{Feeds: []fleet.Feed{got.Value}}
	})
}

// forgetCalendars drops what calendars said that are no longer in the configuration.
func (s *Scaler) forgetCalendars(cfg fleet.Config) {
	s.change("calendars", func() (c fleet.Commit) {
		for name := range s.memory.Feeds {
			if !slices.ContainsFunc(cfg.Capacity.Calendars, func(c fleet.Calendar) bool { return c.Name == name }) {
				delete(s.tried, name)
				s.expected = forecasts{}
				c.DropFeeds = append(c.DropFeeds, name)
			}
		}
		slices.Sort(c.DropFeeds)
		return c
	})
}

// events returns the events of all calendars, as they were last read.
func (s *Scaler) events(cfg fleet.Config) (all fleet.Events) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cfg.Capacity.Calendars {
		all = append(all, s.memory.Feeds[c.Name].Events...)
	}
	return all
}

// calendarStatus returns the status of each calendar. The caller holds cycle and mu.
func (s *Scaler) calendarStatus(cfg fleet.Config) (all []fleet.CalendarStatus) {
	for _, c := range cfg.Capacity.Calendars {
		feed := s.memory.Feeds[c.Name]
		status := fleet.CalendarStatus{Name: c.Name, ReadAt: feed.ReadAt, Skipped: feed.Skipped}
		if err := s.tried[c.Name].err; err != nil {
			status.Error = err.Error()
		}
		all = append(all, status)
	}
	return all
}
