package fleet

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Calendar is a calendar in the format iCalendar: a file or a URL. A URL may contain a
// secret, and it can be in a file like a password.
type Calendar struct {
	Name            string `yaml:"name"` // identifies it in metrics, messages and the store
	URL             Secret `yaml:"url"`
	URLFile         string `yaml:"url_file"`
	File            string `yaml:"file"` // a path, instead of a URL
	Username        string `yaml:"username"`
	Password        Secret `yaml:"password"`
	PasswordFile    string `yaml:"password_file"`
	BearerToken     Secret `yaml:"bearer_token"`
	BearerTokenFile string `yaml:"bearer_token_file"`
	CAFile          string `yaml:"ca_file"` // PEM file with the authorities to trust; empty: the system's
}

// Calendars reads calendars.
type Calendars interface {
	// Read returns what the calendar of this name says about the weeks around now. zone
	// is the time zone of days and of times without one.
	Read(ctx context.Context, name string, zone *time.Location, now time.Time) (Feed, error)
}

// validateCalendars checks the list of calendars.
func validateCalendars(p *refuse.Problems, calendars []Calendar) {
	seen := map[string]bool{}
	for i, c := range calendars {
		key := fmt.Sprintf("capacity.calendars[%d]", i)
		p.Require(c.Name != "" && !seen[c.Name], key+".name", c.Name, "be a name that no other calendar has")
		seen[c.Name] = true
		p.Require((c.URL != "" || c.URLFile != "") != (c.File != ""), key, c.Name, "have either url (or url_file) or file")
		if c.URL != "" {
			p.Require(validURL(c.URL.Reveal()), key+".url", c.URL, "be a URL that begins with http:// or https://")
		}
	}
}

// validURL reports whether a text is an absolute URL of HTTP.
func validURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

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

// Within returns the events with a floor for a pool that have a part in a period.
func (all Events) Within(pool string, from, to time.Time) Events {
	return slices.DeleteFunc(slices.Clone(all), func(e Event) bool {
		return e.DayOff || e.Pool != pool || !e.From.Before(to) || !e.To.After(from)
	})
}

// Feed is what a calendar said when it was last read successfully.
type Feed struct {
	Name   string    `json:"name"`    // Calendar.Name
	ReadAt time.Time `json:"read_at"` // when it was read
	Events Events    `json:"events,omitempty"`
	// Skipped says of events that could not be used which they are, why, and what is
	// allowed.
	Skipped []string `json:"skipped,omitempty"`
}

// CalendarStatus says when and how a calendar was last read.
type CalendarStatus struct {
	Name    string    `json:"name"`
	ReadAt  time.Time `json:"read_at,omitzero"`  // of the last successful read
	Error   string    `json:"error,omitempty"`   // of the last read; then the state before it is used
	Skipped []string  `json:"skipped,omitempty"` // Feed.Skipped
}
