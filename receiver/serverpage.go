package receiver

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/outlook"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// serverJournal is the number of journal entries on the page of a server.
const serverJournal = 50

// serverData is what the page of one server is made from.
type serverData struct {
	shell
	Page        *pageData
	Server      fleet.ServerStatus
	Key         string // of its row in updates of the page
	CPU, Memory string // in percent, or ""
	Lines       []alertLine
	Blocks      []string
	Entries     []fleet.Entry
	EntriesErr  string
	links       Links
}

// serverPage answers with the page of the server whose name or id is in the path.
func (s *server) serverPage(c echo.Context) error {
	name, err := url.PathUnescape(c.Param("server"))
	if err != nil {
		return fail(http.StatusBadRequest, "server: %v", err)
	}
	v, err := s.feed.present()
	if err != nil {
		return fail(http.StatusInternalServerError, "%v", err)
	}
	p := s.pageData()
	sv, found := named(p.Status.Servers, name)
	if !found {
		return fail(http.StatusNotFound, "no server of the fleet has the name or id %q", name)
	}
	d := &serverData{shell: shell{view: v, May: s.may(c.Request()), Caller: caller(c.Request()), Base: "../"}, Page: p, Server: sv, links: s.Links()}
	d.Key = s.keys.key(sv.ID)
	d.Blocks = outlook.Blocks(p.Status, sv, p.Now)
	cpu, memory := s.Workload(sv)
	d.takeAlerts(cpu, memory)
	if d.Entries, err = s.Scaler.Journal(serverJournal, sv.ID); err != nil {
		d.EntriesErr = err.Error()
	}
	return s.answerPage(c, "server.html", d)
}

// named returns the server with an id, or else the first one with that name.
func named(servers []fleet.ServerStatus, name string) (fleet.ServerStatus, bool) {
	for _, is := range []func(fleet.ServerStatus) bool{
		func(s fleet.ServerStatus) bool { return s.ID == name }, func(s fleet.ServerStatus) bool { return s.Name == name },
	} {
		if i := slices.IndexFunc(servers, is); i >= 0 {
			return servers[i], true
		}
	}
	return fleet.ServerStatus{}, false
}

// takeAlerts sets the alerts on the server, and its workload as Prometheus measures
// it, or else as its alerts tell it.
func (d *serverData) takeAlerts(cpu, memory float64) {
	servers := d.Page.hosts()
	for _, a := range d.Page.Alerts {
		l := d.Page.line(a, servers)
		if l.ID != "s"+d.Key {
			continue
		}
		l.Who, l.Link = a.Name, d.Page.link(a.Name)
		d.Lines = append(d.Lines, l)
		switch m := d.Page.Asks[a.Name]; {
		case m.Rising: // the value is what a trend leads to
		case m.Measure == rules.MeasureCPU && math.IsNaN(cpu):
			cpu = a.Value()
		case m.Measure == rules.MeasureMemory && math.IsNaN(memory):
			memory = a.Value()
		}
	}
	d.CPU, d.Memory = percent(cpu), percent(memory)
}

func percent(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return fleet.Fixed(100*x, 0) + "\u00a0%"
}

// Called is the name of the server, or its id.
func (d *serverData) Called() string { return cmp.Or(d.Server.Name, d.Server.ID) }

// Meaning says what the state means, Does what the scaler does in it.
func (d *serverData) Meaning() string { return meanings[d.Server.State].is }

// Does says what the scaler does with a server in this state.
func (d *serverData) Does() string { return meanings[d.Server.State].scaler }

// SizeText is the size for people.
func (d *serverData) SizeText() string { return size(d.Server.Size) }

// Manual reports whether the server can be released.
func (d *serverData) Manual() bool { return d.Server.State == fleet.StateManual }

// PrometheusLink returns the address of a graph of the server's workload, or "".
func (d *serverData) PrometheusLink() string {
	base := d.links.Prometheus
	if base == "" || strings.Contains(base, "/api/datasources/") {
		return "" // Grafana's proxy has no pages
	}
	expr := fmt.Sprintf(`{__name__=~"instance:bbb_(cpu|memory)_workload:ratio",instance=~%q}`, d.instances())
	return strings.TrimSuffix(base, "/") + "/graph?" + url.Values{"g0.expr": {expr}, "g0.tab": {"0"}, "g0.range_input": {"1d"}}.Encode()
}

// AlertmanagerLink returns the address of the server's alerts in Alertmanager, or "".
func (d *serverData) AlertmanagerLink() string {
	if d.links.Alertmanager == "" {
		return ""
	}
	filter := fmt.Sprintf(`{instance=~%q}`, d.instances())
	return strings.TrimSuffix(d.links.Alertmanager, "/") + "/#/alerts?" + url.Values{"filter": {filter}}.Encode()
}

// instances returns a regular expression of the exporters' instances.
func (d *serverData) instances() string {
	hosts := append([]string{d.Server.Host}, d.Server.Aliases...)
	for i, h := range hosts {
		hosts[i] = regexp.QuoteMeta(h)
	}
	return "(" + strings.Join(hosts, "|") + ")(:[0-9]+)?"
}
