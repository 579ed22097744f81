package live

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// introduce prints the addresses of all servers, with credentials that are valid
// only for this run.
func (d *demo) introduce(out io.Writer) {
	fmt.Fprintf(out, "A simulated fleet of %d BigBlueButton servers; simulated time passes %.3g times as fast as real time. Everything listens on loopback:\n\n", len(d.bbb), d.speed)
	rows := append(d.daemonRows(), [][3]string{
		{"IONOS", "http://" + d.ionosAt + "/cloudapi/v6", "user " + d.user(0) + ", password " + d.secret.password.Reveal()},
		{"Scalelite", d.scaleliteURL + "/scalelite/api", d.balancerNote()},
		{"Prometheus", "http://" + d.prometheusAt[0] + "/api/v1/query", "?query=fleet:bbb_cpu_workload:avg"},
		{"Alertmanager", "http://" + d.alertmanagerAt[0] + "/api/v2/alerts", "also accepts silences; the scaler ignores silenced alerts"},
		{"BBB servers", "http://" + d.bbb[0].Addr().String() + "/bigbluebutton/api", "one for each server; Scalelite's getServers lists their secrets"},
		{"node exporters", "http://" + d.node[0].Addr().String() + "/metrics", "one for each server; user " + exporterUser + ", password " + d.secret.exporter.Reveal()},
	}...)
	for _, r := range rows {
		fmt.Fprintf(out, "  %-15s %-48s %s\n", r[0], r[1], r[2])
	}
	if !d.own {
		fmt.Fprintf(out, "\nStart the daemon yourself, on this machine, with the files of this run:\n\n  bbb-scaler %s\n\n"+
			"Its configuration has the addresses and credentials above, and durations that are %.3g times as short.\n", strings.Join(d.daemonArgs(0), " "), d.speed)
	}
	fmt.Fprintf(out, "\n%-6s %-8s %-14s %s\n", "time", "step", "server", "why")
}

// balancerNote returns the secret of the simulated Scalelite. The secret of a real
// one is not printed.
func (d *demo) balancerNote() string {
	if d.balancer != nil {
		return "your own; the servers are registered there until the end"
	}
	return "secret " + d.secret.balancer[0].Reveal()
}

// tellEvery is the interval at which the daemon's journal is read.
const tellEvery = 250 * time.Millisecond

// tell prints a line for every step that was done or failed, and a line about the
// fleet every ten minutes of simulated time.
func (d *demo) tell(ctx context.Context, c *clock, out io.Writer) error {
	daemons, err := d.connect()
	if err != nil {
		return err
	}
	defer closeAll(daemons)
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	var seen uint64
	var pace pace
	next, scenes := d.world.Start(), d.scenes()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		d.narrate(scenes, out)
		asked := time.Now()
		entries := newEntries(ctx, daemons, seen)
		pace.note(time.Since(asked))
		for _, e := range entries {
			seen = e.Seq
			if e.Outcome == fleet.Done {
				d.steps[string(e.Step.Kind)]++
			}
			if line := describe(e); line != "" {
				at := e.At // the daemon shows the simulated time
				if !d.own {
					at = c.at(at)
				}
				fmt.Fprintf(out, "%-6s %s\n", at.Local().Format("15:04"), line)
			}
		}
		if now := d.world.Now(); !now.Before(next) {
			fmt.Fprintf(out, "%-6s %s\n", now.Format("15:04"), d.fleetLine(ctx))
			if line := pace.line(d.speed); line != "" {
				fmt.Fprintf(out, "%-6s %s\n", now.Format("15:04"), line)
			}
			next = now.Truncate(10 * time.Minute).Add(10 * time.Minute)
		}
	}
}

// narrate prints the scenes whose time has come, and removes them.
func (d *demo) narrate(scenes map[time.Time]scene, out io.Writer) {
	now := d.world.Now()
	for _, at := range slices.SortedFunc(maps.Keys(scenes), time.Time.Compare) {
		if !now.Before(at) {
			fmt.Fprintf(out, "%-6s ******** %s\n", at.Format("15:04"), scenes[at].text(d))
			delete(scenes, at)
		}
	}
}

// entriesAtOnce is the number of journal entries that are read at a time.
const entriesAtOnce = 500

// newEntries returns the journal's entries after seq, oldest first, from the first daemon
// that answers. While none does, there are none.
func newEntries(ctx context.Context, daemons []*client.Client, seq uint64) []fleet.Entry {
	for _, daemon := range daemons {
		entries, err := daemon.Journal(ctx, client.JournalQuery{Limit: entriesAtOnce})
		if err == nil {
			entries = slices.DeleteFunc(entries, func(e fleet.Entry) bool { return e.Seq <= seq })
			slices.Reverse(entries)
			return entries
		}
	}
	return nil
}

// describe returns a line about an entry, or "" for the beginning of a step.
func describe(e fleet.Entry) string {
	why := e.Step.Reason
	if len(e.Step.Alerts) > 0 && !strings.Contains(why, e.Step.Alerts[0]) {
		why += " (" + strings.Join(e.Step.Alerts, ", ") + ")"
	}
	switch e.Outcome {
	case fleet.Begun:
		return ""
	case fleet.Done:
		return terminal.Sprintf("%-8s %-14s %s", e.Step.Kind, e.Step.Server, why)
	}
	return terminal.Sprintf("%-8s %-14s %s: %s", e.Step.Kind, e.Step.Server, e.Outcome, e.Detail)
}

// fleetLine returns a line about the fleet.
func (d *demo) fleetLine(ctx context.Context) string {
	takes := func(r sim.Reading) bool { return r.Takes }
	if d.balancer != nil {
		listed, err := d.balancer.takes(ctx)
		if err != nil {
			return terminal.Sprintf("-------- Scalelite does not answer: %s", err)
		}
		takes = func(r sim.Reading) bool { return listed[r.URL] }
	}
	f := fleetState{max: d.overload(), saved: d.summary().saved()}
	for _, r := range d.world.Servers() {
		f.add(r, takes(r))
	}
	return f.String()
}

// fleetState holds the numbers in the line about the fleet.
type fleetState struct {
	on, active, meetings, people int
	overloaded                   int          // people on servers above a maximum threshold
	busiest                      float64      // greatest CPU workload of a server with people on it
	max                          sim.Workload // workload above which a server is overloaded
	saved                        string       // share of the cost of all servers
}

func (f *fleetState) add(r sim.Reading, takes bool) {
	if r.Power == fleet.PowerOn {
		f.on++
	}
	if takes {
		f.active++
	}
	f.meetings += r.Meetings
	f.people += r.Participants
	if r.CPU > f.max.CPU || r.Memory > f.max.Memory {
		f.overloaded += r.Participants
	}
	if r.Participants > 0 {
		f.busiest = max(f.busiest, r.CPU)
	}
}

// String returns the line. It states the busiest server, not the average, which
// is low while one server is full and others are empty.
func (f fleetState) String() string {
	return fmt.Sprintf("-------- servers on %d, in service %d; meetings %d; people %d, on overloaded servers %d; busiest server at %.0f %% CPU; saved %s",
		f.on, f.active, f.meetings, f.people, f.overloaded, 100*f.busiest, f.saved)
}
