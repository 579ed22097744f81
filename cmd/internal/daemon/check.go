package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// ErrFound is returned by Run when check found and printed problems, or when status
// shows that the fleet cannot be read.
var ErrFound = errors.New("problems were found and printed")

// check reads everything that the daemon reads, changes nothing, and prints the
// fleet and the problems.
func (o *options) check(ctx context.Context, stdout io.Writer) error {
	c := &preflight{printer: printer{out: stdout}}
	file, err := config.Load(o.configFile, o.environ)
	if err != nil {
		c.wrong("configuration", err, "")
		return c.end()
	}
	c.ok("configuration", "valid")
	for _, w := range file.Warnings() {
		c.note("configuration", "%s", w)
	}
	links, err := connect(file, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		c.wrong("connections", err, "")
		return c.end()
	}
	c.file, c.clients = file, *links.now.Load()
	c.cloud(ctx)
	c.balancer(ctx)
	c.alertmanager(ctx)
	c.fleet(ctx, links)
	c.prometheus(ctx)
	return c.end()
}

// preflight is a check in progress.
type preflight struct {
	printer
	file    config.File
	clients clients
	status  fleet.Status
	found   int
}

func (c *preflight) ok(what, format string, args ...any) {
	c.finding("ok", what, format, args...)
}

func (c *preflight) note(what, format string, args ...any) {
	c.finding("note", what, format, args...)
}

func (c *preflight) finding(verdict, what, format string, args ...any) {
	c.line("%-6s %-14s "+format, append([]any{verdict, what}, args...)...)
}

// wrong prints a problem and how to fix it; fix is "" if the error contains that.
// An error of several lines, such as one of a configuration, is printed in full.
func (c *preflight) wrong(what string, err error, fix string) {
	c.found++
	first, more, _ := strings.Cut(err.Error(), "\n")
	c.finding("WRONG", what, "%s", first)
	if more != "" {
		for line := range strings.SplitSeq(more, "\n") {
			c.line("         %s", line)
		}
	}
	if fix != "" {
		c.line("         to fix it: %s", fix)
	}
}

func (c *preflight) end() error {
	switch {
	case c.found == 1:
		c.line("\n1 problem")
	case c.found > 1:
		c.line("\n%d problems", c.found)
	default:
		c.line("\nno problems")
	}
	if c.err == nil && c.found > 0 {
		return ErrFound
	}
	return c.err
}

// cloud lists all datacenters concurrently, so that several datacenters that do not
// answer take only one deadline.
func (c *preflight) cloud(ctx context.Context) {
	lists := make([][]fleet.CloudServer, len(c.file.Actions.Fleet.Datacenters))
	errs := make([]error, len(lists))
	var g errgroup.Group
	for i, dc := range c.file.Actions.Fleet.Datacenters {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
			defer cancel()
			lists[i], errs[i] = c.clients.cloud.Servers(ctx, dc)
			return nil
		})
	}
	_ = g.Wait()
	var failed causes
	for i, dc := range c.file.Actions.Fleet.Datacenters {
		if errs[i] != nil {
			failed.add(errs[i], "")
			continue
		}
		c.datacenter(dc, lists[i])
	}
	c.oversized(slices.Concat(lists...))
	if err := c.contract(ctx); err != nil {
		failed.add(err, "")
	}
	failed.print(c, "ionos", "calls", c.fixCloud)
}

func (c *preflight) contract(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
	defer cancel()
	contract, err := c.clients.cloud.Contract(ctx)
	if err != nil {
		return err
	}
	c.ok("ionos", "the contract has %s left; one server may have %s", contract.Free, contract.PerServer)
	if most := c.file.Actions.Sizes.Max; !most.Fits(contract.PerServer) {
		c.wrong("ionos", fmt.Errorf("sizes.max: %s is more than the contract allows for one server, %s", most, contract.PerServer),
			"lower sizes.max, or ask IONOS for a higher limit")
	}
	return nil
}

