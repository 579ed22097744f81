package rules

func (g generator) fleetAlerts() []alert {
	alerts := []alert{
		g.fleetHigh(FleetMemoryHigh, "memory", fleetMemory, g.in.Thresholds.Memory),
		g.fleetHigh(FleetCPUHigh, "CPU", fleetCPU, g.in.Thresholds.CPU),
		g.fleetLow(), g.fleetBelowMinimum(),
	}
	if g.Trend.Window > 0 {
		alerts = append(alerts, g.fleetRising())
	}
	if g.Forecast.Enabled {
		alerts = append(alerts, g.fleetForecast(), g.fleetHistoryMissing())
	}
	return alerts
}

func (g generator) fleetHigh(name, word, record string, band Band) alert {
	limit := number(band.Max)
	return alert{
		name: name,
		expr: g.held(name, g.rec(record)+" >= "+limit, g.rec(record)+" >= "+number(band.Max-g.Hysteresis), LabelFleet),
		why: "Short: a start takes minutes, and an average over many servers does not swing. It resolves " + number(g.Hysteresis) +
			" below the threshold.",
		value: ratio, threshold: limit, keepFiring: true,
		extra:   g.loads(g.rec(fleetCPU), g.rec(fleetMemory)),
		summary: "Fleet " + g.in.Fleet + ": " + word + " workload is high",
		description: "The average " + word + " workload of the servers that take meetings has been at or above " + limit + " for " +
			g.For[name].String() + "; it is now {{ $value | printf \"%.2f\" }}. " + addsCapacity,
	}
}

// addsCapacity is for people.
const addsCapacity = "The scaler takes back draining servers, then grows running ones, then starts more."

// loads are the annotations that the scaler counts servers from, by
// expressions of the fleet's workloads: those, and the loads that they are of
// the present servers.
func (g generator) loads(cpu, memory string) map[string]string {
	return map[string]string{
		AnnotationCPU: g.asked(cpu, ratio), AnnotationMemory: g.asked(memory, ratio),
		AnnotationCores: g.asked("("+cpu+") * "+g.rec(fleetCores), cores),
		AnnotationRAM:   g.asked("("+memory+") * "+g.rec(fleetBytes)+" / "+bytesPerMiB, count),
	}
}

// stableLoads are the same for scale-in, by the greatest load of the time that
// the alert waits: what is kept carries also that, should it come back.
func (g generator) stableLoads() map[string]string {
	greatest := func(w workload) string {
		expected := g.rec(w.expected)
		then := "max_over_time(" + g.rec(w.load) + "[" + g.For[FleetWorkloadLow].String() + "]) / " + g.rec(w.capacity)
		return "(" + then + " > " + expected + ") or " + expected
	}
	return g.loads(greatest(workloads()[0]), greatest(workloads()[1]))
}

// bytesPerMiB turns the exporters' unit into the scaler's.
const bytesPerMiB = "1048576"

// scaleInBelow is where in a band the fleet's workload must be below.
func (g generator) scaleInBelow(b Band) float64 { return b.Min + g.ScaleInBelow*(b.Max-b.Min) }

func (g generator) fleetLow() alert {
	cpu, memory := g.scaleInBelow(g.in.Thresholds.CPU), g.scaleInBelow(g.in.Thresholds.Memory)
	low := func(by float64) string {
		return "(" + g.rec(cpuExpected) + " < " + number(cpu+by) + " and " + g.rec(memoryExpected) + " < " + number(memory+by) + ")"
	}
	return alert{
		name: FleetWorkloadLow,
		expr: g.held(FleetWorkloadLow, low(0), low(g.Hysteresis), LabelFleet),
		why: "CPU and memory, both: what either needs must stay. That is only when to look: the scaler drains no more than leaves\n" +
			"the rest with its headroom, also for the greatest load of this time. Longer than the few minutes between two lessons;\n" +
			"longer breaks are for the forecast to know.",
		value: ratio, threshold: number(cpu),
		summary: "Fleet " + g.in.Fleet + ": more servers than needed",
		description: "For " + g.For[FleetWorkloadLow].String() + ", the servers that take meetings have been below " + number(cpu) + " CPU and " +
			number(memory) + " memory workload, also for the time to come. The scaler drains the emptiest, down to the floor.",
		extra: g.stableLoads(),
	}
}

func (g generator) fleetBelowMinimum() alert {
	return alert{
		name:  FleetBelowMinimum,
		expr:  g.rec(fleetActive) + " < " + g.rec(fleetFloor),
		why:   "Short: the floor is a promise. Just longer than one look of the scaler, which keeps the floor also by itself.",
		value: count, threshold: g.asked(g.rec(fleetFloor), count), keepFiring: true,
		summary: "Fleet " + g.in.Fleet + ": fewer servers than the floor",
		description: "For " + g.For[FleetBelowMinimum].String() + ", only {{ $value | printf \"%.0f\" }} servers take meetings; the floor is " +
			g.asked(g.rec(fleetFloor), count) + ". The scaler starts the missing ones.",
	}
}

// aboveTarget is the workload from which on a forecast is worth a start: above
// what scaling aims at, since there is time to get there, by the tolerance.
func (g generator) aboveTarget(b Band) float64 {
	return b.Max * min(1, (1-g.in.Headroom)*(1+g.in.Tolerance))
}

func (g generator) fleetForecast() alert {
	cpu, memory := number(g.aboveTarget(g.in.Thresholds.CPU)), number(g.aboveTarget(g.in.Thresholds.Memory))
	// One may have history that the other has not: then its present counts.
	cpuAhead, memoryAhead := g.rec(cpuForecast)+" or "+g.rec(fleetCPU), g.rec(memoryForecast)+" or "+g.rec(fleetMemory)
	return alert{
		name: FleetForecastHigh,
		expr: g.rec(cpuForecast) + " >= " + cpu + "\nor\n" + g.rec(memoryForecast) + " >= " + memory,
		why: "Above what scaling aims at, not only at the top: what is added before a rush starts is filled evenly, and not by all\n" +
			"new meetings of a minute. By a tolerance, since a little more is worth no start. Short: the forecast is the greatest\n" +
			"load of a whole stretch of time and does not swing. Where there is no history, there is no forecast and no alert. In the\n" +
			"week after the clocks change it comes an hour off; the floor's schedule does not.",
		value: ratio, threshold: cpu,
		summary: "Fleet " + g.in.Fleet + ": load is about to rise",
		description: "By the same hours of an earlier day, the present servers will have a workload of " + g.asked(cpuAhead, "%.2f") +
			" CPU and " + g.asked(memoryAhead, "%.2f") + " memory by the time that more could be ready. " + addsCapacity,
		extra: g.loads(cpuAhead, memoryAhead),
	}
}

// fleetHistoryMissing tells that there is no forecast, where there should be one.
func (g generator) fleetHistoryMissing() alert {
	cpu, memory := workloads()[0], workloads()[1]
	return alert{
		name: FleetHistoryMissing,
		expr: "0 * " + g.rec(fleetActive) + "\nunless on (fleet) (" + g.rec(cpu.loadOutlook) + " or " + g.rec(memory.loadOutlook) + ")",
		why: "On a fleet's first day, and its first Monday, nobody knows when the bell rings, and all its classes are on the floor's\n" +
			"servers before others are up. Longer than a restart of Prometheus.",
		value: count, threshold: "1",
		summary: "Fleet " + g.in.Fleet + ": no history to forecast by",
		description: "For " + g.For[FleetHistoryMissing].String() + ", there has been no day whose load tells of the next hour's. Until there is, " +
			"the scaler keeps more servers in service (capacity.learning_active_share).",
	}
}
