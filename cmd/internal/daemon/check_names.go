package daemon

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// table finds servers by their aliases, in the same way as the daemon and the
// rules.
type table map[string]int // fleet.HostKey of an alias → index of the server

func newTable(servers []fleet.ServerStatus) table {
	t := table{}
	for i, s := range servers {
		for _, alias := range s.Aliases {
			t[fleet.HostKey(alias)] = i
		}
	}
	return t
}

// find returns the server of a target: by its label server_id, else by instance.
func (t table) find(instance, id string) (server int, ok bool) {
	if server, ok = t[fleet.HostKey(id)]; ok && id != "" {
		return server, true
	}
	server, ok = t[fleet.HostKey(fleet.InstanceHost(instance))]
	return server, ok
}

// exporterTargets are the targets of one kind of exporter.
type exporterTargets struct {
	exporter string
	of       [][]string // server → instances
	strange  []string   // instances that match no server
}

// names prints the names of the servers in each source, and the targets and servers
// that do not match.
func (c *preflight) names(ctx context.Context, prom promv1.API) {
	if len(c.status.Shared) > 0 {
		c.note("fleet", "host names that several servers share, so that they match none of them (%d): %s", len(c.status.Shared), some(c.status.Shared))
	}
	all := []exporterTargets{c.targets(ctx, prom, "node exporter", c.file.Rules.Exporters.Node)}
	if c.file.Rules.Exporters.WithBBB {
		all = append(all, c.targets(ctx, prom, "bbb-exporter", c.file.Rules.Exporters.BBB))
	}
	c.line("")
	c.table("", c.nameRows(all))
	c.line("")
	for _, t := range all {
		c.joinedTargets(t)
	}
}

// targets asks Prometheus for the targets of an exporter.
func (c *preflight) targets(ctx context.Context, prom promv1.API, exporter string, by generate.Matchers) exporterTargets {
	t := exporterTargets{exporter: exporter, of: make([][]string, len(c.status.Servers))}
	query := c.series("up", by)
	value, _, err := prom.Query(ctx, query, time.Now())
	if err != nil {
		c.wrong("prometheus", fmt.Errorf("query %s: %w", query, err), fixPrometheus)
		return t
	}
	samples, _ := value.(model.Vector)
	table := newTable(c.status.Servers)
	for _, s := range samples {
		instance := string(s.Metric[model.LabelName(c.file.Rules.Labels.Instance)])
		id := string(s.Metric[model.LabelName(c.file.Rules.Labels.ServerID)])
		if i, ok := table.find(instance, id); ok {
			t.of[i] = append(t.of[i], instance)
			continue
		}
		t.strange = append(t.strange, instance)
	}
	slices.Sort(t.strange)
	return t
}

// nameRows is a table of the servers' names in each source.
func (c *preflight) nameRows(all []exporterTargets) []cells {
	head := cells{"IONOS", "SCALELITE"}
	for _, t := range all {
		head = append(head, strings.ToUpper(t.exporter))
	}
	rows := []cells{head}
	for i, s := range c.status.Servers {
		row := cells{s.Name, hostOr(s.BalancerURL, "-")}
		for _, t := range all {
			slices.Sort(t.of[i])
			row = append(row, orDash(strings.Join(t.of[i], ", ")))
		}
		rows = append(rows, row)
	}
	return rows
}

// joinedTargets prints the targets that match no server. They are a problem only
// while a server in service has no target.
func (c *preflight) joinedTargets(t exporterTargets) {
	var without []string
	for i, s := range c.status.Servers {
		if s.State == fleet.StateActive && len(t.of[i]) == 0 {
			without = append(without, s.Name)
		}
	}
	switch {
	case len(t.strange) > 0 && len(without) > 0:
		c.wrong("prometheus", fmt.Errorf("targets of %s match no server of the fleet (%d: %s), while servers in service have no target (%d: %s)",
			t.exporter, len(t.strange), some(t.strange), len(without), some(without)),
			"scrape by a name in the table above or in bbb_scaler_server_alias_info, in the same case, or add the label server_id to the targets")
	case len(t.strange) > 0:
		c.note("prometheus", "targets of %s that match no server of the fleet (%d): %s", t.exporter, len(t.strange), some(t.strange))
	case len(without) > 0:
		c.note("prometheus", "servers in service without a target of %s (%d): %s", t.exporter, len(without), some(without))
	}
}

// some lists the first five of all.
func some(all []string) string {
	const most = 5
	if len(all) > most {
		return strings.Join(all[:most], ", ") + ", …"
	}
	return strings.Join(all, ", ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func hostOr(rawURL, other string) string {
	if u, err := url.Parse(rawURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return other
}
