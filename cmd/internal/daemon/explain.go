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
	return printServer(out, st.Status, server, alerts, entries, time.Now())
}

// find returns the server with an id or a name.
func find(st fleet.Status, server string) (fleet.ServerStatus, error) {
	for _, s := range st.Servers {
		if s.ID == server || s.Name == server {
			return s, nil
		}
	}
	return fleet.ServerStatus{}, fmt.Errorf("the fleet %s has no server %q; bbb-scaler status lists all %d", st.Fleet, server, len(st.Servers))
}

func printServer(out io.Writer, st fleet.Status, s fleet.ServerStatus, alerts []fleet.Alert, entries []fleet.Entry, now time.Time) error {
	p := &printer{out: out}
	p.line("%s is %s%s", s.Name, s.State, suffix(!s.Since.IsZero(), ", since "+moment(s.Since)+" ("+age(now, s.Since)+")"))
	p.line("Why: %s", cmp.Or(s.Reason, "nothing to do"))
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
	p.table("  ", listed(alertRows(s, alerts)))
	p.line("\nHeld back by")
	p.holds(st, s, now)
	p.line("\nLast steps")
	p.table("  ", listed(journalRows(entries)))
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
func (p *printer) holds(st fleet.Status, s fleet.ServerStatus, now time.Time) {
	held := false
	note := func(format string, args ...any) {
		held = true
		p.line("  "+format, args...)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Cooldowns)) {
		if until := s.Cooldowns[kind]; until.After(now) {
			note("cooldown %s until %s", kind, moment(until))
		}
	}
	for _, pause := range st.Pauses {
		if ok, _ := path.Match(pause.Server, s.Name); ok || pause.Server == "" || pause.Server == s.ID {
			note("pause %s%s until %s: %s", pause.ID, suffix(pause.ScaleInOnly, " (scale-in only)"), moment(pause.Until), pause.Reason)
		}
	}
	for _, b := range st.Blocked {
		note("the fleet is blocked: %s", b)
	}
	for _, b := range st.Brakes {
		note("no scale-in: %s", b)
	}
	if !held {
		p.line("  nothing")
	}
}

// alertRows lists the alerts about a server, and the alerts about the fleet that
// affect the server.
func alertRows(s fleet.ServerStatus, alerts []fleet.Alert) []cells {
	var rows []cells
	for _, a := range alerts {
		if !concerns(a, s) {
			continue
		}
		rows = append(rows, cells{
			a.Name, "value " + cmp.Or(a.Annotations[rules.AnnotationValue], "?") + ", threshold " + cmp.Or(a.Annotations[rules.AnnotationThreshold], "?"),
			"since " + moment(a.StartsAt) + suffix(a.Suppressed, ", silenced"),
		})
	}
	return rows
}

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
		why := e.Step.Reason
		if e.Detail != "" {
			why += " (" + e.Detail + ")"
		}
		rows = append(rows, cells{moment(e.At), string(e.Step.Kind), string(e.Outcome) + suffix(e.DryRun, " (dry run)"), why})
	}
	return rows
}
