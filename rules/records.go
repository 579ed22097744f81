package rules

// inServiceStates are the states whose servers the rules speak of: those that
// take meetings, those that still have some, and those taken out as dead.
const inServiceStates = "active|draining|down"

// records returns the recording rules, in the order of their evaluation.
func (g generator) records() []Rule {
	rules := g.serverRecords()
	rules = append(rules, g.stateRecords()...)
	rules = append(rules, g.fleetRecords()...)
	if g.Forecast.Enabled {
		rules = append(rules, g.forecastRecords()...)
	}
	return append(rules, g.expectedRecords()...)
}

func (g generator) serverRecords() []Rule {
	window := g.RateWindow.String()
	idle := "(irate(" + g.node(g.Metrics.CPUSeconds, matcher{"mode", "=", "idle"}) + "[" + window + "]))"
	memory := func(metric string) string { return "max " + g.byInstance() + " (" + g.node(metric) + ")" }
	rules := []Rule{
		{Record: instanceCPUNow, Expr: g.identified("1 - avg " + g.byInstance() + " " + idle),
			Why: "Share of time that a server's cores are not idle, since the last scrape. Not rate, which takes the missing past of a\n" +
				"server that has just started for work. host joins the exporters of one server, whatever their ports."},
		{Record: instanceCPU, Expr: "avg_over_time(" + g.rec(instanceCPUNow) + "[" + window + "]) and " + g.rec(instanceCPUNow),
			Why: "The same, smoothed over " + window + "."},
		{Record: instanceCores, Expr: g.identified("count " + g.byInstance() + " (group " + g.byInstance("cpu") + " " + idle + ")"),
			Why: "The cores that this is the average of: one that was just plugged in counts from its second sample."},
		{Record: instanceMemory, Expr: g.identified("1 - " + memory(g.Metrics.MemoryAvailable) + "\n  / " + memory(g.Metrics.MemoryTotal)),
			Why: "Share of a server's memory that is not available to new work."},
		{Record: instanceBytes, Expr: g.identified(memory(g.Metrics.MemoryTotal) + "\n  and " + memory(g.Metrics.MemoryAvailable)),
			Why: "The memory that this is the share of, in bytes."},
	}
	if !g.Exporters.WithBBB {
		return rules
	}
	rules = append(rules,
		Rule{Record: hostPeople, Expr: g.perHost(g.bbb(g.Metrics.Participants)), Why: "Participants, by BigBlueButton itself."},
		Rule{Record: hostAPIUp, Expr: g.perHost(g.bbb(g.Metrics.APIUp)), Why: "Whether BigBlueButton answers its exporter."})
	if g.Exporters.Recordings {
		rules = append(rules, Rule{Record: hostRecordings,
			Expr: g.perHost(g.bbb(g.Metrics.RecordingsQueued) + " + " + g.bbb(g.Metrics.RecordingsProcessing)),
			Why:  "Recordings that a stop would delay."})
	}
	return rules
}

// stateRecords keeps what the scaler last said of its servers, so that a
// scaler that is down distorts nothing.
func (g generator) stateRecords() []Rule {
	state := "max by (host, state) (" +
		g.scaler(MetricServerState, matcher{labelState, "=~", inServiceStates}) + " == 1)\n  and on () " + g.rec(fleetKnown)
	last := "(" + g.rec(hostState) + "\n  unless on () " + g.rec(fleetKnown) + "\n  and on () max_over_time(" +
		g.rec(fleetKnown) + "[" + g.ScalerHold.String() + "]))"
	return []Rule{
		{Record: fleetReadAge, Expr: "min(time() - " + g.scaler(MetricFleetRead) + ")",
			Why: "Age of the scaler's last complete read of the fleet."},
		{Record: fleetKnown, Expr: g.rec(fleetReadAge) + " < " + secondsOf(g.ScalerStale),
			Why: "There only while that is recent: while the scaler knows which servers are in service."},
		{Record: hostState, Expr: state + "\nor\n" + last,
			Why: "What the scaler says of each server; while it says nothing, what it said last, for " + g.ScalerHold.String() + "."},
		{Record: instanceUp, Expr: g.identified("max "+g.byInstance()+" ("+g.node("up")+")") + "\nand on (host) " + g.rec(hostState),
			Why: "Whether the node exporter of such a server answers; 0 also while it refuses the password."},
		{Record: hostActive, Expr: "max by (host) (" + g.rec(hostState, matcher{labelState, "=", "active"}) + ")\nor\n" +
			"(group by (host) (" + g.rec(instanceCPU) + ") unless on () " + g.rec(hostState) + " unless on () " + g.rec(fleetKnown) + ")",
			Why: "The servers that take meetings: not the draining and not the stopped ones. With no scaler at all, every server that is seen."},
	}
}

func (g generator) fleetRecords() []Rule {
	return []Rule{
		{Record: fleetActive, Expr: "count(" + g.rec(hostActive) + ") or 0 * max(" + g.rec(fleetKnown) + ")",
			Why: "0 only when the scaler says so, never because nothing is known."},
		{Record: fleetFloor, Expr: "max(" + g.scaler(MetricFloor) + ") or vector(" + number(float64(g.in.Floor)) + ")",
			Why: "The floor of the present schedule, or capacity.min_active while the scaler does not tell."},
		{Record: fleetCores, Expr: g.overActive(g.rec(instanceCores)),
			Why: "What the servers that take meetings have together, in cores and bytes. One that is not seen counts neither here nor below."},
		{Record: fleetBytes, Expr: g.overActive(g.rec(instanceBytes))},
		{Record: cpuLoadNow, Expr: g.overActive(g.rec(instanceCPUNow) + " * " + g.rec(instanceCores)),
			Why: "The fleet's load: busy cores, and memory in use in bytes, of the servers that take meetings at this time."},
		{Record: cpuLoad, Expr: "avg_over_time(" + g.rec(cpuLoadNow) + "[" + g.RateWindow.String() + "]) and " + g.rec(cpuLoadNow),
			Why: "Smoothed after summing, so that the work of a server's boot, before it took meetings, is never in it."},
		{Record: memoryLoad, Expr: g.overActive(g.rec(instanceMemory) + " * " + g.rec(instanceBytes))},
		{Record: fleetCPU, Expr: g.rec(cpuLoad) + " / " + g.rec(fleetCores),
			Why: "Load by what there is: averages over the servers that take meetings, by their sizes."},
		{Record: fleetMemory, Expr: g.rec(memoryLoad) + " / " + g.rec(fleetBytes)},
	}
}

// overActive sums a figure of the active servers, each counted once.
func (g generator) overActive(expr string) string {
	return "sum(max by (host) (" + expr + ") and on (host) " + g.rec(hostActive) + ")"
}
