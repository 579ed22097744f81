package week

import (
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// BenchmarkADayOfTheScaler measures a school day of 100 servers, of the scaler
// with all that stands before it.
func BenchmarkADayOfTheScaler(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	b.ReportAllocs()
	file := config.Defaults()
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	c := Comparison{
		World: light(), Timetable: sim.School(), Seeds: []uint64{1}, Monday: monday, Days: 1, Servers: 100, Config: file.Actions,
		Strategies: []Strategy{Ours{Title: "ours", File: file}}, Runs: semaphore.NewWeighted(1),
	}
	for b.Loop() {
		if _, err := c.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