func (c *preflight) datacenter(dc string, list []fleet.CloudServer) {
	ours := slices.DeleteFunc(slices.Clone(list), func(s fleet.CloudServer) bool { return !c.file.Actions.Fleet.NamePattern.Match(s.Name) })
	if len(ours) == 0 {
		c.wrong("ionos", fmt.Errorf("none of the %d servers of datacenter %s has a name that fleet.name_pattern matches", len(list), dc),
			"change fleet.name_pattern, or remove the datacenter from fleet.datacenters")
		return
	}
	c.ok("ionos", "datacenter %s: %d servers, %d of them in the fleet", dc, len(list), len(ours))
	cold := slices.DeleteFunc(ours, func(s fleet.CloudServer) bool { return s.Template != "" || s.HotPlug.CPU && s.HotPlug.RAM })
	if len(cold) > 0 {
		c.note("ionos", "%d of them cannot grow while they run, because their boot volumes lack the hot-plug flags: %s", len(cold), someNames(cold))
	}
}

// oversized tells of a fleet whose servers, most of them, are larger than
// sizes.default. In some fleets that only means that it is a busy hour.
func (c *preflight) oversized(list []fleet.CloudServer) {
	size := c.file.Actions.Sizes.Default
	ours := slices.DeleteFunc(list, func(s fleet.CloudServer) bool {
		return s.Template != "" || !c.file.Actions.Fleet.NamePattern.Match(s.Name)
	})
	larger := slices.DeleteFunc(slices.Clone(ours), func(s fleet.CloudServer) bool { return s.Size.Fits(size) })
	if 2*len(larger) <= len(ours) {
		return
	}
	c.note("ionos", "%d of %d servers are larger than sizes.default: when they are off, they are shrunk to %s; set sizes.default to the size that they are to have (%s has %s)",
		len(larger), len(ours), size, larger[0].Name, larger[0].Size)
}

