package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// serverAlerts are the expressions of the alerts about one server.
func serverAlerts() map[string]expression {
	return map[string]expression{
		rules.ServerMemoryHigh: generator.serverHigh, rules.ServerCPUHigh: generator.serverHigh,
		rules.ServerMemoryLow: generator.serverLow, rules.ServerCPULow: generator.serverLow,
		rules.ServerMemoryLeaking: generator.serverLeaking,
		rules.ServerIdle:          generator.serverIdle, rules.ServerDown: generator.serverDown,
	}
}

// measured names the records of one of a server's two workloads, and its band.
type measured struct {
	record string
	now    string // the same record before it is smoothed
	people string // the part of it that people cause
	band   rules.Band
}

// band is the configured band of a workload.
func (g generator) band(m rules.Measure) rules.Band {
	if m == rules.MeasureMemory {
		return g.in.Thresholds.Memory
	}
	return g.in.Thresholds.CPU
}

func (g generator) measured(m rules.Measure) measured {
	if m == rules.MeasureMemory {
		return measured{instanceMemory, instanceMemory, instancePeople, g.band(m)}
	}
	return measured{instanceCPU, instanceCPUNow, instanceCPU, g.band(m)}
}

// growsServer is the last sentence of several descriptions.
const growsServer = "The scaler gives the server more cores or RAM, up to sizes.max."

func (g generator) serverHigh(row rules.Alert) alert {
	k := g.measured(row.Measure)
	limit := number(k.band.Max)
	return alert{
		expr: g.held(row.Name, g.above(k, limit),
			g.rec(k.record)+" >= "+number(k.band.Max-g.Hysteresis), "instance"),
		why: "The duration is longer than the peak at the beginning of a meeting. A workload that stays above the threshold for the whole\n" +
			"duration needs no smoothing; one that crosses the threshold repeatedly is compared smoothed. The alert resolves\n" +
			number(g.Hysteresis) + " below the threshold, so that a changing workload does not start and stop the growth.",
		value: ratio, threshold: limit, keepFiring: true,
		summary: "{{ $labels.instance }}: " + string(row.Measure) + " workload is high",
		description: "The " + string(row.Measure) + " workload of {{ $labels.instance }} has been at or above " + limit + " for " + g.For[row.Name].String() +
			"; it is now {{ $value | printf \"%.2f\" }}. " + growsServer,
	}
}

// above returns the condition that a workload, smoothed or not, is at or above
// its limit.
func (g generator) above(k measured, limit string) string {
	smoothed := g.rec(k.record) + " >= " + limit
	if k.now == k.record {
		return smoothed
	}
	return g.rec(k.now) + " >= " + limit + "\nor\n" + smoothed
}

func (g generator) serverLow(row rules.Alert) alert {
	record, limit := g.measured(row.Measure).people, number(g.band(row.Measure).Min)
	return alert{
		expr: g.held(row.Name, g.rec(record)+" < "+limit, g.rec(record)+" < "+number(g.band(row.Measure).Min+g.Hysteresis), "instance"),
		why: "A server that is larger than sizes.default is drained and shrunk while this alert fires, nobody is on it, and " + rules.FleetWorkloadLow + "\n" +
			"says that the load stays low. The alert resolves " + number(g.Hysteresis) + " above the threshold, so that a changing workload does not make it flap.",
		value: ratio, threshold: limit,
		summary: "{{ $labels.instance }}: " + string(row.Measure) + " workload is low",
		description: "The " + string(row.Measure) + " workload of {{ $labels.instance }} has been below " + limit + " for " + g.For[row.Name].String() +
			"; it is now {{ $value | printf \"%.2f\" }}. If the server is larger than sizes.default, the scaler shrinks it once it is drained and empty.",
	}
}

func (g generator) serverIdle(row rules.Alert) alert {
	low := func(by float64) string {
		return "(" + g.rec(instanceCPU) + " < " + number(g.in.Thresholds.CPU.Min+by) + " or " +
			g.rec(instancePeople) + " < " + number(g.in.Thresholds.Memory.Min+by) + ")"
	}
	empty, who := "", "by its workload"
	if g.Exporters.WithBBB {
		empty, who = "\nunless on (host) ("+g.rec(hostPeople)+" > 0)", "without participants"
		if g.Exporters.Recordings {
			empty += "\nunless on (host) (" + g.rec(hostRecordings) + " > 0)"
			who += " and recordings to process"
		}
	}
	return alert{
		expr: g.held(row.Name, low(0), low(g.Hysteresis), "instance"),
		why: "One low workload is enough, because the services of an empty server alone can use more CPU time than the minimum. This is\n" +
			"safe: the alert only allows a stop; the scaler drains the server and asks BigBlueButton itself before it stops it.\n" +
			"Participants and recordings prevent the alert if bbb-exporter exports them; without bbb-exporter the workload alone\n" +
			"decides. The duration is long enough for the recording of a meeting that has just ended to be exported.",
		value: ratio, threshold: number(g.in.Thresholds.CPU.Min),
		summary: "{{ $labels.instance }}: idle, may be stopped",
		description: "{{ $labels.instance }} has been idle " + who + " for " + g.For[row.Name].String() +
			" (workload {{ $value | printf \"%.2f\" }}). If the fleet does not need it, the scaler drains and stops it.",
	}.and(empty)
}

// and narrows an alert's whole condition.
func (a alert) and(condition string) alert {
	if condition != "" {
		a.expr = "(\n" + indent(a.expr) + "\n)" + condition
	}
	return a
}

func (g generator) serverDown(row rules.Alert) alert {
	gone, word := "("+g.rec(instanceUp)+" == 0)", "its node exporter does not answer"
	if g.Exporters.WithBBB {
		gone = "(\n  " + gone + "\n  unless on (host) (" + g.rec(hostAPIUp) + " == 1)\n  or\n  0 * (" + g.rec(instanceUp) +
			" and on (host) (" + g.rec(hostAPIUp) + " == 0))\n)"
		word = "BigBlueButton does not answer its exporter, or no exporter answers"
	}
	return alert{
		expr: gone,
		why: "Only servers that are active, draining or already down count, not those that are stopped on purpose. A missing node\n" +
			"exporter alone is no reason while BigBlueButton answers. The duration is longer than a restart of the services.",
		value: count, threshold: "1", keepFiring: true,
		summary: "{{ $labels.instance }}: does not answer",
		description: "For " + g.For[row.Name].String() + ", " + word + " on {{ $labels.instance }}. If BigBlueButton does not answer the scaler " +
			"either, the scaler cordons the server in Scalelite, and enables it once it answers again.",
	}
}
