package receiver

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// How many alerts of a name the page lists at once, and after a click; it links
// to the list of the others.
const (
	alertsFirst = 12
	alertsAll   = 24
)

// alertGroup is the alerts of one name on the page.
type alertGroup struct {
	Name     string
	Ask      rules.Ask
	Silenced bool // the alerts of the group are
	Number   int
	First    []alertLine
	Rest     []alertLine
	Beyond   int    // alerts that are not listed
	Preview  string // the first alerts in a few words
	Link     string // to the runbook, or ""
}

// alertLine is one alert.
type alertLine struct {
	ID    string // of the row of its server, or ""
	Who   string // the server, the instance, or the fleet
	Value string
	Since string
	Link  string // to the runbook, or ""; set on the page of the server only
}

// askOrder is the order of the groups: what asks for capacity first.
var askOrder = []rules.Ask{rules.AskStart, rules.AskGrow, rules.AskDisable, rules.AskFloor}

// Groups returns the alerts by name, the greatest values first, and silenced ones
// apart and last.
func (p *pageData) Groups() []alertGroup {
	servers := p.hosts()
	byName := map[[2]string]*alertGroup{}
	for _, a := range slices.SortedStableFunc(slices.Values(p.Alerts), func(a, b fleet.Alert) int { return -cmp.Compare(a.Value(), b.Value()) }) {
		key := [2]string{a.Name, fmt.Sprint(a.Suppressed)}
		g := byName[key]
		if g == nil {
			g = &alertGroup{Name: a.Name, Ask: p.Asks[a.Name].Ask, Silenced: a.Suppressed, Link: p.link(a.Name)}
			byName[key] = g
		}
		g.add(p.line(a, servers))
	}
	out := make([]alertGroup, 0, len(byName))
	for _, g := range byName {
		g.Preview = preview(g.First)
		out = append(out, *g)
	}
	order := func(g alertGroup) int {
		n := slices.Index(askOrder, g.Ask)
		if n < 0 {
			n = len(askOrder)
		}
		if g.Silenced {
			n += len(askOrder) + 1
		}
		return n
	}
	slices.SortFunc(out, func(a, b alertGroup) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// ID is the id of the group's element.
func (g alertGroup) ID() string {
	if g.Silenced {
		return g.Name + "-silenced"
	}
	return g.Name
}

func (g *alertGroup) add(l alertLine) {
	g.Number++
	switch {
	case g.Number <= alertsFirst:
		g.First = append(g.First, l)
	case g.Number <= alertsAll:
		g.Rest = append(g.Rest, l)
	default:
		g.Beyond++
	}
}

// preview names the first alerts of a group.
func preview(lines []alertLine) string {
	var out []string
	for _, l := range lines[:min(3, len(lines))] {
		out = append(out, strings.TrimSpace(l.Who+" "+l.Value))
	}
	if len(lines) > 3 {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// hosts returns the servers by their ids and by all hosts that name them.
func (p *pageData) hosts() map[string]fleet.ServerStatus {
	out := map[string]fleet.ServerStatus{}
	for _, s := range p.Status.Servers {
		out[s.ID] = s
		for _, a := range s.Aliases {
			out[fleet.HostKey(a)] = s
		}
	}
	return out
}

// line returns how the page shows an alert.
func (p *pageData) line(a fleet.Alert, servers map[string]fleet.ServerStatus) alertLine {
	of := "fleet"
	if a.Pool() != "" {
		of = "pool " + a.Pool()
	}
	l := alertLine{Who: cmp.Or(a.Labels[rules.LabelInstance], a.Labels[rules.LabelServerID], of), Since: clock(p.Now, a.StartsAt)}
	for _, host := range []string{a.Labels[rules.LabelServerID], fleet.HostKey(fleet.InstanceHost(a.Labels[rules.LabelInstance]))} {
		if s, known := servers[host]; known && host != "" {
			l.ID, l.Who = "s"+p.keys.key(s.ID), cmp.Or(s.Name, s.ID)
			break
		}
	}
	if x := a.Value(); p.Asks[a.Name].Measure != rules.MeasureNone && !math.IsNaN(x) {
		l.Value = percent(x)
	} else {
		l.Value = a.Annotations[rules.AnnotationValue]
	}
	return l
}