func someNames(servers []fleet.CloudServer) string {
	const most = 5
	var names []string
	for _, s := range servers[:min(most, len(servers))] {
		names = append(names, s.Name)
	}
	if len(servers) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

func (c *preflight) fixCloud(err error) string {
	switch {
	case errors.Is(err, fleet.ErrAuth):
		return "check ionos.token, or ionos.username and ionos.password, and that the login may read the datacenter"
	case errors.Is(err, fleet.ErrGone):
		return fmt.Sprintf("check fleet.datacenters: is %s the id of a datacenter of this contract?", strings.Join(c.file.Actions.Fleet.Datacenters, ", "))
	}
	return "check ionos.url and the network between this host and it"
}

// balancer lists Scalelite's servers and calls those that are enabled and online.
func (c *preflight) balancer(ctx context.Context) {
	if c.file.Actions.NoBalancer {
		return // the warnings of the configuration name it
	}
	ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
	defer cancel()
	list, err := c.clients.balancer.Servers(ctx)
	if err != nil {
		fix := "check scalelite.url, and that Scalelite is 1.5.1 or later"
		switch {
		case errors.Is(err, scalelite.ErrHost):
			fix = "set scalelite.host_header to Scalelite's URL_HOST"
		case errors.Is(err, fleet.ErrAuth):
			fix = "check scalelite.secret: it is Scalelite's LOADBALANCER_SECRET"
		}
		c.wrong("scalelite", err, fix)
		return
	}
	states := map[fleet.BalancerState]int{}
	for _, s := range list {
		states[s.State]++
	}
	c.ok("scalelite", "%d servers: %d enabled, %d cordoned, %d disabled", len(list), states[fleet.Enabled], states[fleet.Cordoned], states[fleet.Disabled])
	c.servers(ctx, list)
}

// servers calls the BigBlueButton API of every server that is enabled and online.
func (c *preflight) servers(ctx context.Context, list []fleet.BalancerServer) {
	list = slices.DeleteFunc(slices.Clone(list), func(s fleet.BalancerServer) bool { return s.State != fleet.Enabled || !s.Online })
	counts, errs := make([]fleet.MeetingCount, len(list)), make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(max(1, c.file.Actions.Fleet.Concurrency))
	for i, s := range list {
		g.Go(func() error {
			counts[i], errs[i] = c.clients.meetings.Meetings(ctx, s)
			return nil
		})
	}
	_ = g.Wait()
	var failed causes
	answer, meetings, people := 0, 0, 0
	for i := range list {
		if errs[i] != nil {
			failed.add(errs[i], "")
			continue
		}
		answer, meetings, people = answer+1, meetings+counts[i].Meetings, people+counts[i].Participants
	}
	failed.print(c, "bbb", "servers", always("check that this host reaches the server, and the server's certificate (bbb.ca_file)"))
	switch {
	case len(list) == 0:
		c.note("bbb", "no server was called, because none is enabled and online")
	case answer > 0:
		c.ok("bbb", "%d of %d servers that are enabled and online answer: %d meetings, %d participants", answer, len(list), meetings, people)
	}
}

func (c *preflight) alertmanager(ctx context.Context) {
	if len(c.file.Alertmanager.URLs) == 0 {
		return // the warnings of the configuration name it
	}
	ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
	defer cancel()
	alerts, err := c.clients.alerts.Alerts(ctx)
	if err != nil {
		c.wrong("alertmanager", err, "check alertmanager.urls and the login")
		return
	}
	ours, silenced := 0, 0
	for _, a := range alerts {
		if _, known := c.file.Actions.Asks[a.Name]; known {
			ours++
			if a.Suppressed {
				silenced++
			}
		}
	}
	c.ok("alertmanager", "%d alerts, %d of them for the scaler, %d of these suppressed by a silence, an inhibition or a time interval", len(alerts), ours, silenced)
	if source, is := c.clients.alerts.(*alertmanager.Source); is && len(source.Blind()) > 0 {
		c.note("alertmanager", "%s: older than Alertmanager 0.28, so that the daemon cannot see which alerts a mute or active time interval suppresses, and acts on them; use silences or bbb-scaler pause, or update Alertmanager",
			strings.Join(source.Blind(), ", "))
	}
	c.routes(ctx, alerts)
}

// fleet runs cycles of the scaler as a dry run with an empty store, and prints the
// fleet.
func (c *preflight) fleet(ctx context.Context, l *links) {
	cfg := c.file.Actions
	cfg.DryRun = true
	scaler, err := actions.New(cfg, l.deps(store.NewMemory(), slog.New(slog.DiscardHandler), nil))
	if err != nil {
		c.wrong("fleet", err, "")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*cfg.Deadlines.Read)
	defer cancel()
	for cycle := 0; cycle < 2 || pending(scaler.Status()); cycle++ { // the servers' own answers arrive after the first
		if err := scaler.Cycle(ctx, time.Now()); err != nil {
			c.wrong("fleet", err, "")
			return
		}
		if !outbound.Sleep(ctx, time.Second) {
			break
		}
	}
	c.status = scaler.Status()
	c.joined()
}

// pending reports whether a source has neither been read nor failed yet.
func pending(st fleet.Status) bool {
	return slices.ContainsFunc(st.Sources, func(s fleet.SourceStatus) bool { return s.ReadAt.IsZero() && s.Error == "" })
}

// joined prints the servers that could not be matched, and the fleet. If a list
// could not be read, no server can be matched; that problem is printed already.
func (c *preflight) joined() {
	unread := func(s fleet.SourceStatus) bool { return s.Error != "" && s.Name != "alertmanager" }
	if slices.ContainsFunc(c.status.Sources, unread) {
		c.note("fleet", "the servers were not matched, because a list could not be read")
	} else {
		c.unjoined()
	}
	c.ok("fleet", "%d servers: %s; floor %d, ceiling %s", len(c.status.Servers), counts(c.status.Counts), c.status.Floor, ceiling(c.status.Ceiling))
	c.pools()
	c.line("")
	c.table("", serverRows(c.status.Servers))
	c.line("")
}

// pools prints the pools of a fleet whose servers have tags. What nobody can use is
// told, and is no fault.
func (c *preflight) pools() {
	for _, p := range c.status.Pools {
		c.ok("pool", "%s: %s; floor %d", fleet.PoolName(p.Pool), counts(p.Counts), p.Floor)
	}
	if len(c.status.Pools) > 0 && c.status.Pools[0].Pool != "" {
		c.note("pool", "every server has a tag in Scalelite: meetings that ask for none are refused")
	}
	for _, tag := range c.status.UnknownPools {
		c.note("pool", "capacity names the pool %s, and no server has that tag in Scalelite", tag)
	}
}

func (c *preflight) unjoined() {
	var servers, others causes
	for _, s := range c.status.Servers {
		if s.State == fleet.StateUnjoined || s.State == fleet.StateUncertain {
			servers.add(errors.New(s.Reason), s.Name)
		}
	}
	for _, u := range c.status.Unjoined {
		others.add(errors.New(u.Text), "")
	}
	servers.print(c, "fleet", "servers", always(""))
	others.print(c, "fleet", "problems",
		always("register the server in Scalelite, or correct its DNS name, scalelite.host_names or fleet.name_pattern"))
}
