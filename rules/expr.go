package rules

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
)

// Names of the recorded series: level, what it is, how it was aggregated.
const (
	instanceCPUNow  = "instance:bbb_cpu_workload:irate"
	instanceCPU     = "instance:bbb_cpu_workload:ratio"
	instanceCores   = "instance:bbb_cores:count"
	instanceMemory  = "instance:bbb_memory_workload:ratio"
	instanceBytes   = "instance:bbb_memory_bytes:max"
	instanceUp      = "instance:bbb_node_up:max"
	hostPeople      = "host:bbb_meetings_participants:max"
	hostRecordings  = "host:bbb_recordings_pending:max"
	hostAPIUp       = "host:bbb_api_up:max"
	hostState       = "host:bbb_scaler_server_state:last"
	hostActive      = "host:bbb_server_active:last"
	fleetReadAge    = "fleet:bbb_scaler_fleet_read_age_seconds:min"
	fleetKnown      = "fleet:bbb_scaler_known:age_seconds"
	fleetActive     = "fleet:bbb_servers_active:count"
	fleetFloor      = "fleet:bbb_servers_floor:max"
	fleetCores      = "fleet:bbb_cores:sum"
	fleetBytes      = "fleet:bbb_memory_bytes:sum"
	cpuLoadNow      = "fleet:bbb_cpu_busy_cores:sum"
	cpuLoad         = "fleet:bbb_cpu_busy_cores:avg"
	memoryLoad      = "fleet:bbb_memory_used_bytes:sum"
	fleetCPU        = "fleet:bbb_cpu_workload:avg"
	fleetMemory     = "fleet:bbb_memory_workload:avg"
	cpuForecast     = "fleet:bbb_cpu_workload:forecast"
	memoryForecast  = "fleet:bbb_memory_workload:forecast"
	cpuExpected     = "fleet:bbb_cpu_workload:expected"
	memoryExpected  = "fleet:bbb_memory_workload:expected"
	hostOfInstance  = `(.*?)(:[0-9]+)?`
	labelHost       = "host"
	labelState      = "state"
	alertsSeries    = "ALERTS"
	labelAlertState = "alertstate"
)

// matcher is one label matcher of a selector, such as {"mode", "=", "idle"}.
type matcher struct{ label, op, value string }

// selector writes a series selector.
func selector(metric string, ms ...matcher) string {
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.label + m.op + strconv.Quote(m.value)
	}
	return metric + "{" + strings.Join(parts, ",") + "}"
}

// scraped selects a scraped series by the operator's labels.
func (g generator) scraped(metric string, by Matchers, more ...matcher) string {
	var ms []matcher
	if g.Labels.Fleet != "" {
		ms = append(ms, matcher{g.Labels.Fleet, "=", g.in.Fleet})
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		ms = append(ms, matcher{name, "=", by[name]})
	}
	return selector(metric, append(ms, more...)...)
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
	return selector(record, append([]matcher{{LabelFleet, "=", g.in.Fleet}}, more...)...)
}

// firing selects an alert of this fleet while it fires, for hysteresis:
// Prometheus 2.22 has nothing else that remembers.
func (g generator) firing(alert string) string {
	return selector(alertsSeries, matcher{LabelAlert, "=", alert}, matcher{labelAlertState, "=", "firing"},
		matcher{LabelFleet, "=", g.in.Fleet})
}

// byInstance names the labels of the scraped series that tell servers apart,
// and more.
func (g generator) byInstance(more ...string) string {
	return "by (" + strings.Join(append([]string{g.Labels.Instance, g.Labels.ServerID}, more...), ", ") + ")"
}

// identified gives expr, which has the scraped series' labels, the labels that
// the scaler reads, and the host that joins the exporters of one server.
func (g generator) identified(expr string) string {
	expr = renamed(expr, g.Labels.Instance, LabelInstance)
	expr = renamed(expr, g.Labels.ServerID, LabelServerID)
	return "label_replace(\n" + indent(expr) + ",\n  \"host\", \"$1\", \"instance\", " + strconv.Quote(hostOfInstance) + "\n)"
}

// perHost aggregates a scraped series to one sample a host, whatever port and
// however many jobs it was scraped under.
func (g generator) perHost(expr string) string {
	return "max by (host) (\n" + indent(g.identified("max by ("+g.Labels.Instance+") ("+expr+")")) + "\n)"
}

func renamed(expr, from, to string) string {
	if from == to {
		return expr
	}
	moved := "label_replace(\n" + indent(expr) + ",\n  " + strconv.Quote(to) + ", \"$1\", " + strconv.Quote(from) + ", \"(.*)\"\n)"
	return "label_replace(\n" + indent(moved) + ",\n  " + strconv.Quote(from) + ", \"\", \"\", \"\"\n)"
}

// number writes a ratio without the noise of binary fractions.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func secondsOf(d model.Duration) string {
	return strconv.FormatFloat(float64(d)/1e9, 'f', -1, 64)
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
