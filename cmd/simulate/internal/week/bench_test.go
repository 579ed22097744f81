package week

import (
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/sync/semaphore"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// BenchmarkADayOfTheScaler measures a school day of the scaler with all that stands
// before it, by the number of servers.
func BenchmarkADayOfTheScaler(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	defer otel.SetTracerProvider(otel.GetTracerProvider())
	otel.SetTracerProvider(noop.NewTracerProvider()) // as the command does
	for _, servers := range []int{100, 745} {
		b.Run(fmt.Sprint(servers), func(b *testing.B) { aDayOfTheScaler(b, servers) })
	}
}

func aDayOfTheScaler(b *testing.B, servers int) {
	b.ReportAllocs()
	file := config.Defaults()
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	c := Comparison{
		World: light(), Timetable: sim.School(), Seeds: []uint64{1}, Monday: monday, Days: 1, Servers: servers, Config: file.Actions,
		Strategies: []Strategy{Ours{Title: "ours", File: file}}, Runs: semaphore.NewWeighted(1),
	}
	for b.Loop() {
		if _, err := c.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
