package generate

import (
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// joinRecords map the hosts of scrape targets to servers by the aliases that the
// scaler exports, so that the rules match servers as the scaler does.
func (g generator) joinRecords() []Rule {
	hosts := "max by (alias, host) (" + g.scaler(rules.MetricServerAlias) + ")"
	records := []Rule{{Record: aliasHost,
		Expr: hosts + "\n  unless on (alias) count by (alias) (" + hosts + ") > 1\n  and on () " + g.rec(fleetKnown) + "\nor\n" + g.lastOf(aliasHost),
		Why: "Every alias of a server, and the host that identifies the server, from the scaler's metrics; while they are missing, the\nlast known ones, for " +
			g.ScalerHold.String() + ". An alias that two scalers give to different servers is left out."}}
	records = append(records, g.targetRecords(nodeTarget, nodeHost, g.node("up"), g.node(g.Metrics.MemoryTotal),
		g.node(g.Metrics.CPUSeconds, matcher{"cpu", "=", "0"}, matcher{"mode", "=", "idle"}))...)
	if !g.Exporters.WithBBB {
		return records
	}
	bbb := g.targetRecords(bbbTarget, bbbHost, g.bbb("up"), g.bbb(g.Metrics.APIUp), g.bbb(g.Metrics.Participants))
	bbb[0].Why, bbb[1].Why = "The same for bbb-exporter.", ""
	return append(records, bbb...)
}

// targetRecords record the targets of an exporter, found by some of its series,
// and the host that identifies the server of each target.
func (g generator) targetRecords(target, host string, series ...string) []Rule {
	for i, s := range series {
		series[i] = "group " + g.byInstance() + " (" + s + ")"
	}
	labelled := func(label, from, regex, groups string, of ...matcher) string {
		return "label_replace(" + g.rec(target, of...) + ", " + strconv.Quote(label) + ", " + strconv.Quote(groups) + ", " +
			strconv.Quote(from) + ", " + strconv.Quote(regex) + ")"
	}
	by := func(from, regex, groups string, of ...matcher) string {
		return "max by (instance, server_id, host) (" + labelled(labelAlias, from, regex, groups, of...) +
			"\n  * on (alias) group_left (host) " + g.rec(aliasHost) + ")"
	}
	const or = "\nor on (instance, server_id)\n"
	return []Rule{
		{Record: target, Expr: g.renamedBoth(strings.Join(series, "\nor\n")), Why: "The targets of node exporter, by the labels that identify them; also those whose series come without up, from another Prometheus."},
		{Record: host, Expr: by(rules.LabelServerID, "(.+)", "$1", matcher{rules.LabelServerID, "!=", ""}) + or + by(rules.LabelInstance, hostOfInstance, hostGroups) + or +
			labelled(labelHost, rules.LabelInstance, hostOfInstance, hostGroups),
			Why: "The server of each target: by the label server_id, else by the host part of instance. Without a match, host is that host part."},
	}
}
