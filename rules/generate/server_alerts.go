package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// serverAlerts are the expressions of the alerts about one server.
func serverAlerts() map[string]expression {
	return map[string]expression{
		rules.ServerMemoryHigh: generator.serverHigh, rules.ServerCPUHigh: generator.serverHigh,
		rules.ServerMemoryLow: generator.serverLow, rules.ServerCPULow: generator.serverLow,
		rules.ServerIdle: generator.serverIdle, rules.ServerDown: generator.serverDown,
	}
}

// measured names the records of one of a server's two workloads, and its band.
type measured struct {
	record string
	now    string // the same before it is smoothed
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
		return measured{instanceMemory, instanceMemory, g.band(m)}
	}
	return measured{instanceCPU, instanceCPUNow, g.band(m)}
}

// growsServer is a sentence of descriptions.
const growsServer = "The scaler makes the server larger, up to the configured maximum."

func (g generator) serverHigh(row rules.Alert) alert {
	k := g.measured(row.Measure)
	limit := number(k.band.Max)
	return alert{
		expr: g.held(row.Name, g.above(k, limit),
			g.rec(k.record)+" >= "+number(k.band.Max-g.Hysteresis), "instance"),
		why: "Longer than a peak when a meeting opens, shorter than users' patience: what holds that long needs no smoothing, and\n" +
			"a workload that swings across the threshold counts smoothed. It resolves " + number(g.Hysteresis) +
			" below the threshold, so that such a one\ndoes not start and stop the growth.",
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
	k := g.measured(row.Measure)
	limit := number(k.band.Min)
	return alert{
		expr: g.held(row.Name, g.rec(k.record)+" < "+limit, g.rec(k.record)+" < "+number(k.band.Min+g.Hysteresis), "instance"),
		why: "Longer than a break between two lessons: a smaller size costs a restart, and helps only if it lasts. It resolves\n" +
			number(g.Hysteresis) + " above the threshold, against swinging.",
		value: ratio, threshold: limit,
		summary: "{{ $labels.instance }}: " + string(row.Measure) + " workload is low",
		description: "The " + string(row.Measure) + " workload of {{ $labels.instance }} has been below " + limit + " for " + g.For[row.Name].String() +
			"; it is now {{ $value | printf \"%.2f\" }}. If the server is larger than the default, the scaler makes it smaller as soon as it is empty.",
	}
}

func (g generator) serverIdle(row rules.Alert) alert {
	low := func(by float64) string {
		return "(" + g.rec(instanceCPU) + " < " + number(g.in.Thresholds.CPU.Min+by) + " or " +
			g.rec(instanceMemory) + " < " + number(g.in.Thresholds.Memory.Min+by) + ")"
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
		why: "CPU or memory, not both: an empty server's memory never falls below what its services take, so that both together\n" +
			"would stop nothing. That is safe: this only says that the server may be stopped; the scaler drains it and asks\n" +
			"BigBlueButton itself before it does. Participants and recordings keep a server where its exporter tells of them; one that\n" +
			"tells of none, or is not there, keeps none on. Long enough for the recording of a meeting that has just ended to show; a\n" +
			"drained server gets no other.",
		value: ratio, threshold: number(g.in.Thresholds.CPU.Min),
		summary: "{{ $labels.instance }}: idle, may be stopped",
		description: "{{ $labels.instance }} has been idle " + who + " for " + g.For[row.Name].String() +
			" (workload {{ $value | printf \"%.2f\" }}). If the fleet can spare it, the scaler drains and stops it.",
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
		why: "A server that is stopped on purpose is not down: only those in service, draining, or already taken out count. An\n" +
			"exporter that alone is gone is no reason while BigBlueButton answers. Longer than a restart of its services.",
		value: count, threshold: "1", keepFiring: true,
		summary: "{{ $labels.instance }}: does not answer",
		description: "For " + g.For[row.Name].String() + ", " + word + " on {{ $labels.instance }}. If BigBlueButton does not answer the scaler " +
			"either, the scaler takes the server out of Scalelite, and back in once it is healthy.",
	}
}
