package fleet_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestRecordOfAClockThatWasAheadIsBroughtBack(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	day := now.Add(24 * time.Hour)
	flight := func(at time.Time) *fleet.Flight { return &fleet.Flight{At: at, Deadline: at.Add(10 * time.Minute)} }
	cooldowns := fleet.Cooldowns{BackoffMax: 30 * time.Minute}
	for name, c := range map[string]struct{ stored, want fleet.Record }{
		"a flight keeps its length":                    {fleet.Record{Flight: flight(day)}, fleet.Record{Flight: flight(now)}},
		"a flight of the past stays":                   {fleet.Record{Flight: flight(now.Add(-time.Minute))}, fleet.Record{Flight: flight(now.Add(-time.Minute))}},
		"a flight begun during the cycle stays":        {fleet.Record{Flight: flight(now.Add(time.Second))}, fleet.Record{Flight: flight(now.Add(time.Second))}},
		"warming begins now":                           {fleet.Record{Aim: fleet.AimServe, At: day}, fleet.Record{Aim: fleet.AimServe, At: now}},
		"the wait for recordings begins now":           {fleet.Record{EmptySince: day}, fleet.Record{EmptySince: now}},
		"the poll interval after a write begins now":   {fleet.Record{WroteAt: day}, fleet.Record{WroteAt: now}},
		"cooldowns begin now":                          {fleet.Record{Up: day, Down: day}, fleet.Record{Up: now, Down: now}},
		"a backoff lasts no longer than the longest":   {fleet.Record{RetryAt: day}, fleet.Record{RetryAt: now.Add(30 * time.Minute)}},
		"a backoff that ends within the longest stays": {fleet.Record{RetryAt: now.Add(time.Minute)}, fleet.Record{RetryAt: now.Add(time.Minute)}},
		"a state seen in the future is seen now":       {fleet.Record{Since: day}, fleet.Record{Since: now}},
		"a record without times stays":                 {fleet.Record{ID: "1"}, fleet.Record{ID: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, shared := c.stored, c.stored.Flight
			var before fleet.Flight
			if shared != nil {
				before = *shared
			}
			got.CorrectClock(now, cooldowns)
			gotFlight, wantFlight := got.Flight, c.want.Flight
			got.Flight, c.want.Flight = nil, nil
			if got != c.want {
				t.Errorf("CorrectClock: %+v, want %+v", got, c.want)
			}
			if wantFlight != nil && (!gotFlight.At.Equal(wantFlight.At) || !gotFlight.Deadline.Equal(wantFlight.Deadline)) {
				t.Errorf("CorrectClock: flight %+v, want %+v", gotFlight, wantFlight)
			}
			if shared != nil && shared.At != before.At {
				t.Error("CorrectClock changed the stored flight")
			}
		})
	}
}

func TestFleetRecordOfAClockThatWasAheadIsBroughtBack(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	day := now.Add(24 * time.Hour)
	f, changed := fleet.FleetRecord{In: day, Outs: []time.Time{now, day}, FewerSince: day}.CorrectClock(now)
	if !changed || f.In != now || f.FewerSince != now || f.Outs[1] != now {
		t.Errorf("CorrectClock() = %+v, %v; want all at %s", f, changed, now)
	}
	if _, changed := f.CorrectClock(now); changed {
		t.Error("CorrectClock() of what was corrected = changed, want not")
	}
}
