package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func kinds() []fleet.Kind { return fleet.Kinds() }

// introduce says where everything listens, with credentials that end with the
// run.
func (p *place) introduce(out io.Writer) {
	fmt.Fprintf(out, "A school cloud of %d BigBlueButton servers, a minute a second at %gx. Everything listens on loopback:\n\n", len(p.bbb), p.speed)
	rows := [][3]string{
		{"bbb-scaler", "http://" + p.daemonAt + "/", "the daemon: page, /metrics, /api/v1/fleet"},
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

// tellEvery is how often the daemon is asked for what it did.
const tellEvery = 250 * time.Millisecond

// tell writes a line for every step that came true or failed, and one for the
// fleet every ten minutes of the world.
func (p *place) tell(ctx context.Context, c *clock, out io.Writer) error {
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
		for _, e := range p.journal(ctx, seen) {
			seen = max(seen, e.Seq)
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

// journal asks the daemon for entries after seq, oldest first. While the
// daemon does not answer, there are none.
func (p *place) journal(ctx context.Context, seq uint64) []fleet.Entry {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.daemonAt+"/api/v1/journal?limit=500", nil)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var entries []fleet.Entry
	if json.NewDecoder(resp.Body).Decode(&entries) != nil {
		return nil
	}
	entries = slices.DeleteFunc(entries, func(e fleet.Entry) bool { return e.Seq <= seq })
	slices.SortFunc(entries, func(a, b fleet.Entry) int { return int(a.Seq) - int(b.Seq) })
	return entries
}

// describe is an entry for people: "" for the mere beginning of a step.
func describe(e fleet.Entry) string {
	why := e.Step.Reason
	if len(e.Step.Alerts) > 0 && !strings.Contains(why, e.Step.Alerts[0]) {
		why += " (" + strings.Join(e.Step.Alerts, ", ") + ")"
	}
	switch e.Outcome {
	case fleet.Begun:
		return ""
	case fleet.Done:
		return fmt.Sprintf("%-8s %-14s %s", e.Step.Kind, e.Step.Server, why)
	}
	return fmt.Sprintf("%-8s %-14s %s: %s", e.Step.Kind, e.Step.Server, e.Outcome, e.Detail)
}

// fleetLine is the fleet in one line.
func (p *place) fleetLine(ctx context.Context) string {
	takes := func(r sim.Reading) bool { return r.Takes }
	if p.balancer != nil {
		listed, err := p.balancer.takes(ctx)
		if err != nil {
			return "-------- Scalelite does not answer: " + err.Error()
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
