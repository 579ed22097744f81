package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
)

func TestALongRunTellsItsProgressInLinesWhereThereIsNoTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		step, end := progress("hours simulated", 100, &out)
		for range 50 {
			time.Sleep(time.Second) // of the bubble
			step()
		}
		end()
		if got, want := out.String(), "hours simulated: 30 of 100, about 1m10s left\n"; got != want {
			t.Errorf("after 50 s: %q, want %q", got, want)
		}
	})
}

func TestTheProgressOfSeveralCasesTellsHowManyAreDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cases := []week.Comparison{
			{Seeds: []uint64{1}, Days: 1, Strategies: []week.Strategy{week.Static{}}},
			{Seeds: []uint64{1, 2}, Days: 1, Strategies: []week.Strategy{week.Static{}}},
		}
		var out strings.Builder
		caseDone, end := tellCases(cases, &out)
		for range 24 {
			time.Sleep(time.Second) // of the bubble
			cases[0].Progress()
		}
		caseDone()
		for range 12 {
			time.Sleep(time.Second)
			cases[1].Progress()
		}
		end()
		if got, want := out.String(), "1 of 2 cases done, hours simulated: 30 of 72, about 42s left\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
