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
// (UTC), because the load of a Monday is not like that of a Sunday. A Saturday has
// less load than the Friday before; the level corrects that within its window.
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
				Why: "The maximum load of an earlier day within " + further.String() + " from the present time of day. Without it there is no forecast."},
			Rule{Record: w.level, Expr: g.level(w), Why: "Today's load divided by that of the earlier day, averaged over the last " + g.Forecast.LevelWindow.String() +
				".\nA share of the coming load is added to both, so that a quiet hour before lessons changes the ratio little."},
			Rule{Record: w.loadForecast, Expr: g.remembered(w, rules.HorizonStart, "(\n"+indent(g.eachHistory(g.greatestLoad(w, ahead)))+"\n)\n* "+g.rec(w.level)),
				Why: "The predicted maximum load within " + ahead.String() + ", the time of a start plus a margin: by the scaler from the weeks that it remembers,\n" +
					"else from Prometheus's own history, else by the scaler from another day of the week."},
			Rule{Record: w.forecast, Expr: g.workloadAhead(w, w.loadForecast),
				Why: "The predicted workload of the present servers within " + ahead.String() + ", at least the present workload."},
			Rule{Record: w.loadOutlook, Expr: g.remembered(w, rules.HorizonHold, g.rec(w.history)+" * "+g.rec(w.level)),
				Why: "The predicted maximum load within " + further.String() + ", for scale-in: a server that is drained now is not needed again in that time."})
	}
	return records
}

// remembered returns an expression for the load that the scaler expects, or the given
// one while it has no history of this day of the week, such as in its first week, or
// while its metrics are missing or old.
func (g generator) remembered(w workload, horizon, own string) string {
	by := func(history string) string {
		metric := g.scaler(w.scaler, matcher{rules.LabelHistory, "=", history}, matcher{rules.LabelHorizon, "=", horizon})
		return "(max by (pool) (" + metric + ") and on () " + g.rec(fleetKnown) + ")"
	}
	return by(rules.HistoryWeek) + "\nor on (pool)\n(\n" + indent(own) + "\n)\nor on (pool)\n" + by(rules.HistoryDay)
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

// leastLoad is a load, in cores or bytes, below which there is none. It keeps the
// division by the load of a day on which nobody came from having no result.
const leastLoad = 0.001

// level returns an expression for today's load divided by that of the earlier
// day, at most LevelMax.
func (g generator) level(w workload) string {
	average := "avg_over_time(" + g.rec(w.load) + "[" + g.Forecast.LevelWindow.String() + "]"
	prior := " + " + number(g.Forecast.LevelPrior) + " * " + g.rec(w.history) + ")"
	then := g.eachHistory(func(age time.Duration) string { return average + " offset " + model.Duration(age).String() + ")" })
	return "clamp_max(\n  (" + average + ")" + prior + "\n  / clamp_min(((\n" + indent(indent(then)) + "\n  )" + prior + ", " + number(leastLoad) + "),\n  " + number(g.Forecast.LevelMax) + "\n)"
}

// workloadAhead returns an expression for the workload of the present servers
// under a predicted load. It is never below the present workload.
func (g generator) workloadAhead(w workload, load string) string {
	return g.rec(w.average) + "\n+ clamp_min(" + g.rec(load) + " / " + g.rec(w.capacity) + " - " + g.rec(w.average) + ", 0)"
}

// expectedRecords are the workloads that scale-in compares: the predicted one for
// the longer horizon, or that of the maximum load within ScaleInStabilization if there
// is no forecast.
func (g generator) expectedRecords() []Rule {
	var records []Rule
	for _, w := range workloads() {
		expr := "max_over_time(" + g.rec(w.load) + "[" + g.ScaleInStabilization.String() + "]) / " + g.rec(w.capacity) + " and " + g.rec(w.average)
		if g.Forecast.Enabled {
			expr = g.workloadAhead(w, w.loadOutlook) + "\nor\n" + expr
		}
		records = append(records, Rule{Record: w.expected, Expr: expr,
			Why: "The workload that scale-in compares: the greater of the present and the predicted workload. Without a forecast, that of the\n" +
				"maximum load of the last " + g.ScaleInStabilization.String() + ", since nothing tells a break between two lessons from their end."})
	}
	return records
}

// forecastAlerts are the expressions of the alerts about the forecast.
func forecastAlerts() map[string]expression {
	return map[string]expression{
		rules.FleetForecastHigh: generator.fleetForecast, rules.FleetHistoryMissing: generator.fleetHistoryMissing,
		rules.FleetLoad: generator.fleetLoad,
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
		why: "The threshold is the target of scaling (headroom) plus a tolerance, which is below max: servers that are in service before\n" +
			"a rise are filled evenly, while a server that is added during the rise gets all new meetings of a minute. The duration\n" +
			"is short, because the forecast is the maximum load of a period and changes slowly. Without history there is no\n" +
			"forecast and no alert. In the week after the clocks change Prometheus's history is one hour off; the scaler's is not.",
		value: ratio, threshold: cpu,
		summary: g.fleet() + ": load will rise soon",
		description: "According to the same hours of earlier days, the present servers will have a workload of " + g.asked(cpuAhead, "%.2f") +
			" CPU and " + g.asked(memoryAhead, "%.2f") + " memory before other servers could be ready. " + addsCapacity,
		extra: g.loads(cpuAhead, memoryAhead),
	}
}

// fleetHistoryMissing fires while the forecast is enabled and has no history.
func (g generator) fleetHistoryMissing(row rules.Alert) alert {
	cpu, memory := workloadOf(rules.MeasureCPU), workloadOf(rules.MeasureMemory)
	return alert{
		expr: "0 * " + g.rec(fleetActive) + "\nunless on (" + byPool + ") (" + g.rec(cpu.loadOutlook) + " or " + g.rec(memory.loadOutlook) + ")",
		why: "On the first day of a fleet there is no forecast of when lessons begin, and servers start too slowly\n" +
			"to follow them. The duration is longer than a restart of Prometheus.",
		value: count, threshold: "1",
		summary: g.fleet() + ": no history for the forecast",
		description: "For " + g.For[row.Name].String() + ", the forecast has had no load of an earlier day. Until it has, " +
			"the scaler keeps more servers in service (capacity.learning_active_share).",
	}
}

// fleetLoad always fires. Alertmanager repeats it, and its annotations tell the scaler
// the present load, which Prometheus may keep for two days only.
func (g generator) fleetLoad(row rules.Alert) alert {
	cpu, memory := g.rec(cpuLoad), g.rec(memoryLoad)
	return alert{
		expr: cpu + "\nor\n" + memory,
		why: "Always fires, as a watchdog does: the scaler remembers the load in the annotations for eight weeks, so that the forecast needs\n" +
			"no longer retention than two days. It also shows within minutes when notifications no longer arrive.",
		value: cores, threshold: "0",
		summary:     g.fleet() + ": present load",
		description: "This alert always fires. Its annotations tell the scaler the load of the servers that take meetings, which it remembers for the forecast.",
		extra: map[string]string{
			rules.AnnotationCores: g.asked(cpu, cores), rules.AnnotationRAM: g.asked(memory+" / "+bytesPerMiB, count),
		},
	}
}
