package generate

import (
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// Recorded series of the fleet's load, which the forecast reads an earlier day
// from: busy cores, and the memory that people use in bytes, without the idle memory
// of the servers, of the servers that take meetings. Their labels are
// rules.LabelFleet, and rules.LabelPool for servers with a tag.
const (
	RecordCPULoad    = "fleet:bbb_cpu_busy_cores:avg"
	RecordMemoryLoad = "fleet:bbb_memory_load_bytes:sum"
)

// Names of the recorded series, as Prometheus recommends: level, metric,
// operation.
const (
	coreCPUNow     = "instance_cpu:bbb_cpu_workload:idelta"
	instanceCPUNow = "instance:bbb_cpu_workload:idelta"
	instanceCPU    = "instance:bbb_cpu_workload:ratio"
	instanceCores  = "instance:bbb_cores:count"
	instanceBytes  = "instance:bbb_memory_bytes:max"
	instanceUsed   = "instance:bbb_memory_used_bytes:max"
	instanceMemory = "instance:bbb_memory_workload:ratio"
	instanceIdle   = "instance:bbb_memory_idle_bytes:last"
	instanceRoom   = "instance:bbb_memory_room_bytes:max"
	instanceLoad   = "instance:bbb_memory_load_bytes:max"
	instancePeople = "instance:bbb_memory_load:ratio"
	hostEmpty      = "host:bbb_server_empty:max"
	instanceUp     = "instance:bbb_node_up:max"
	hostPeople     = "host:bbb_meetings_participants:max"
	hostRecordings = "host:bbb_recordings_pending:max"
	hostAPIUp      = "host:bbb_api_up:max"
	hostState      = "host:bbb_scaler_server_state:last"
	hostActive     = "host:bbb_server_active:last"
	aliasHost      = "alias:bbb_server_host:last"
	nodeTarget     = "instance:bbb_node_target:group"
	nodeHost       = "instance:bbb_node_host:max"
	bbbTarget      = "instance:bbb_exporter_target:group"
	bbbHost        = "instance:bbb_exporter_host:max"
	fleetReadAge   = "fleet:bbb_scaler_fleet_read_age_seconds:min"
	fleetKnown     = "fleet:bbb_scaler_known:age_seconds"
	fleetActive    = "fleet:bbb_servers_active:count"
	fleetFloor     = "fleet:bbb_servers_floor:max"
	fleetCores     = "fleet:bbb_cores:sum"
	fleetRoom      = "fleet:bbb_memory_room_bytes:sum"
	fleetIdle      = "fleet:bbb_memory_idle_bytes:avg"
	fleetMedian    = "fleet:bbb_memory_idle_bytes:median"
	cpuLoadNow     = "fleet:bbb_cpu_busy_cores:sum"
	cpuLoad        = RecordCPULoad
	memoryLoad     = RecordMemoryLoad
	fleetCPU       = "fleet:bbb_cpu_workload:avg"
	fleetMemory    = "fleet:bbb_memory_workload:avg"
	cpuForecast    = "fleet:bbb_cpu_workload:forecast"
	memoryForecast = "fleet:bbb_memory_workload:forecast"
	cpuExpected    = "fleet:bbb_cpu_workload:expected"
	memoryExpected = "fleet:bbb_memory_workload:expected"
)

// inServiceStates matches the states of the servers that the rules are about:
// those that take meetings, those that drain, and those that were taken out of
// the balancer because they do not answer.
const inServiceStates = "active|draining|down"

// records returns the recording rules in the order of their evaluation.
func (g generator) records() []Rule {
	records := append(g.knownRecords(), g.joinRecords()...)
	records = append(records, g.serverRecords()...)
	records = append(records, g.stateRecords()...)
	records = append(records, g.fleetRecords()...)
	if g.Forecast.Enabled {
		records = append(records, g.forecastRecords()...)
	}
	return append(records, g.expectedRecords()...)
}

func (g generator) serverRecords() []Rule {
	records := g.cpuRecords()
	if g.Exporters.WithBBB {
		records = append(records,
			Rule{Record: hostPeople, Expr: g.perHost(g.perTarget(g.bbb(g.Metrics.Participants))), Why: "Participants in the meetings on a server."},
			Rule{Record: hostAPIUp, Expr: g.perHost(g.perTarget(g.bbb(g.Metrics.APIUp))), Why: "Whether BigBlueButton answers its exporter."})
		if g.Exporters.Recordings {
			records = append(records, Rule{Record: hostRecordings,
				Expr: g.recordings(),
				Why:  "Recordings that a stop would delay: queued and in process. There is no sample if bbb-exporter exports neither, as in its default mode."})
		}
	}
	return append(records, g.memoryRecords()...)
}

// recordings returns the recordings of each host: the sum of queued and in
// process, or only one of them if the other is not exported.
func (g generator) recordings() string {
	queued, processing := g.bbb(g.Metrics.RecordingsQueued), g.bbb(g.Metrics.RecordingsProcessing)
	return g.perHost("sum " + g.byInstance() + " (max " + g.byInstance(model.MetricNameLabel) + " (" + queued + " or on (" + model.MetricNameLabel + ") " + processing + "))")
}

// knownRecords tell whether the scaler's view of the fleet is recent.
func (g generator) knownRecords() []Rule {
	return []Rule{
		{Record: fleetReadAge, Expr: g.readAge(), Why: "Age of the scaler's last complete read of the fleet, by the scaler's clock, because that of Prometheus may differ."},
		{Record: fleetKnown, Expr: g.rec(fleetReadAge) + " < " + secondsOf(g.ScalerStale),
			Why: "The same, with a sample only while it is recent: while the scaler knows which servers are in service."},
	}
}

// stateRecords keep the last server states that the scaler exported, so that the
// averages stay the same while the scaler is down.
func (g generator) stateRecords() []Rule {
	state := "max by (host, pool, state) (" +
		g.scaler(rules.MetricServerState, matcher{labelState, "=~", inServiceStates}) + " == 1)\n  and on () " + g.rec(fleetKnown)
	return []Rule{
		{Record: hostState, Expr: state + "\nor\n" + g.lastOf(hostState),
			Why: "State of each server from the scaler's metrics; while they are missing, the last known state, for " + g.ScalerHold.String() + "."},
		{Record: instanceUp, Expr: g.identified(g.perTarget(g.node("up"))) + "\nand on (host) " + g.rec(hostState),
			Why: "Whether the node exporter of such a server answers; 0 also while it refuses the password."},
		{Record: hostActive, Expr: "max by (host, pool) (" + g.rec(hostState, matcher{labelState, "=", "active"}) + ")\nor\n" +
			"(group by (host) (" + g.rec(instanceCPU) + ") unless on () " + g.rec(hostState) + " unless on () " + g.rec(fleetKnown) + ")",
			Why: "The servers that take meetings. The label pool is a server's tag in Scalelite; servers without a tag do not have it.\nWithout any metrics of the scaler, every server with a workload counts."},
	}
}

// lastOf returns the last value of a record that is made from the scaler's
// metrics, while these are missing, for at most ScalerHold.
func (g generator) lastOf(record string) string {
	return "(" + g.rec(record) + "\n  unless on () " + g.rec(fleetKnown) + "\n  and on () max_over_time(" +
		g.rec(fleetKnown) + "[" + g.ScalerHold.String() + "]))"
}

// readAge returns the age of the last read at the last scrape, by the daemon's
// clock, plus the time since that scrape, by Prometheus's clock. If the daemon
// does not export its clock, only Prometheus's is used.
func (g generator) readAge() string {
	clock, read := g.scaler(rules.MetricClock), g.scaler(rules.MetricFleetRead)
	return "min(\n  " + clock + " - " + read + " + (time() - timestamp(" + clock + "))\n  or\n  time() - " + read + "\n)"
}

// fleetRecords are about the servers in service of each pool: of those with the same
// tag. A fleet without tags is one pool, whose series have no label pool.
func (g generator) fleetRecords() []Rule {
	return []Rule{
		{Record: fleetFloor, Expr: "max by (pool) (" + g.scaler(rules.MetricFloor) + ")\nor\n(vector(" + number(float64(g.in.Floor)) + ") unless on () " + g.scaler(rules.MetricFloor) + ")",
			Why: "The floor of each pool that the scaler exports, or capacity.min_active while its metric is missing."},
		{Record: fleetActive, Expr: "count by (pool) (" + g.rec(hostActive) + ")\nor on (pool)\n(0 * " + g.rec(fleetFloor) + " and on () " + g.rec(fleetKnown) + ")",
			Why: "The number of active servers. It is 0 only if the scaler reports none, not if its metrics are missing."},
		{Record: fleetCores, Expr: g.overActive("sum", g.rec(instanceCores)),
			Why: "Capacity of all servers that take meetings: cores, and memory for people in bytes. Servers without metrics count neither\nhere nor below."},
		{Record: fleetRoom, Expr: g.overActive("sum", g.rec(instanceRoom))},
		{Record: fleetIdle, Expr: g.overActive("avg", g.rec(instanceBytes)+" - "+g.rec(instanceRoom)),
			Why: "Idle memory of an average server that takes meetings, in bytes."},
		{Record: fleetMedian, Expr: "quantile(0.5, " + g.rec(instanceIdle) + " and on (host) " + g.rec(hostActive) + ")",
			Why: "The median of it, over all servers that take meetings."},
		{Record: cpuLoadNow, Expr: g.overActive("sum", g.rec(instanceCPUNow)+" * "+g.rec(instanceCores)),
			Why: "Load of the fleet: busy cores, and the memory that people use in bytes, of the servers that take meetings."},
		{Record: cpuLoad, Expr: "avg_over_time(" + g.rec(cpuLoadNow) + "[" + g.RateWindow.String() + "]) and " + g.rec(cpuLoadNow),
			Why: "Smoothed after summing, so that the work of a server's boot, before it took meetings, is never in it."},
		{Record: memoryLoad, Expr: g.overActive("sum", g.rec(instanceLoad))},
		{Record: fleetCPU, Expr: g.rec(cpuLoad) + " / " + g.rec(fleetCores),
			Why: "Load by what there is: averages over the servers that take meetings, by their sizes."},
		{Record: fleetMemory, Expr: g.rec(memoryLoad) + " / " + g.rec(fleetRoom)},
	}
}

// overActive returns the sums, or the averages, of an expression over the active
// servers of each pool, each counted once. One that two scalers have in two pools
// does not stop the rule.
func (g generator) overActive(aggregate, expr string) string {
	return aggregate + " by (pool) (" + g.rec(hostActive) + " * on (host) group_left () max by (host) (" + expr + "))"
}
