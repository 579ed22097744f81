package generate

import (
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// joinRecords map the hosts of scrape targets to servers by the aliases that the
// scaler exports, so that the rules match servers as the scaler does. A server has
// several aliases, of which its targets have one or two. The others are left out
// first, because each series that a rule reads costs time.
func (g generator) joinRecords() []Rule {
	records := []Rule{{Record: nodeTarget, Expr: g.targets(g.node("up"), g.node(g.Metrics.MemoryTotal), g.node(g.Metrics.CPUSeconds, matcher{"cpu", "=", "0"}, matcher{"mode", "=", "idle"})),
		Why: "The targets of node exporter, by the labels that identify them; also those whose series come without up, from another Prometheus.\n" +
			"The label alias is the host part of instance."}}
	used := g.targetAliases(nodeTarget, "")
	if g.Exporters.WithBBB {
		used += "\n    or " + g.targetAliases(bbbTarget, "")
		records = append(records, Rule{Record: bbbTarget, Expr: g.targets(g.bbb("up"), g.bbb(g.Metrics.APIUp), g.bbb(g.Metrics.Participants)), Why: "The same for bbb-exporter."})
	}
	records = append(records,
		Rule{Record: aliasHost, Expr: "max by (alias, host) (" + g.scaler(rules.MetricServerAlias) + "\n  and on (alias) (" + used + "))\n  and on () " + g.rec(fleetKnown) + "\nor\n" + g.lastOf(aliasHost),
			Why: "The aliases of servers that targets have, and the host that identifies the server, from the scaler's metrics; while they are\nmissing, the last known ones, for " +
				g.ScalerHold.String() + "."},
		Rule{Record: nodeHost, Expr: g.targetHosts(nodeTarget),
			Why: "The server of each target: by the label server_id, else by the host part of instance. Without a match, host is that host part.\n" +
				"An alias that two scalers give to different servers matches neither."})
	if g.Exporters.WithBBB {
		records = append(records, Rule{Record: bbbHost, Expr: g.targetHosts(bbbTarget), Why: "The same for bbb-exporter."})
	}
	return records
}

// targets returns the targets of an exporter, found by some of its series.
func (g generator) targets(series ...string) string {
	for i, s := range series {
		series[i] = "group " + g.byInstance() + " (" + s + ")"
	}
	return relabelled("\n"+indent(g.renamedBoth(strings.Join(series, "\nor\n")))+",\n  ", labelAlias, rules.LabelInstance, hostOfInstance, hostGroups)
}

// targetAliases returns the targets of an exporter, once with each of their aliases:
// the host part of instance, and the label server_id. The samples of the latter are
// multiplied by a factor.
func (g generator) targetAliases(target, factor string) string {
	return g.rec(target) + "\n    or " + factor + relabelled(g.rec(target, matcher{rules.LabelServerID, "!=", ""})+", ", labelAlias, rules.LabelServerID, "(.+)", "$1")
}

// targetHosts returns the targets of an exporter with the label host. Where both
// aliases of a target match, topk takes that of server_id.
func (g generator) targetHosts(target string) string {
	unique := "(" + g.rec(aliasHost) + " unless on (alias) count by (alias) (" + g.rec(aliasHost) + ") > 1)"
	best := "topk by (instance, server_id) (1,\n  (" + g.targetAliases(target, "2 * ") + ")\n  * on (alias) group_left (host) " + unique + "\n)"
	return "group by (instance, server_id, host) (\n" +
		indent(best+"\nor on (instance, server_id)\n"+relabelled(g.rec(target)+", ", labelHost, labelAlias, "(.+)", "$1")) + "\n)"
}

// relabelled returns a label_replace of an expression, which ends with a comma.
func relabelled(expr, label, from, regex, groups string) string {
	return "label_replace(" + expr + strconv.Quote(label) + ", " + strconv.Quote(groups) + ", " + strconv.Quote(from) + ", " + strconv.Quote(regex) + ")"
}
