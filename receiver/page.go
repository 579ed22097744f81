package receiver

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/verdict"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText []byte

//go:embed page.js
var scriptText []byte

// pageJournal is the number of journal entries on the page.
const pageJournal = 12

// regions are the parts of the page that are replaced as a whole when they
// change; each is a template of page.html. The rows of servers are updated field
// by field.
var regions = []string{"head", "verdict", "notes", "figures", "alerts", "sources", "journal"}

// pageData is what the regions and rows of the page are made from.
type pageData struct {
	verdict.Situation
	Verdict verdict.Verdict
	Program string   // version of the daemon
	Odd     []string // warnings about the configuration
	runbook string   // address of the runbooks, or ""
	keys    *keys
	rows    map[string]string // server's name → id of its row
}

// view is the page as data: the HTML of its regions and the rows of its servers.
type view struct {
	Version string
	Now     time.Time
	Title   string
	Regions map[string]template.HTML
	Rows    []row
	Busy    []row
	BusyAll int // also if there are too many to list them in Busy
}

// page answers with the page as of now.
func (s *server) page(c echo.Context) error {
	v, err := s.feed.present()
	if err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	v.Busy, v.BusyAll = busyRows(v.Rows)
	var page bytes.Buffer
	if err := s.template.Execute(&page, v); err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}

// render returns the page as of now, without a version.
func (s *server) render() (view, error) {
	p := &pageData{Situation: s.situation(), Program: s.Version, Odd: s.Warnings(), runbook: s.Runbook(), keys: &s.keys, rows: map[string]string{}}
	p.Verdict = verdict.Of(p.Situation)
	for _, sv := range p.Status.Servers {
		p.rows[sv.Name] = "s" + p.keys.key(sv.ID)
	}
	v := view{Now: p.Now, Title: p.Title(), Rows: p.rowsOf(), Regions: map[string]template.HTML{}}
	for _, name := range regions {
		var part bytes.Buffer
		if err := s.template.ExecuteTemplate(&part, name, p); err != nil {
			return view{}, err
		}
		v.Regions[name] = template.HTML(part.String()) // escaped by the template
	}
	return v, nil
}

func style(c echo.Context) error {
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", styleText)
}

func script(c echo.Context) error {
	return c.Blob(http.StatusOK, "text/javascript; charset=utf-8", scriptText)
}

func pageTemplate() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"clock": clock, "stamp": stamp, "iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"blank": func() row { return row{} },
		"pattern": func(p string) string {
			if p == "" {
				return "the whole fleet"
			}
			return p
		},
	}).Parse(pageText))
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
