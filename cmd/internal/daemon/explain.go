package daemon

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// explainJournal is the number of journal entries that explain prints.
const explainJournal = 10

// askExplain prints one server with its alerts, cooldowns and pauses, and last
// steps.
func (o *options) askExplain(ctx context.Context, daemon *client.Client, out io.Writer) error {
	st, err := daemon.Fleet(ctx)
	if err != nil {
		return err
	}
	server, err := find(st.Status, o.server)
	if err != nil {
		return err
	}
	alerts, err := daemon.Alerts(ctx)
	if err != nil {
		return err
	}
	entries, err := daemon.Journal(ctx, client.JournalQuery{Server: server.ID, Limit: explainJournal})
	if err != nil {
		return err
	}
	about := explanation{
		Server: server, Pauses: pausesOf(st.Status, server), Blocked: st.Blocked, Brakes: brakesOf(st.Status, server),
		Alerts: slices.DeleteFunc(alerts, func(a fleet.Alert) bool { return !concerns(a, server) }), Journal: entries,
	}
	if o.output == outputJSON {
		return printJSON(out, about)
	}
	return printServer(o.printer(out), about, len(st.Pools) > 0, cmp.Or(st.Now, time.Now()))
}

// explanation is what explain prints, and its JSON, made of the API's types.
type explanation struct {
	Server fleet.ServerStatus `json:"server"`
	// Pauses, Blocked and Brakes are those of the fleet that apply to the server.
	Pauses  []fleet.Pause `json:"pauses"`
	Blocked []fleet.Hold  `json:"blocked"`
	Brakes  []fleet.Hold  `json:"brakes"`
	// Alerts are about the server, or about the fleet and affect the server.
	Alerts  []fleet.Alert `json:"alerts"`
	Journal []fleet.Entry `json:"journal"` // newest first
}

// pausesOf returns the pauses that apply to a server.
func pausesOf(st fleet.Status, s fleet.ServerStatus) []fleet.Pause {
	return slices.DeleteFunc(slices.Clone(st.Pauses), func(p fleet.Pause) bool {
		matches, _ := path.Match(p.Server, s.Name)
		return !matches && p.Server != "" && p.Server != s.ID
	})
}

// brakesOf returns the reasons why no capacity is removed from a server's pool.
func brakesOf(st fleet.Status, s fleet.ServerStatus) []fleet.Hold {
	return slices.DeleteFunc(slices.Clone(st.Brakes), func(b fleet.Hold) bool { return b.Pool != "" && b.Pool != s.Pool })
}

// find returns the server with an id or a name.
func find(st fleet.Status, server string) (fleet.ServerStatus, error) {
	for _, s := range st.Servers {
		if s.ID == server || s.Name == server {
			return s, nil
		}
	}
	return fleet.ServerStatus{}, fmt.Errorf("%w: the fleet %s has no server %q; bbb-scaler status lists all %d", errNoServer, st.Fleet, server, len(st.Servers))
}

// printServer prints one server, and its pool if the fleet has pools.
func printServer(p *printer, about explanation, pools bool, now time.Time) error {
	s := about.Server
	p.paint(stateColor(s.State), "%s is %s%s", s.Name, s.State, suffix(!s.Since.IsZero(), ", since "+moment(s.Since)+" ("+age(now, s.Since)+")"))
	p.line("Why: %s", cmp.Or(s.Reason, "nothing to do"))
	if pools {
		p.line("Pool: %s", fleet.PoolName(s.Pool))
	}
	if s.InFlight != nil {
		p.line("In progress: %s: %s", s.InFlight.Kind, s.InFlight.Reason)
	}
	p.line("")
	p.table("", []cells{
		{"Id", s.ID}, {"Datacenter", s.Datacenter}, {"Address", cmp.Or(s.Addr, "unknown")}, {"Power", string(s.Power)},
		{"Size", s.Size.String()}, {"Balancer", cmp.Or(string(s.Balancer), "not registered") + fmt.Sprintf(", load %.0f", s.Load)},
		{"Meetings", meetingsOf(s.Meetings)},
	})
	p.line("\nAlerts")
	p.table("  ", listed(alertRows(about.Alerts)))
	p.line("\nHeld back by")
	p.holds(about, now)
	p.line("\nLast steps")
	p.table("  ", listed(journalRows(about.Journal)))
	return p.err
}

func meetingsOf(c *fleet.MeetingCount) string {
	if c == nil {
		return "not read lately"
	}
	return fmt.Sprintf("%d, with %d participants", c.Meetings, c.Participants)
}

// holds writes the cooldowns, pauses and reasons that keep the scaler from changing
// a server.
func (p *printer) holds(about explanation, now time.Time) {
	held := false
	note := func(format string, args ...any) {
		held = true
		p.line("  "+format, args...)
	}
	for _, kind := range slices.Sorted(maps.Keys(about.Server.Cooldowns)) {
		if until := about.Server.Cooldowns[kind]; until.After(now) {
			note("cooldown %s until %s", kind, moment(until))
		}
	}
	for _, pause := range about.Pauses {
		note("pause %s%s until %s: %s", pause.ID, suffix(pause.ScaleInOnly, " (scale-in only)"), moment(pause.Until), pause.Reason)
	}
	for _, b := range about.Blocked {
		note("the fleet is blocked: %s", b)
	}
	for _, b := range about.Brakes {
		note("no scale-in: %s", b)
	}
	if !held {
		p.line("  nothing")
	}
}

func alertRows(alerts []fleet.Alert) []cells {
	var rows []cells
	for _, a := range alerts {
		rows = append(rows, cells{
			a.Name, "value " + cmp.Or(a.Annotations[rules.AnnotationValue], "?") + ", threshold " + cmp.Or(a.Annotations[rules.AnnotationThreshold], "?"),
			"since " + moment(a.StartsAt) + suffix(a.Suppressed, ", silenced"),
		})
	}
	return rows
}

// concerns reports whether an alert is about a server, or about the fleet and affects
// the server.
func concerns(a fleet.Alert, s fleet.ServerStatus) bool {
	instance := a.Labels[rules.LabelInstance]
	if instance == "" && slices.Contains(s.Alerts, a.Name) {
		return true
	}
	key := fleet.HostKey(fleet.InstanceHost(instance))
	return a.Labels[rules.LabelServerID] == s.ID || slices.Contains(s.Aliases, key)
}

func journalRows(entries []fleet.Entry) []cells {
	var rows []cells
	for _, e := range entries {
		rows = append(rows, cells{moment(e.At), string(e.Step.Kind), string(e.Outcome) + suffix(e.DryRun, " (dry run)"), whyOf(e)})
	}
	return rows
}

// whyOf returns the reason of an entry's step and what became known about it.
func whyOf(e fleet.Entry) string { return e.Step.Reason + suffix(e.Detail != "", " ("+e.Detail+")") }
