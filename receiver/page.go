package receiver

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText []byte

// pageJournal is the number of journal entries on the page.
const pageJournal = 12

// pageData is what the page shows.
type pageData struct {
	fleet.Status
	Now     time.Time
	Version string
	Counts  []stateCount
	Busy    []fleet.ServerStatus // servers that change, that a person changed, that match no other source, or that have alerts
	Steady  []fleet.ServerStatus // all other servers: active, off or excluded
	Firing  []fleet.Alert
	Odd     []string // warnings about the configuration
	Journal []fleet.Entry
	Problem string // why the journal is not shown
}

// stateCount is the number of servers in a state.
type stateCount struct {
	State fleet.State
	N     int
}

func (s *server) page(c echo.Context) error {
	d := pageData{Status: s.Scaler.Status(), Now: s.Now(), Version: s.Version, Firing: s.Scaler.Alerts(), Odd: s.Warnings()}
	d.Counts = counts(d.Status)
	d.Busy, d.Steady = part(d.Status.Servers)
	var err error
	if d.Journal, err = s.Scaler.Journal(pageJournal, ""); err != nil {
		d.Problem = err.Error()
	}
	var page bytes.Buffer
	if err := s.template.Execute(&page, d); err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}

func style(c echo.Context) error {
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", styleText)
}

// counts lists the number of servers in each state. It leaves out states without
// servers, except active and off.
func counts(st fleet.Status) []stateCount {
	var all []stateCount
	for _, state := range fleet.States() {
		if n := st.Counts[state]; n > 0 || state == fleet.StateActive || state == fleet.StateOff {
			all = append(all, stateCount{state, n})
		}
	}
	return all
}

// part divides the servers into those that change or need attention and the others.
func part(servers []fleet.ServerStatus) (busy, steady []fleet.ServerStatus) {
	for _, s := range servers {
		settled := s.State == fleet.StateActive || s.State == fleet.StateOff || s.State == fleet.StateExcluded
		if settled && s.InFlight == nil && len(s.Alerts) == 0 {
			steady = append(steady, s)
		} else {
			busy = append(busy, s)
		}
	}
	return busy, steady
}

// rows is the data of a table of servers.
type rows struct {
	Now  time.Time
	List []fleet.ServerStatus
}

func pageTemplate() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"ago": ago, "clock": clock, "cooldowns": cooldowns, "plural": plural,
		"stamp": func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") },
		"size": func(s fleet.Size) string {
			return fmt.Sprintf("%s, %g GiB", plural(int(s.Cores), "core"), float64(s.RAM)/1024)
		},
		"alerts": func(names []string) string { return strings.Join(names, ", ") },
		"rows":   func(now time.Time, list []fleet.ServerStatus) rows { return rows{now, list} },
		"pattern": func(p string) string {
			if p == "" {
				return "the whole fleet"
			}
			return p
		},
	}).Parse(pageText))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ago formats the time since t in its largest unit.
func ago(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min ago", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// clock formats a time of day, with the date unless it is today.
func clock(now, t time.Time) string {
	now, t = now.Local(), t.Local()
	if y, m, d := t.Date(); now.Year() == y && now.Month() == m && now.Day() == d {
		return t.Format("15:04:05")
	}
	return t.Format("Jan 2 15:04")
}

// cooldowns formats the cooldowns in force on a server, in alphabetical order.
func cooldowns(now time.Time, s fleet.ServerStatus) string {
	var all []string
	for kind, until := range s.Cooldowns {
		if until.After(now) {
			all = append(all, fmt.Sprintf("%s until %s", kind, clock(now, until)))
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
