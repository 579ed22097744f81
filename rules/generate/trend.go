package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// trendAlerts are the expressions of the alerts about the workload that the
// present trend leads to.
func trendAlerts() map[string]expression {
	return map[string]expression{
		rules.ServerMemoryRising: generator.serverRising, rules.ServerCPURising: generator.serverRising,
		rules.FleetLoadRising: generator.fleetRising,
	}
}

// serverRising is for a server that fills within minutes: it grows while there is
// room left, before its users notice.
func (g generator) serverRising(row rules.Alert) alert {
	k := g.measured(row.Measure)
	limit := number(k.band.Max)
	return alert{
		expr: g.leads(k.now) + " >= " + limit + " and " + g.rec(k.now) + " >= " + number(k.band.Max/2),
		why: "Very short: a server of the default size is full minutes after the first of a row of classes, and cores are plugged in\n" +
			"within seconds. The value is what the line leads to, so that one growth is enough. Only from half of the limit on.",
		value: ratio, threshold: limit,
		summary: "{{ $labels.instance }}: " + string(row.Measure) + " workload is rising fast",
		description: "At the pace of the last " + g.Trend.Window.String() + ", {{ $labels.instance }} will have a " + string(row.Measure) +
			" workload of {{ $value | printf \"%.2f\" }} in " + g.Trend.Ahead.String() + "; the limit is " + limit + ". " + growsServer,
	}
}

// fleetRising is for load that no history predicts: an event, or a first week.
func (g generator) fleetRising(rules.Alert) alert {
	cpu, memory := workloadOf(rules.MeasureCPU), workloadOf(rules.MeasureMemory)
	limit := number(g.in.Thresholds.CPU.Max)
	return alert{
		expr: g.rises(cpu, g.in.Thresholds.CPU.Max) + "\nor\n" + g.rises(memory, g.in.Thresholds.Memory.Max),
		why: "Very short: a crowd is there within minutes. A line through several samples hardly follows a single one, and only a load\n" +
			"of half of that is followed: after a jump the line leads to nearly three times as much. A rise that the forecast knows\n" +
			"is left to it, which knows its end, too. It resolves when the line leads below that: the rise is over, or what was\n" +
			"added serves.",
		value: ratio, threshold: limit,
		summary: g.fleet() + ": load is rising fast",
		description: "At the pace of the last " + g.Trend.Window.String() + ", the present servers will have a workload of " +
			g.asked(g.upward(cpu), "%.2f") + " CPU and " + g.asked(g.upward(memory), "%.2f") + " memory in " + g.Trend.Ahead.String() + ". " + addsCapacity,
		extra: g.loads(g.upward(cpu), g.upward(memory)),
	}
}

// rises returns the condition that the trend of a workload leads to its limit,
// that the workload is at least half of the limit now, and that the forecast does
// not predict the rise.
func (g generator) rises(w workload, limit float64) string {
	expr := g.trend(w) + " >= " + number(limit) + " and " + g.rec(w.average) + " >= " + number(limit/2)
	if g.Forecast.Enabled {
		expr += "\nunless " + g.rec(w.loadForecast) + " >= " + g.rec(w.load)
	}
	return "(" + expr + ")"
}

// leads returns the linear extrapolation of a record.
func (g generator) leads(record string) string {
	return "predict_linear(" + g.rec(record) + "[" + g.Trend.Window.String() + "], " + secondsOf(g.Trend.Ahead) + ")"
}

// trend returns the workload that the fleet's load leads to.
func (g generator) trend(w workload) string { return g.leads(w.now) + " / " + g.rec(w.capacity) }

// upward returns the greater of the trend and the present workload.
func (g generator) upward(w workload) string {
	return g.rec(w.average) + " + clamp_min(" + g.trend(w) + " - " + g.rec(w.average) + ", 0)"
}
