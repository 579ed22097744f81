package generate

import "github.com/bbb-scaler/bbb-scaler/rules"

// workload names the records of one of the fleet's two workloads: the present
// workload, the load and the capacity whose quotient it is, and the forecast.
type workload struct {
	average, load, capacity   string
	now                       string // the load before smoothing
	history                   string // the maximum load of the same hours of an earlier day
	level                     string // today's load divided by that day's
	loadForecast, loadOutlook string // the predicted load, until a start is ready and until the end of rules.forecast.hold
	scaler                    string // the scaler's metric of the load that it expects
	forecast, expected        string // the present servers' workload under each of them
}

func workloads() []workload {
	ahead := func(w workload, load string) workload {
		w.history, w.level, w.loadForecast, w.loadOutlook = load+":history", load+":level", load+":forecast", load+":outlook"
		return w
	}
	return []workload{
		ahead(workload{scaler: rules.MetricForecastCores, average: fleetCPU, load: cpuLoad, capacity: fleetCores, now: cpuLoadNow, forecast: cpuForecast, expected: cpuExpected},
			"fleet:bbb_cpu_busy_cores"),
		ahead(workload{scaler: rules.MetricForecastMemory, average: fleetMemory, load: memoryLoad, capacity: fleetRoom, now: memoryLoad, forecast: memoryForecast, expected: memoryExpected},
			"fleet:bbb_memory_load_bytes"),
	}
}

// workloadOf returns the fleet's workload of a measure.
func workloadOf(m rules.Measure) workload {
	if m == rules.MeasureMemory {
		return workloads()[1]
	}
	return workloads()[0]
}
