package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// BenchmarkWeek simulates a school week with all servers on.
func BenchmarkWeek(b *testing.B) {
	for _, n := range []int{100, 745} {
		b.Run(fmt.Sprintf("servers=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := sim.New(sim.Config{Servers: n, Running: n, Start: monday})
				w.Follow(sim.SchoolWeek(1, monday, n).Arrivals())
				w.Advance(monday.AddDate(0, 0, 7))
				if f := w.Figures(); f.MeetingsRefused > 0 || f.ParticipantsPresent > 0 {
					b.Fatalf("a week with all servers on: %+v", f)
				}
			}
		})
	}
}

// BenchmarkReadings reads 745 servers as a scrape of all their exporters does.
func BenchmarkReadings(b *testing.B) {
	w := sim.New(sim.Config{Servers: 745, Running: 745})
	var readings []sim.Reading
	b.ReportAllocs()
	for b.Loop() {
		w.Run(30 * time.Second)
		readings = w.AppendServers(readings)
	}
}

// BenchmarkCloudList lists one of seven datacenters of 745 servers.
func BenchmarkCloudList(b *testing.B) {
	w := sim.New(sim.Config{Servers: 745, Running: 400, Datacenters: []string{"1", "2", "3", "4", "5", "6", "7"}})
	cloud := w.Cloud()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cloud.Servers(b.Context(), "1"); err != nil {
			b.Fatal(err)
		}
	}
}
