package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// trendAlerts are the expressions of the alerts about the extrapolated workload.
func trendAlerts() map[string]expression {
	return map[string]expression{
		rules.ServerMemoryRising: generator.serverRising, rules.ServerCPURising: generator.serverRising,
		rules.FleetLoadRising: generator.fleetRising,
	}
}

// serverRising is for a server whose workload rises within minutes, so that it
// grows before it is full.
func (g generator) serverRising(row rules.Alert) alert {
	k := g.measured(row.Measure)
	limit := number(k.band.Max)
	return alert{
		expr: g.leads(k.now) + " >= " + limit + " and " + g.rec(k.now) + " >= " + number(k.band.Max/2),
		why: "The duration is very short: a server of the default size can be full within minutes, and cores are added within seconds.\n" +
			"The value is the extrapolated workload, so that one growth is enough. The alert needs a workload of at\n" +
			"least half of the threshold.",
		value: ratio, threshold: limit,
		summary: "{{ $labels.instance }}: " + string(row.Measure) + " workload is rising fast",
		description: "At the trend of the last " + g.Trend.Window.String() + ", {{ $labels.instance }} will have a " + string(row.Measure) +
			" workload of {{ $value | printf \"%.2f\" }} in " + g.Trend.Ahead.String() + "; the threshold is " + limit + ". " + growsServer,
	}
}

// fleetRising is for load that the history does not contain, such as an event or
// the first week of a fleet.
func (g generator) fleetRising(rules.Alert) alert {
	cpu, memory := workloadOf(rules.MeasureCPU), workloadOf(rules.MeasureMemory)
	limit := number(g.in.Thresholds.CPU.Max)
	return alert{
		expr: g.rises(cpu, g.in.Thresholds.CPU.Max) + "\nor\n" + g.rises(memory, g.in.Thresholds.Memory.Max),
		why: "The duration is very short, because many people can join within minutes. A line through several samples depends little on\n" +
			"a single one. The alert needs a workload of half of the threshold: after a jump, the extrapolation is up to three times\n" +
			"the load. The alert leaves out rises that the forecast contains, because the forecast also contains their end. It\n" +
			"resolves when the extrapolated workload is below the threshold: the rise is over, or the added capacity is in service.",
		value: ratio, threshold: limit,
		summary: "Fleet " + g.in.Fleet + ": load is rising fast",
		description: "At the trend of the last " + g.Trend.Window.String() + ", the present servers will have a workload of " +
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

// trend returns the extrapolated workload of the fleet.
func (g generator) trend(w workload) string { return g.leads(w.now) + " / " + g.rec(w.capacity) }

// upward returns the greater of the trend and the present workload.
func (g generator) upward(w workload) string {
	return g.rec(w.average) + " + clamp_min(" + g.trend(w) + " - " + g.rec(w.average) + ", 0)"
}
