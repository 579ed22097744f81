package daemon

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// printer writes lines and remembers the first error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format+"\n", args...)
	}
}

// table writes rows in columns; cells are separated by tabs.
func (p *printer) table(rows []string) {
	if p.err != nil {
		return
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, r)
	}
	p.err = w.Flush()
}

func printStatus(out io.Writer, st fleet.Status, now time.Time) error {
	p := &printer{out: out}
	p.line("Fleet %s, looked at %s%s", st.Fleet, moment(st.At), suffix(st.DryRun, "; dry run: nothing is really changed"))
	if !st.Ready {
		p.line("NOT READY: the fleet has not been read completely yet")
	}
	p.line("Servers: %s; floor %d, needed %d, ceiling %s", counts(st.Counts), st.Floor, st.Need, ceiling(st.Ceiling))
	p.troubles(st, now)
	p.line("")
	p.table(serverRows(st.Servers))
	return p.err
}

// troubles writes what holds the scaler back, and what it cannot see.
func (p *printer) troubles(st fleet.Status, now time.Time) {
	for _, b := range st.Blocked {
		p.line("NOTHING IS CHANGED: %s", b)
	}
	for _, pause := range st.Pauses {
		p.line("PAUSED%s: %s until %s, by %s: %s (%s)", suffix(pause.ScaleInOnly, " (scale-in only)"),
			cmp.Or(pause.Server, "the whole fleet"), moment(pause.Until), cmp.Or(pause.By, "unknown"), pause.Reason, pause.ID)
	}
	for _, l := range st.Limits {
		p.line("LIMIT: %s", l)
	}
	for _, b := range st.Brakes {
		p.line("No scale-in: %s", b)
	}
	for _, s := range st.Sources {
		if s.Error != "" {
			p.line("NOT READ: %s, last %s: %s", s.Name, age(now, s.ReadAt), s.Error)
		}
	}
	for _, u := range st.Unjoined {
		p.line("NOT JOINED: %s", u)
	}
}

func serverRows(servers []fleet.ServerStatus) []string {
	rows := []string{"SERVER\tSTATE\tSIZE\tBALANCER\tLOAD\tWHY"}
	for _, s := range servers {
		load := "-"
		if s.Balancer == fleet.Enabled || s.Balancer == fleet.Cordoned {
			load = fmt.Sprintf("%.0f", s.Load)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%d/%g GiB\t%s\t%s\t%s", oneLine(s.Name), s.State, s.Size.Cores, float64(s.Size.RAM)/1024,
			cmp.Or(string(s.Balancer), "-"), load, oneLine(s.Reason)))
	}
	return rows
}

func printServer(out io.Writer, st fleet.Status, s fleet.ServerStatus, alerts []fleet.Alert, entries []fleet.Entry, now time.Time) error {
	p := &printer{out: out}
	p.line("%s is %s%s", s.Name, s.State, suffix(!s.Since.IsZero(), ", since "+moment(s.Since)+" ("+age(now, s.Since)+")"))
	p.line("Why: %s", cmp.Or(s.Reason, "nothing to do"))
	if s.InFlight != nil {
		p.line("Under way: %s: %s", s.InFlight.Kind, s.InFlight.Reason)
	}
	p.line("")
	p.table([]string{
		"Id\t" + s.ID, "Datacenter\t" + s.Datacenter, "Address\t" + cmp.Or(s.Addr, "unknown"), "Power\t" + string(s.Power),
		"Size\t" + s.Size.String(), "Balancer\t" + cmp.Or(string(s.Balancer), "not registered") + fmt.Sprintf(", load %.0f", s.Load),
		"Meetings\t" + running(s.Meetings),
	})
	p.bearings(st, s, alerts, now)
	p.line("\nLast steps")
	p.table(journalRows(entries))
	return p.err
}

// bearings writes what bears on a server's next step.
func (p *printer) bearings(st fleet.Status, s fleet.ServerStatus, alerts []fleet.Alert, now time.Time) {
	p.line("\nAlerts")
	p.table(alertRows(s, alerts))
	p.line("\nHeld back by")
	held := 0
	note := func(format string, args ...any) {
		held++
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
	if held == 0 {
		p.line("  nothing")
	}
}

func alertRows(s fleet.ServerStatus, alerts []fleet.Alert) []string {
	var rows []string
	for _, a := range alerts {
		host, _, _ := strings.Cut(a.Labels["instance"], ":")
		mine := a.Labels["server_id"] == s.ID || (host != "" && (host == s.Addr || host == s.Name))
		if mine || (a.Labels["instance"] == "" && slices.Contains(s.Alerts, a.Name)) {
			rows = append(rows, fmt.Sprintf("  %s\tvalue %s, threshold %s\tsince %s%s", a.Name, cmp.Or(a.Annotations["value"], "?"),
				cmp.Or(a.Annotations["threshold"], "?"), moment(a.StartsAt), suffix(a.Suppressed, ", silenced")))
		}
	}
	if len(rows) == 0 {
		return []string{"  none"}
	}
	return rows
}

func journalRows(entries []fleet.Entry) []string {
	var rows []string
	for _, e := range entries {
		why := e.Step.Reason
		if e.Detail != "" {
			why += " (" + e.Detail + ")"
		}
		rows = append(rows, fmt.Sprintf("  %s\t%s\t%s%s\t%s", moment(e.At), e.Step.Kind, e.Outcome, suffix(e.DryRun, " (dry run)"), oneLine(why)))
	}
	if len(rows) == 0 {
		return []string{"  none"}
	}
	return rows
}

func counts(by map[fleet.State]int) string {
	var all []string
	for _, s := range fleet.States() {
		if by[s] > 0 {
			all = append(all, fmt.Sprintf("%d %s", by[s], s))
		}
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

func running(c *fleet.MeetingCount) string {
	if c == nil {
		return "not asked lately"
	}
	return fmt.Sprintf("%d, with %d participants", c.Meetings, c.Participants)
}

func ceiling(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

func suffix(ok bool, text string) string {
	if ok {
		return text
	}
	return ""
}

// oneLine keeps foreign text from breaking a table or steering the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func age(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return now.Sub(t).Round(time.Second).String() + " ago"
}
