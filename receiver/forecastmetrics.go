package receiver

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// collectForecasts sends the loads that are expected, and how far the forecasts of the
// last day were from the loads that came.
func collectForecasts(st fleet.Status, gauge gauge) {
	const mib = 1 << 20
	for _, f := range st.Forecasts {
		collectForecast(f.Cores, 1, "cpu", f.Pool, gauge,
			pooled(f.Pool, rules.MetricForecastCores, "Maximum load in busy cores that is expected within the horizon (start, hold), from the load in the history (week: the same day of the week, day: another day).",
				rules.LabelHorizon, rules.LabelHistory))
		collectForecast(f.RAM, mib, "memory", f.Pool, gauge,
			pooled(f.Pool, rules.MetricForecastMemory, "Maximum memory in use that is expected within the horizon (start, hold), in bytes, from the load in the history (week: the same day of the week, day: another day).",
				rules.LabelHorizon, rules.LabelHistory))
	}
}

// collectForecast sends the forecast of one measure of a pool, in units of the metric.
func collectForecast(f *fleet.Forecast, unit float64, measure, pool string, gauge gauge, expected metric) {
	if f == nil {
		return
	}
	from := rules.HistoryDay
	if f.Weekly {
		from = rules.HistoryWeek
	}
	gauge(expected, f.Soon*unit, rules.HorizonStart, from)
	gauge(expected, f.Later*unit, rules.HorizonHold, from)
	if f.Error != nil {
		missed := pooled(pool, "bbb_scaler_forecast_error_ratio", "Error of the forecasts for the last 24 h, as a share of the load: under, where the forecast was below the load; over, where it was above it.", "measure", "direction")
		gauge(missed, f.Error.Under, measure, "under")
		gauge(missed, f.Error.Over, measure, "over")
	}
}
