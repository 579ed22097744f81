package api

import (
	"encoding/json"
	"math"
)

// Trend is the body of the answer to a GET of PathTrend: the last day of the fleet and
// the next hours. All its series have one value for each time in At; a value that is
// not known, or lies in the other half, is null in JSON and NaN here.
type Trend struct {
	// Now is the time of the last cycle; the values after it are expected. It and At
	// are in seconds since 1970.
	Now int64   `json:"now"`
	At  []int64 `json:"at"`
	// People are the people on all servers, as the balancer counts them.
	People Series `json:"people"`
	// Active and Coming are the servers in service and on their way into service.
	Active Series `json:"active"`
	Coming Series `json:"coming"`
	// Floor is the minimum number of active servers, in the future by the schedule.
	Floor Series `json:"floor"`
	// Capacity is the number of cores of the servers in service, Load how many of them
	// are busy, Forecast how many were expected to be, where Prometheus is read.
	Capacity Series `json:"capacity"`
	Load     Series `json:"load"`
	Forecast Series `json:"forecast"`
	// Error is the mean distance of the forecast from the load that came, as a share
	// of the load; null without forecasts that can be compared.
	Error *float64 `json:"error"`
	// Marks are the steps that were begun and that failed, by the time in At that they
	// belong to.
	Marks []Mark `json:"marks"`
}

// Mark counts the steps of one interval.
type Mark struct {
	At int64 `json:"at"`
	// Up counts starts, and draining servers that return into service; Down counts
	// stops, Failed steps that failed.
	Up     int `json:"up"`
	Down   int `json:"down"`
	Failed int `json:"failed"`
}

// Series is a list of numbers, of which NaN encodes as null.
type Series []float64

// MarshalJSON encodes the numbers, and null for NaN.
func (s Series) MarshalJSON() ([]byte, error) {
	out := make([]*float64, len(s))
	for i := range s {
		if !math.IsNaN(s[i]) && !math.IsInf(s[i], 0) {
			out[i] = &s[i]
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON decodes what MarshalJSON encodes.
func (s *Series) UnmarshalJSON(text []byte) error {
	var in []*float64
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*s = make(Series, len(in))
	for i, x := range in {
		if (*s)[i] = math.NaN(); x != nil {
			(*s)[i] = *x
		}
	}
	return nil
}
