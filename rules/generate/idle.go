package generate

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// emptyFor is how long nobody must have been on a server before the memory that it
// uses counts as idle memory: BigBlueButton frees that of the last meeting with a
// delay.
const emptyFor = 5 * time.Minute

// bridged is the longest gap in a server's metrics after which its idle memory is
// still known.
const bridged = 5 * time.Minute

// memoryRecords divide the memory of a server into what BigBlueButton's services
// hold while nobody is on it, which is no load, and the rest, which is the room for
// people.
//
// Idle memory is learned for each server, and is carried from one evaluation to the
// next:
//
//   - While nobody has been on the server for emptyFor, it is the memory in use. So
//     a leak becomes idle memory, not load, as soon as the server is empty.
//   - While people are on it, it stays the same, but is never more than the memory
//     in use, since people only add to that. After a restart little memory is in use,
//     so that an old leak is forgotten, whatever the exporters tell of the restart.
//   - Without an earlier value it is sizes.idle_ram_mib, and at most the memory in
//     use.
//
// The value is in bytes, and stays the same when a running server gets more memory:
// the services hold what they held before.
//
// The room for people is the rest of the memory, and at least rules.LeastRoom of it.
// The load of people is divided by the room, and not by all memory: at 1 all memory is
// in use, however much of it is idle memory. So a full server never looks empty.
//
// After a break of the rules' evaluation that is longer than Prometheus's lookback
// delta, such as a long restart, every server begins with sizes.idle_ram_mib, until it
// is empty once. The rules do not need the daemon for this where there is a
// bbb-exporter; without one they learn only while the daemon runs.
func (g generator) memoryRecords() []Rule {
	memory := func(metric string) string { return g.perTarget(g.node(metric)) }
	total, used, idle, room := g.rec(instanceBytes), g.rec(instanceUsed), g.rec(instanceIdle), g.rec(instanceRoom)
	most := number(1-rules.LeastRoom) + " * " + total
	return []Rule{
		{Record: instanceBytes, Expr: g.identified(memory(g.Metrics.MemoryTotal) + "\n  and " + memory(g.Metrics.MemoryAvailable)),
			Why: "Total memory of a server that exports its available memory, in bytes."},
		{Record: instanceUsed, Expr: total + "\n- on (instance, server_id) group_left ()\n" + g.renamedBoth(memory(g.Metrics.MemoryAvailable)),
			Why: "Memory in use: total - available."},
		{Record: instanceMemory, Expr: used + " / " + total, Why: "Memory workload of the machine, whoever uses the memory."},
		{Record: hostEmpty, Expr: g.empty(), Why: "Servers that nobody has been on for " + model.Duration(emptyFor).String() + "."},
		{Record: instanceIdle, Expr: g.idle(used, idle, total),
			Why: "Idle memory: what a server holds while nobody is on it. While the server is empty, it is the memory in use; then the last\n" +
				"value, and at most the memory in use, which is small after a restart. Without a value it is sizes.idle_ram_mib. The last\n" +
				"part keeps the value during a gap in the metrics."},
		{Record: instanceRoom, Expr: total + " - " + idle + "\n+ clamp_min(" + idle + " - " + most + ", 0)",
			Why: "Memory for people: total - idle, and at least " + number(rules.LeastRoom) + " of the total."},
		{Record: instanceLoad, Expr: used + " - (" + total + " - " + room + ")", Why: "Memory that people use. Idle memory is never more than the memory in use."},
		{Record: instancePeople, Expr: g.rec(instanceLoad) + " / " + room,
			Why: "Memory workload of people: 0 on an empty server, and 1 when all memory is in use."},
	}
}

// idle returns the idle memory of each server by its memory in use, the last value
// of idle, and its total memory. a - clamp_min(a - b, 0) is the lesser of a and b.
func (g generator) idle(used, idle, total string) string {
	return "(" + used + " and on (host) " + g.rec(hostEmpty) + ")\nor\n" +
		used + " - clamp_min(" + used + " - on (instance, server_id) group_left () " + idle + ", 0)\nor\n" +
		"clamp_max(" + used + ", " + exact(float64(g.in.IdleRAM)*(1<<20)) + ")\nor on (instance, server_id)\n" +
		"(" + idle + " and on (instance, server_id) (" + total + " offset " + model.Duration(bridged).String() + "))"
}

// empty returns the hosts that nobody has been on for emptyFor: bbb-exporter counts
// nobody, or, for servers without a sample of it, Scalelite has no meeting there.
// Missing data does not count as nobody.
func (g generator) empty() string {
	zero := func(now string) string {
		return "max_over_time(" + now + "[" + model.Duration(emptyFor).String() + "]) == 0 and " + now
	}
	load := "max by (host) (" + zero(g.scaler(rules.MetricServerLoad)) + ")\n  and on () " + g.rec(fleetKnown)
	if !g.Exporters.WithBBB {
		return load
	}
	return zero(g.rec(hostPeople)) + "\nor on (host)\n(" + load + "\n  unless on (host) " + g.rec(hostPeople) + ")"
}

// A server leaks when its idle memory is leakShare of the median of the servers that
// take meetings, and leakLeast bytes above it.
const (
	leakShare = 1.5
	leakLeast = 1 << 30
)

// serverLeaking compares servers with each other, because how much an empty server
// holds depends on the version of BigBlueButton and on what else is installed.
func (g generator) serverLeaking(row rules.Alert) alert {
	median := " scalar(" + g.rec(fleetMedian) + ")"
	leaks := func(part float64) string {
		return "(" + g.rec(instanceIdle) + " /" + median + " >= " + number(1+part*(leakShare-1)) + "\n  and " +
			g.rec(instanceIdle) + " -" + median + " >= " + exact(part*leakLeast) + ")"
	}
	return alert{
		expr: g.held(row.Name, leaks(1), leaks(0.75), "instance"),
		why: "Services that do not give memory back leave less for people, until a restart. It takes hours, and is known only once a\n" +
			"server is empty, so that the duration can be long. The alert resolves at three quarters of both differences.",
		value: ratio, threshold: number(leakShare),
		summary: "{{ $labels.instance }}: holds much memory while nobody is on it",
		description: "While nobody is on {{ $labels.instance }}, it holds {{ $value | printf \"%.1f\" }} times as much memory as half of the servers in service. " +
			"It is the first that the scaler drains and stops when the fleet can spare one; the restart frees the memory.",
	}.and("\nand on (host) " + g.rec(hostActive))
}
