package rules

// kind is one of the two figures that a server is judged by.
type kind struct {
	word   string // for people
	record string
	now    string // the same before it is smoothed
	band   Band

	highName, risingName, lowID string
}

func (g generator) kinds() []kind {
	return []kind{
		{"memory", instanceMemory, instanceMemory, g.in.Thresholds.Memory, ServerMemoryHigh, ServerMemoryRising, ServerMemoryLow},
		{"CPU", instanceCPU, instanceCPUNow, g.in.Thresholds.CPU, ServerCPUHigh, ServerCPURising, ServerCPULow},
	}
}

func (g generator) serverAlerts() []alert {
	var alerts []alert
	for _, k := range g.kinds() {
		alerts = append(alerts, g.serverHigh(k), g.serverLow(k))
		if g.Trend.Window > 0 {
			alerts = append(alerts, g.serverRising(k))
		}
	}
	return append(alerts, g.serverIdle(), g.serverDown())
}

// growsServer is for people.
const growsServer = "The scaler makes the server larger, up to the configured maximum."

func (g generator) serverHigh(k kind) alert {
	limit := number(k.band.Max)
	return alert{
		name: k.highName,
		expr: g.held(k.highName, g.above(k, limit),
			g.rec(k.record)+" >= "+number(k.band.Max-g.Hysteresis), "instance"),
		why: "Longer than a peak when a meeting opens, shorter than users' patience: what holds that long needs no smoothing, and\n" +
			"a workload that swings across the threshold counts smoothed. It resolves " + number(g.Hysteresis) +
			" below the threshold, so that such a one\ndoes not start and stop the growth.",
		value: ratio, threshold: limit, keepFiring: true,
		summary: "{{ $labels.instance }}: " + k.word + " workload is high",
		description: "The " + k.word + " workload of {{ $labels.instance }} has been at or above " + limit + " for " + g.For[k.highName].String() +
			"; it is now {{ $value | printf \"%.2f\" }}. " + growsServer,
	}
}

// above is a workload at or above its limit, smoothed or not.
func (g generator) above(k kind, limit string) string {
	smoothed := g.rec(k.record) + " >= " + limit
	if k.now == k.record {
		return smoothed
	}
	return g.rec(k.now) + " >= " + limit + "\nor\n" + smoothed
}

func (g generator) serverLow(k kind) alert {
	limit := number(k.band.Min)
	return alert{
		name: k.lowID,
		expr: g.held(k.lowID, g.rec(k.record)+" < "+limit, g.rec(k.record)+" < "+number(k.band.Min+g.Hysteresis), "instance"),
		why: "Longer than a break between two lessons: a smaller size costs a restart, and helps only if it lasts. It resolves\n" +
			number(g.Hysteresis) + " above the threshold, against swinging.",
		value: ratio, threshold: limit,
		summary: "{{ $labels.instance }}: " + k.word + " workload is low",
		description: "The " + k.word + " workload of {{ $labels.instance }} has been below " + limit + " for " + g.For[k.lowID].String() +
			"; it is now {{ $value | printf \"%.2f\" }}. If the server is larger than the default, the scaler makes it smaller as soon as it is empty.",
	}
}

func (g generator) serverIdle() alert {
	low := func(by float64) string {
		return "(" + g.rec(instanceCPU) + " < " + number(g.in.Thresholds.CPU.Min+by) + " or " +
			g.rec(instanceMemory) + " < " + number(g.in.Thresholds.Memory.Min+by) + ")"
	}
	empty, who := "", "by its workload"
	if g.Exporters.WithBBB {
		empty, who = "\nand on (host) ("+g.rec(hostPeople)+" == 0)", "without participants"
		if g.Exporters.Recordings {
			empty += "\nand on (host) (" + g.rec(hostRecordings) + " == 0)"
			who += " and recordings to process"
		}
	}
	return alert{
		name: ServerIdle,
		expr: g.held(ServerIdle, low(0), low(g.Hysteresis), "instance"),
		why: "CPU or memory, not both: an empty server's memory never falls below what its services take, so that both together\n" +
			"would stop nothing. That is safe: this only says that the server may be stopped; the scaler drains it and asks\n" +
			"BigBlueButton itself before it does. Missing participants or recordings are not idleness. Long enough for the\n" +
			"recording of a meeting that has just ended to show; a drained server gets no other.",
		value: ratio, threshold: number(g.in.Thresholds.CPU.Min),
		summary: "{{ $labels.instance }}: idle, may be stopped",
		description: "{{ $labels.instance }} has been idle " + who + " for " + g.For[ServerIdle].String() +
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

func (g generator) serverDown() alert {
	gone, word := "("+g.rec(instanceUp)+" == 0)", "its node exporter does not answer"
	if g.Exporters.WithBBB {
		gone = "(\n  " + gone + "\n  unless on (host) (" + g.rec(hostAPIUp) + " == 1)\n  or\n  0 * (" + g.rec(instanceUp) +
			" and on (host) (" + g.rec(hostAPIUp) + " == 0))\n)"
		word = "BigBlueButton does not answer its exporter, or no exporter answers"
	}
	return alert{
		name: ServerDown,
		expr: gone,
		why: "A server that is stopped on purpose is not down: only those in service, draining, or already taken out count. An\n" +
			"exporter that alone is gone is no reason while BigBlueButton answers. Longer than a restart of its services.",
		value: count, threshold: "1", keepFiring: true,
		summary: "{{ $labels.instance }}: does not answer",
		description: "For " + g.For[ServerDown].String() + ", " + word + " on {{ $labels.instance }}. If BigBlueButton does not answer the scaler " +
			"either, the scaler takes the server out of Scalelite, and back in once it is healthy.",
	}
}
