package generate

import (
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// historyAge is the age of each history.
var historyAge = map[History]time.Duration{HistoryWeek: 7 * 24 * time.Hour, HistoryDay: 24 * time.Hour}

// dayIsLikeYesterday is a condition that is true on every day except Monday
// (UTC), since a school Monday is not like a Sunday. A Saturday has less load
// than its Friday; the level corrects that within its window.
const dayIsLikeYesterday = "(day_of_week() != 1)"

// forecastRecords have two horizons: the time that a start takes, to start
// servers in time; and a longer one, so that no server is drained that is needed
// again soon.
func (g generator) forecastRecords() []Rule {
	ahead := model.Duration(g.in.StartTime) + g.Forecast.Margin
	further := max(ahead, g.Forecast.Hold)
	var records []Rule
	for _, w := range workloads() {
		records = append(records,
			Rule{Record: w.history, Expr: g.eachHistory(g.greatestLoad(w, further)),
				Why: "The greatest load of another day from this hour of it on, for " + further.String() + ". No history, no forecast."},
			Rule{Record: w.level, Expr: g.level(w), Why: "Today's load by that day's, over the last " + g.Forecast.LevelWindow.String() +
				".\nBoth have a share of the load ahead added, so that a quiet hour before the bell says little about it."},
			Rule{Record: w.loadForecast, Expr: "(\n" + indent(g.eachHistory(g.greatestLoad(w, ahead))) + "\n)\n* " + g.rec(w.level),
				Why: "The load within " + ahead.String() + ": as far as a start and a margin, what is started now is ready then."},
			Rule{Record: w.forecast, Expr: g.workloadAhead(w, w.loadForecast),
				Why: "The workload of the present servers within " + ahead.String() + ", never less than now."},
			Rule{Record: w.loadOutlook, Expr: g.rec(w.history) + " * " + g.rec(w.level),
				Why: "The load within " + further.String() + ", for scale-in: what is drained now is not needed again by then."})
	}
	return records
}

// eachHistory joins the expressions for each configured history with or, so that
// the first history with samples is used.
func (g generator) eachHistory(tell func(age time.Duration) string) string {
	days := make([]string, len(g.Forecast.History))
	for i, h := range g.Forecast.History {
		days[i] = tell(historyAge[h])
		if h == HistoryDay {
			days[i] += " and on () " + dayIsLikeYesterday
		}
	}
	return strings.Join(days, "\nor\n")
}

// greatestLoad returns an expression for the maximum load of an earlier day from
// the present time of day on.
func (g generator) greatestLoad(w workload, ahead model.Duration) func(age time.Duration) string {
	return func(age time.Duration) string {
		return "max_over_time(" + g.rec(w.load) + "[" + ahead.String() + "] offset " + model.Duration(age-time.Duration(ahead)).String() + ")"
	}
}

// level returns an expression for today's load divided by that of the earlier
// day, at most LevelMax.
func (g generator) level(w workload) string {
	average := "avg_over_time(" + g.rec(w.load) + "[" + g.Forecast.LevelWindow.String() + "]"
	prior := " + " + number(g.Forecast.LevelPrior) + " * " + g.rec(w.history) + ")"
	then := g.eachHistory(func(age time.Duration) string { return average + " offset " + model.Duration(age).String() + ")" })
	return "clamp_max(\n  (" + average + ")" + prior + "\n  /\n  ((\n" + indent(indent(then)) + "\n  )" + prior + ",\n  " + number(g.Forecast.LevelMax) + "\n)"
}

// workloadAhead returns an expression for the workload of the present servers
// under a predicted load. It is never below the present workload.
func (g generator) workloadAhead(w workload, load string) string {
	return g.rec(w.average) + "\n+ clamp_min(" + g.rec(load) + " / " + g.rec(w.capacity) + " - " + g.rec(w.average) + ", 0)"
}

// expectedRecords are what scale-in compares: the workload expected within the
// longer horizon, or the present one where there is no forecast.
func (g generator) expectedRecords() []Rule {
	var records []Rule
	for _, w := range workloads() {
		expr := g.rec(w.average)
		if g.Forecast.Enabled {
			expr = g.workloadAhead(w, w.loadOutlook) + "\nor\n" + expr
		}
		records = append(records, Rule{Record: w.expected, Expr: expr,
			Why: "What scale-in goes by: the greater of the present workload and the one to come."})
	}
	return records
}

// forecastAlerts are the expressions of the alerts about the forecast.
func forecastAlerts() map[string]expression {
	return map[string]expression{
		rules.FleetForecastHigh: generator.fleetForecast, rules.FleetHistoryMissing: generator.fleetHistoryMissing,
	}
}

// aboveTarget returns the workload from which a forecast asks for capacity: the
// target of scaling plus the tolerance, and at most the band's max. It is below
// max because there is time to start servers before the load is there.
func (g generator) aboveTarget(b rules.Band) float64 {
	return b.Max * min(1, (1-g.in.Headroom)*(1+g.in.Tolerance))
}

func (g generator) fleetForecast(_ rules.Alert) alert {
	cpu, memory := number(g.aboveTarget(g.in.Thresholds.CPU)), number(g.aboveTarget(g.in.Thresholds.Memory))
	// Where only one workload has a history, the other's present value is used.
	cpuAhead, memoryAhead := g.rec(cpuForecast)+" or "+g.rec(fleetCPU), g.rec(memoryForecast)+" or "+g.rec(fleetMemory)
	return alert{
		expr: g.rec(cpuForecast) + " >= " + cpu + "\nor\n" + g.rec(memoryForecast) + " >= " + memory,
		why: "Above what scaling aims at, not only at the top: what is added before a rush starts is filled evenly, and not by all\n" +
			"new meetings of a minute. By a tolerance, since a little more is worth no start. Short: the forecast is the greatest\n" +
			"load of a whole stretch of time and does not swing. Where there is no history, there is no forecast and no alert. In the\n" +
			"week after the clocks change it comes an hour off; the floor's schedule does not.",
		value: ratio, threshold: cpu,
		summary: g.fleet() + ": load is about to rise",
		description: "By the same hours of an earlier day, the present servers will have a workload of " + g.asked(cpuAhead, "%.2f") +
			" CPU and " + g.asked(memoryAhead, "%.2f") + " memory by the time that more could be ready. " + addsCapacity,
		extra: g.loads(cpuAhead, memoryAhead),
	}
}

// fleetHistoryMissing fires while the forecast is enabled and has no history.
func (g generator) fleetHistoryMissing(row rules.Alert) alert {
	cpu, memory := workloadOf(rules.MeasureCPU), workloadOf(rules.MeasureMemory)
	return alert{
		expr: "0 * " + g.rec(fleetActive) + "\nunless on (" + byPool + ") (" + g.rec(cpu.loadOutlook) + " or " + g.rec(memory.loadOutlook) + ")",
		why: "On a fleet's first day, and its first Monday, nobody knows when the bell rings, and all its classes are on the floor's\n" +
			"servers before others are up. Longer than a restart of Prometheus.",
		value: count, threshold: "1",
		summary: g.fleet() + ": no history to forecast by",
		description: "For " + g.For[row.Name].String() + ", there has been no day whose load tells of the next hour's. Until there is, " +
			"the scaler keeps more servers in service (capacity.learning_active_share).",
	}
}
