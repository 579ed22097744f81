package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
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
