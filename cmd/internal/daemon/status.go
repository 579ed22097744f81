package daemon

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
	"github.com/bbb-scaler/bbb-scaler/receiver/verdict"
)

// askStatus prints the fleet of a running daemon, the verdict first. It returns
// ErrFound for a bad verdict, such as that on a fleet that was not read completely
// lately.
func (o *options) askStatus(ctx context.Context, daemon *client.Client, out io.Writer) error {
	if err := o.only.validate(); err != nil {
		return err
	}
	st, err := daemon.Fleet(ctx)
	if err != nil {
		return err
	}
	left := len(st.Servers)
	st.Servers = o.only.of(st.Servers)
	left -= len(st.Servers)
	if o.output == outputJSON {
		err = printJSON(out, st)
	} else {
		err = printStatus(o.printer(out), st, left, cmp.Or(st.Now, time.Now()))
	}
	if err != nil {
		return err
	}
	if st.Verdict.Level == verdict.Bad {
		return ErrFound
	}
	return nil
}

// printStatus prints a fleet, of whose servers some are left out.
func printStatus(p *printer, st api.Fleet, leftOut int, now time.Time) error {
	p.verdict(st.Verdict)
	p.line("Fleet %s, last cycle: %s%s", st.Fleet, moment(st.At), suffix(st.DryRun, "; dry run: nothing is changed"))
	p.leadership(st.Leadership)
	if !st.Ready {
		p.line("NOT READY: the fleet has not been read completely for deadlines.stale, or not yet")
	}
	p.line("Servers: %s; floor %d, needed %d, ceiling %s", counts(st.Counts), st.Floor, st.Need, ceiling(st.Ceiling))
	p.pools(st.Status)
	p.restrictions(st.Status)
	p.unread(st.Status, now)
	p.line("")
	p.list(st.Servers, leftOut)
	return p.err
}

// leadership writes which of several daemons leads.
func (p *printer) leadership(l *fleet.Leadership) {
	switch {
	case l == nil:
	case l.Holder == "":
		p.line("LEADER: none; %s stands by: %s", l.Self, l.Problem)
	default:
		p.line("Leader: %s (%s) since %s%s", l.Holder, l.Address, moment(l.Since), suffix(!l.Leads, "; this answer is of "+l.Self+", which does not reach it"))
	}
}

// pools writes the pools of a fleet whose servers have tags, and those that the
// configuration names in vain.
func (p *printer) pools(st fleet.Status) {
	for _, pool := range st.Pools {
		p.line("Pool %s: %s; floor %d, needed %d", fleet.PoolName(pool.Pool), counts(pool.Counts), pool.Floor, pool.Need)
	}
	for _, tag := range st.UnknownPools {
		p.line("UNKNOWN POOL: the configuration names %s, and no server has that tag", tag)
	}
}

// verdict writes the verdict, and each reason with what to do.
func (p *printer) verdict(v verdict.Verdict) {
	p.paint(levelColor(v.Level), "%s: %s", strings.ToUpper(v.Level.Word()), v.Text)
	for i, r := range v.Reasons {
		if i > 0 {
			p.paint(levelColor(r.Level), "%s: %s", strings.ToUpper(r.Level.Word()), r.Text)
		}
		if r.Do != "" {
			p.line("  do: %s%s", r.Do, suffix(r.Runbook != "", " (runbook "+r.Runbook+")"))
		}
	}
	p.line("")
}

// restrictions writes what keeps the scaler from acting.
func (p *printer) restrictions(st fleet.Status) {
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
	p.leftAlone(st)
}

// leftAlone lists the servers that the scaler does not use because somebody else has
// changed them.
func (p *printer) leftAlone(st fleet.Status) {
	var names []string
	for _, s := range st.Servers {
		if s.State == fleet.StateManual {
			names = append(names, s.Name)
		}
	}
	if len(names) > 0 {
		p.line("LEFT ALONE: %s changed by a person or another program: %s; bbb-scaler release NAME returns a server to the scaler",
			fleet.Plural(len(names), "server", "servers"), some(names))
	}
}

// unread writes what could not be read, and what matches no server.
func (p *printer) unread(st fleet.Status, now time.Time) {
	for _, s := range st.Sources {
		if s.Error != "" {
			p.line("NOT READ: %s, last %s: %s", s.Name, age(now, s.ReadAt), s.Error)
		}
	}
	for _, a := range st.Unheard {
		p.line("NOT NOTIFIED: %s is listed by Alertmanager's API, but its notifications do not arrive: check Alertmanager's route and the URL of the webhook", a)
	}
	for _, u := range st.Unjoined {
		p.line("NOT JOINED: %s", u)
	}
}

func levelColor(l verdict.Level) terminal.Color {
	switch l {
	case verdict.Bad:
		return terminal.Red
	case verdict.OK:
		return terminal.Green
	}
	return terminal.Yellow
}

// list writes the table of servers.
func (p *printer) list(servers []fleet.ServerStatus, leftOut int) {
	rows := []cells{{"SERVER", "STATE", "SIZE", "BALANCER", "LOAD", "WHY"}}
	colors := []terminal.Color{terminal.Dim}
	for _, s := range servers {
		load := "-"
		if s.Balancer == fleet.Enabled || s.Balancer == fleet.Cordoned {
			load = fmt.Sprintf("%.0f", s.Load)
		}
		size := fmt.Sprintf("%d cores, %g GiB", s.Size.Cores, float64(s.Size.RAM)/1024)
		rows = append(rows, cells{s.Name, string(s.State), size, cmp.Or(string(s.Balancer), "-"), load, s.Reason})
		colors = append(colors, stateColor(s.State))
	}
	p.paintTable("", rows, colors)
	if leftOut > 0 {
		p.line("%s not shown", fleet.Plural(leftOut, "server is", "servers are"))
	}
}

// stateColor returns the color of a server's row: green in service, yellow on its
// way, red if people should look.
func stateColor(s fleet.State) terminal.Color {
	switch s {
	case fleet.StateActive:
		return terminal.Green
	case fleet.StateOff, fleet.StateExcluded:
		return terminal.Dim
	case fleet.StateDown, fleet.StateUnjoined, fleet.StateUncertain:
		return terminal.Red
	}
	return terminal.Yellow
}
