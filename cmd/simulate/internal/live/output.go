package live

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// introduce says where everything listens, with credentials that end with the
// run.
func (p *place) introduce(out io.Writer) {
	fmt.Fprintf(out, "A school cloud of %d BigBlueButton servers, a minute a second at %gx. Everything listens on loopback:\n\n", len(p.bbb), p.speed)
	rows := [][3]string{
		{"bbb-scaler", "http://" + p.daemonAt + "/", "the daemon: page, " + api.PathMetrics + ", " + api.PathFleet},
		{"IONOS", "http://" + p.ionosAt + "/cloudapi/v6", "user " + ionosUser + ", password " + p.secret.password.Reveal()},
		{"Scalelite", p.scaleliteURL + "/scalelite/api", p.balancerNote()},
		{"Prometheus", "http://" + p.prometheusAt + "/api/v1/query", "?query=fleet:bbb_cpu_workload:avg"},
		{"Alertmanager", "http://" + p.alertmanagerAt + "/api/v2/alerts", "also takes silences: they are pauses"},
		{"BBB servers", "http://" + p.bbb[0].Addr().String() + "/bigbluebutton/api", "and so on; Scalelite's getServers has their secrets"},
		{"node exporters", "http://" + p.node[0].Addr().String() + "/metrics", "and so on; user " + exporterUser + ", password " + p.secret.exporter.Reveal()},
	}
	for _, r := range rows {
		fmt.Fprintf(out, "  %-15s %-48s %s\n", r[0], r[1], r[2])
	}
	fmt.Fprintf(out, "\n%-6s %-8s %-14s %s\n", "time", "step", "server", "why")
}

// balancerNote tells the throw-away secret, and no other.
func (p *place) balancerNote() string {
	if p.balancer != nil {
		return "yours; the servers are registered there until the end"
	}
	return "secret " + p.secret.balancer.Reveal()
}

// tellEvery is how often the daemon's journal is read.
const tellEvery = 250 * time.Millisecond

// tell writes a line for every step that was done or failed, and one for the
// fleet every ten minutes of the simulation.
func (p *place) tell(ctx context.Context, c *clock, out io.Writer) error {
	daemon, err := client.New(client.Config{URL: "http://" + p.daemonAt})
	if err != nil {
		return err
	}
	defer daemon.Close()
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	var seen uint64
	next := p.world.Start()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for _, e := range newEntries(ctx, daemon, seen) {
			seen = e.Seq
			if e.Outcome == fleet.Done {
				p.steps[string(e.Step.Kind)]++
			}
			if line := describe(e); line != "" {
				fmt.Fprintf(out, "%-6s %s\n", c.at(e.At).Format("15:04"), line)
			}
		}
		if now := p.world.Now(); !now.Before(next) {
			fmt.Fprintf(out, "%-6s %s\n", now.Format("15:04"), p.fleetLine(ctx))
			next = now.Truncate(10 * time.Minute).Add(10 * time.Minute)
		}
	}
}

// entriesAtOnce is how many journal entries are read at a time.
const entriesAtOnce = 500

// newEntries returns the journal's entries after seq, oldest first. While the
// daemon does not answer, there are none.
func newEntries(ctx context.Context, daemon *client.Client, seq uint64) []fleet.Entry {
	entries, err := daemon.Journal(ctx, client.JournalQuery{Limit: entriesAtOnce})
	if err != nil {
		return nil
	}
	entries = slices.DeleteFunc(entries, func(e fleet.Entry) bool { return e.Seq <= seq })
	slices.Reverse(entries)
	return entries
}

// describe returns a line on an entry, or "" for the begin of a step.
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

// fleetLine is the fleet in one line.
func (p *place) fleetLine(ctx context.Context) string {
	takes := func(r sim.Reading) bool { return r.Takes }
	if p.balancer != nil {
		listed, err := p.balancer.takes(ctx)
		if err != nil {
			return terminal.Sprintf("-------- Scalelite does not answer: %s", err)
		}
		takes = func(r sim.Reading) bool { return listed[r.URL] }
	}
	var on, active, meetings, people int
	var cpu float64
	for _, r := range p.world.Servers() {
		if r.Power == fleet.PowerOn {
			on++
		}
		if takes(r) {
			active++
			cpu += r.CPU
		}
		meetings += r.Meetings
		people += r.Participants
	}
	return fmt.Sprintf("-------- %2d servers on, %2d in service at %2.0f %% CPU; %d meetings, %d people", on, active, 100*cpu/float64(max(1, active)), meetings, people)
}
