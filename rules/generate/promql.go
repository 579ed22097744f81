package generate

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// Names in expressions that are neither records nor configured.
const (
	// The host is in group 1, 3 or 5: in brackets, before a port, or alone.
	hostOfInstance  = `\[(.+)\](:[0-9]+)?|([^:]*)(:[0-9]+)?|(.+)`
	hostGroups      = "$1$3$5"
	labelHost       = "host"
	labelAlias      = "alias"
	labelState      = "state"
	alertsSeries    = "ALERTS"
	labelAlertState = "alertstate"
)

// matcher is one label matcher of a selector, such as {"mode", "=", "idle"}.
type matcher struct{ label, op, value string }

// selector returns a series selector.
func selector(metric string, ms ...matcher) string {
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.label + m.op + strconv.Quote(m.value)
	}
	return metric + "{" + strings.Join(parts, ",") + "}"
}

// Selector returns the selector of the series of a metric that belong to a fleet, as
// the rules select them: by the labels of an exporter, and by the fleet's name. For ""
// as the name it selects the series of every fleet.
func (c Config) Selector(metric string, by Matchers, fleet string) string {
	var ms []matcher
	if fleet != "" {
		ms = append(ms, c.ofFleet(fleet))
	}
	return selector(metric, append(ms, by.exactly()...)...)
}

// ofFleet matches the series of a fleet. Series without the label belong to every
// fleet, unless the configuration says that all series have one: those of exporters
// that are found without the daemon, and of a daemon that does not export the label.
func (c Config) ofFleet(fleet string) matcher {
	if c.Labels.Fleet != "" {
		return matcher{c.Labels.Fleet, "=", fleet}
	}
	return matcher{rules.LabelFleet, "=~", regexp.QuoteMeta(fleet) + "|"}
}

// exactly returns one matcher for each label, sorted by its name.
func (m Matchers) exactly() []matcher {
	var ms []matcher
	for _, name := range slices.Sorted(maps.Keys(m)) {
		ms = append(ms, matcher{name, "=", m[name]})
	}
	return ms
}

// scraped selects a scraped series of this fleet by the configured labels.
func (g generator) scraped(metric string, by Matchers, more ...matcher) string {
	return selector(metric, slices.Concat([]matcher{g.ofFleet(g.in.Fleet)}, by.exactly(), more)...)
}

func (g generator) node(metric string, more ...matcher) string {
	return g.scraped(metric, g.Exporters.Node, more...)
}

func (g generator) bbb(metric string) string { return g.scraped(metric, g.Exporters.BBB) }

func (g generator) scaler(metric string, more ...matcher) string {
	return g.scraped(metric, g.Exporters.Scaler, more...)
}

// rec selects a recorded series of this fleet.
func (g generator) rec(record string, more ...matcher) string {
	return selector(record, append([]matcher{{rules.LabelFleet, "=", g.in.Fleet}}, more...)...)
}

// firing selects an alert of this fleet while it fires. Hysteresis needs it:
// Prometheus 2.22 has no other memory of an alert's state.
func (g generator) firing(alert string) string {
	return selector(alertsSeries, matcher{rules.LabelAlert, "=", alert}, matcher{labelAlertState, "=", "firing"},
		matcher{rules.LabelFleet, "=", g.in.Fleet})
}

// byInstance returns a by clause with the labels that distinguish servers in
// scraped series, and with more labels.
func (g generator) byInstance(more ...string) string {
	return "by (" + strings.Join(append([]string{g.Labels.Instance, g.Labels.ServerID}, more...), ", ") + ")"
}

// identified renames the labels of node exporter's series, which must be
// aggregated by instance, to those that the scaler reads, and adds the label host,
// which is the same for all exporters of one server.
func (g generator) identified(expr string) string { return g.joined(expr, nodeHost) }

// joined does the same by a record of the hosts of an exporter's targets.
func (g generator) joined(expr, hosts string) string {
	return "(\n" + indent(g.renamedBoth(expr)) + "\n) * on (instance, server_id) group_left (host) " + g.rec(hosts)
}

func (g generator) renamedBoth(expr string) string {
	expr = renamed(expr, g.Labels.Instance, rules.LabelInstance)
	return renamed(expr, g.Labels.ServerID, rules.LabelServerID)
}

// perTarget aggregates a scraped series to one sample per target, also where
// several jobs scrape it.
func (g generator) perTarget(expr string) string { return "max " + g.byInstance() + " (" + expr + ")" }

// perHost aggregates what bbb-exporter's targets tell to one sample per host, also
// where a server has several of them.
func (g generator) perHost(expr string) string {
	return "max by (host) (\n" + indent(g.joined(expr, bbbHost)) + "\n)"
}

func renamed(expr, from, to string) string {
	if from == to {
		return expr
	}
	moved := "label_replace(\n" + indent(expr) + ",\n  " + strconv.Quote(to) + ", \"$1\", " + strconv.Quote(from) + ", \"(.*)\"\n)"
	return "label_replace(\n" + indent(moved) + ",\n  " + strconv.Quote(from) + ", \"\", \"\", \"\"\n)"
}

// number formats a ratio with six significant digits, which hides the rounding
// of binary fractions.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func secondsOf(d model.Duration) string {
	return strconv.FormatFloat(float64(d)/1e9, 'f', -1, 64)
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
