package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// fleetAlerts are the expressions of the alerts about the fleet as it is now.
func fleetAlerts() map[string]expression {
	return map[string]expression{
		rules.FleetMemoryHigh: generator.fleetHigh, rules.FleetCPUHigh: generator.fleetHigh,
		rules.FleetWorkloadLow: generator.fleetLow, rules.FleetBelowMinimum: generator.fleetBelowMinimum,
	}
}

func (g generator) fleetHigh(row rules.Alert) alert {
	band, record := g.band(row.Measure), workloadOf(row.Measure).average
	limit := number(band.Max)
	return alert{
		expr: g.held(row.Name, g.rec(record)+" >= "+limit, g.rec(record)+" >= "+number(band.Max-g.Hysteresis), byPool),
		why: "The duration is short, because a start takes minutes and an average over many servers changes slowly. The alert resolves\n" +
			number(g.Hysteresis) + " below the threshold.",
		value: ratio, threshold: limit, keepFiring: true,
		extra:   g.loads(g.rec(fleetCPU), g.rec(fleetMemory)),
		summary: g.fleet() + ": " + string(row.Measure) + " workload is high",
		description: "The average " + string(row.Measure) + " workload of the servers that take meetings has been at or above " + limit + " for " +
			g.For[row.Name].String() + "; it is now {{ $value | printf \"%.2f\" }}. " + addsCapacity,
	}
}

// byPool are the labels of which fleet and pool an alert is about.
const byPool = rules.LabelFleet + ", " + rules.LabelPool

// addsCapacity is the last sentence of several descriptions.
const addsCapacity = "The scaler enables draining servers again, then grows running servers, then starts servers."

// loads returns the annotations that the scaler computes the number of servers
// from: the fleet's workloads, which are given as expressions, the loads in cores and
// MiB that they amount to on the present servers, and the idle memory of a server.
func (g generator) loads(cpu, memory string) map[string]string {
	return map[string]string{
		rules.AnnotationCPU: g.asked(cpu, ratio), rules.AnnotationMemory: g.asked(memory, ratio),
		rules.AnnotationCores: g.asked("("+cpu+") * "+g.rec(fleetCores), cores),
		rules.AnnotationRAM:   g.asked("("+memory+") * "+g.rec(fleetRoom)+" / "+bytesPerMiB, count),
		rules.AnnotationIdle:  g.asked(g.rec(fleetIdle)+" / "+bytesPerMiB, count),
	}
}

// bytesPerMiB converts the exporters' unit to the scaler's.
const bytesPerMiB = "1048576"

func (g generator) fleetLow(row rules.Alert) alert {
	cpu, memory := g.scaleInBelow(g.in.Thresholds.CPU), g.scaleInBelow(g.in.Thresholds.Memory)
	low := func(by float64) string {
		return "(" + g.rec(cpuExpected) + " < " + number(cpu+by) + " and " + g.rec(memoryExpected) + " < " + number(memory+by) + ")"
	}
	return alert{
		expr: g.held(row.Name, low(0), low(g.Hysteresis), byPool),
		why: "Both workloads must be low, because the servers must carry both. The scaler drains only as many servers as leave the others\n" +
			"with the headroom, also for the maximum load during the duration of this alert. The forecast contains the next lessons,\n" +
			"so that the duration is short: servers that are empty in a break leave before they get new meetings.",
		value: ratio, threshold: number(cpu),
		summary: g.fleet() + ": more servers than needed",
		description: "For " + g.For[row.Name].String() + ", the servers that take meetings have had a CPU workload below " + number(cpu) + " and a memory workload below " +
			number(memory) + ", and the forecast expects the same. The scaler drains the servers with the least load, down to the floor.",
		extra: g.stableLoads(),
	}
}

// scaleInBelow returns the workload below which servers are drained.
func (g generator) scaleInBelow(b rules.Band) float64 { return b.Min + g.ScaleInBelow*(b.Max-b.Min) }

// stableLoads returns the same annotations for scale-in, from the maximum load
// during the alert's for duration: the servers that remain can carry that load
// if it returns.
func (g generator) stableLoads() map[string]string {
	greatest := func(w workload) string {
		expected := g.rec(w.expected)
		then := "max_over_time(" + g.rec(w.load) + "[" + g.For[rules.FleetWorkloadLow].String() + "]) / " + g.rec(w.capacity)
		return "(" + then + " > " + expected + ") or " + expected
	}
	return g.loads(greatest(workloadOf(rules.MeasureCPU)), greatest(workloadOf(rules.MeasureMemory)))
}

func (g generator) fleetBelowMinimum(row rules.Alert) alert {
	return alert{
		expr:  g.rec(fleetActive) + " < " + g.rec(fleetFloor),
		why:   "The duration is just longer than one cycle of the scaler, which also keeps the floor without this alert.",
		value: count, threshold: g.asked(g.rec(fleetFloor), count), keepFiring: true,
		summary: g.fleet() + ": fewer servers than the floor",
		description: "For " + g.For[row.Name].String() + ", only {{ $value | printf \"%.0f\" }} servers take meetings; the floor is " +
			g.asked(g.rec(fleetFloor), count) + ". The scaler starts the missing servers.",
	}
}
