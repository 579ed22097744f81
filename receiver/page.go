package receiver

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/outlook"
	"github.com/bbb-scaler/bbb-scaler/receiver/verdict"
)

// pageJournal is the number of journal entries on the page.
const pageJournal = 12

// regions are the parts of the page that are replaced as a whole when they
// change; each is a template of page.html. The rows of servers are updated field
// by field.
var regions = []string{"head", "verdict", "notes", "figures", "next", "cost", "alerts", "sources", "journal"}

// pageData is what the regions and rows of the page are made from.
type pageData struct {
	verdict.Situation
	Verdict verdict.Verdict
	Program string   // version of the daemon
	Odd     []string // warnings about the configuration
	Next    []outlook.Item
	Spent   spending
	runbook string // address of the runbooks, or ""
	keys    *keys
	rows    map[string]string // server's name → id of its row
}

// view is the page as data: the HTML of its regions and the rows of its servers.
type view struct {
	Version string
	Program string // version of the daemon
	Trend   int64  // changes when there is something new to draw
	Now     time.Time
	Title   string
	Regions map[string]template.HTML
	Rows    []row
	Busy    []row
	BusyAll int // also if there are too many to list them in Busy
}

// shell is what one browser is sent: the page, and what it may change.
type shell struct {
	view
	May    permission
	Caller string // the login, or ""
	Base   string // relative address of the main page, "" on it
}

// page answers with the page as of now.
func (s *server) page(c echo.Context) error {
	v, err := s.feed.present()
	if err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	v.Busy, v.BusyAll = busyRows(v.Rows)
	return s.answerPage(c, "page.html", shell{view: v, May: s.may(c.Request()), Caller: caller(c.Request())})
}

func (s *server) answerPage(c echo.Context, template string, data any) error {
	var page bytes.Buffer
	if err := s.template.ExecuteTemplate(&page, template, data); err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}

// render returns the page as of now, without a version.
func (s *server) render() (view, error) {
	p := s.pageData()
	v := view{Now: p.Now, Program: s.Version, Trend: p.Status.At.Truncate(trendEvery).Unix(), Title: p.Title(), Rows: p.rowsOf(), Regions: map[string]template.HTML{}}
	for _, name := range regions {
		var part bytes.Buffer
		if err := s.template.ExecuteTemplate(&part, name, p); err != nil {
			return view{}, err
		}
		v.Regions[name] = template.HTML(part.String()) // escaped by the template
	}
	return v, nil
}

// pageData returns what the pages show as of now.
func (s *server) pageData() *pageData {
	p := &pageData{Situation: s.situation(), Program: s.Version, Odd: s.Warnings(), runbook: s.Runbook(), keys: &s.keys, rows: map[string]string{}}
	p.Verdict = verdict.Of(p.Situation)
	p.Next = outlook.Next(p.Status, s.Config(), p.Now)
	p.Spent = s.spentToday(p.Now)
	for _, sv := range p.Status.Servers {
		p.rows[sv.Name] = "s" + p.keys.key(sv.ID)
	}
	return p
}

// Title is the title of the page: the verdict in a word, since a browser shows
// only the beginning of it.
func (p *pageData) Title() string {
	return strings.TrimSpace(fmt.Sprintf("%s – %s – bbb-scaler", p.Verdict.Level.Word(), p.Status.Fleet))
}

// Firing says how many alerts there are.
func (p *pageData) Firing() string {
	if n := len(p.Alerts); n > 0 {
		return fmt.Sprint(n)
	}
	return ""
}

// stateCount is the number of servers in a state.
type stateCount struct {
	State fleet.State
	N     int
}

// Counts lists the states that servers are in; active and off are always listed.
func (p *pageData) Counts() []stateCount {
	var all []stateCount
	for _, state := range fleet.States() {
		if n := p.Status.Counts[state]; n > 0 || state == fleet.StateActive || state == fleet.StateOff {
			all = append(all, stateCount{state, n})
		}
	}
	return all
}

// Shown returns the entries of the journal that the page shows.
func (p *pageData) Shown() []fleet.Entry {
	return p.Journal[:min(pageJournal, len(p.Journal))]
}
