package fleet

import (
	"time"
)

// ForecastConfig is how the load is forecast from the remembered load. The generated
// rules forecast in the same way where they have a history of their own.
type ForecastConfig struct {
	Enabled bool
	// Ahead is the horizon of scale-out: Capacity.StartTime and a margin. Hold is that
	// of scale-in, at least Ahead.
	Ahead, Hold time.Duration
	// LevelWindow is the time over which today's load is compared with the usual one.
	LevelWindow time.Duration
	// LevelPrior is the share of the coming load that is added to both.
	LevelPrior float64
	// LevelMax is the upper limit of the level.
	LevelMax float64
	// Location is the time zone in which weeks are counted.
	Location *time.Location
}

// Forecast is the expected load of a pool, in cores or in MiB.
type Forecast struct {
	Soon  float64 `json:"soon"`  // maximum load until ForecastConfig.Ahead
	Later float64 `json:"later"` // maximum load until ForecastConfig.Hold
	// Weekly is set if all of it is from the same day of the week in earlier weeks.
	Weekly bool           `json:"weekly"`
	Error  *ForecastError `json:"error,omitempty"` // nil: nothing was forecast
}

// ForecastError is how far the load of the last 24 h was from what was forecast for it,
// as shares of that load.
type ForecastError struct {
	Under float64 `json:"under"` // the forecast was below the load: capacity came late
	Over  float64 `json:"over"`  // the forecast was above the load: capacity cost money
}

// PoolForecast is the forecast of one pool, in cores and in MiB; nil where there is no
// history.
type PoolForecast struct {
	Pool  string    `json:"pool"` // tag of the servers; empty for those without one
	Cores *Forecast `json:"cores,omitempty"`
	RAM   *Forecast `json:"ram_mib,omitempty"`
}
