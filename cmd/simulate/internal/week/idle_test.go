package week

import (
	"fmt"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// allOn is the scaler with all servers switched on at the start.
type allOn struct{ Ours }

func (o allOn) Prepare(cfg *sim.Config) {
	o.Ours.Prepare(cfg)
	cfg.Running = cfg.Servers
}

// TestTenServersThatNobodyIsOnComeToTheFloorOfTwo runs the rules and the scaler for
// ten servers without a meeting. What their services hold is no load, however much.
func TestTenServersThatNobodyIsOnComeToTheFloorOfTwo(t *testing.T) {
	for _, tt := range []struct {
		idle  float64 // MiB
		total fleet.MiB
		bbb   bool // with bbb-exporter
	}{
		{1024, 8192, true}, {3072, 8192, true}, {4608, 8192, true}, {10240, 16384, true}, {4608, 8192, false}, {10240, 16384, false},
	} {
		t.Run(fmt.Sprintf("%.0f of %d MiB idle, bbb-exporter %v", tt.idle, tt.total, tt.bbb), func(t *testing.T) {
			file := config.Defaults()
			file.Rules.Exporters.WithBBB = tt.bbb
			s := &file.Actions.Sizes
			s.Default.RAM, s.Fleet.RAM, s.Max.RAM = tt.total, max(s.Fleet.RAM, tt.total), max(s.Max.RAM, tt.total)
			setup := Setup{World: sim.Config{Seed: 1, Start: monday, Servers: 10, Load: sim.DefaultLoad()}, Until: monday.Add(2 * time.Hour)}
			setup.World.Load.BaseRAM = tt.idle
			r := mustSimulate(t, setup, allOn{Ours{Title: "ours", File: file}})
			on := func(s Sample) (n int) {
				for _, c := range s.Counts {
					n += c.On
				}
				return n
			}
			if first, last := on(r.Samples[0]), on(r.Samples[len(r.Samples)-1]); first != 10 || last != 2 || r.Figures.Steps[fleet.Start] > 0 {
				t.Errorf("%d servers on, after two hours %d, with %d starts; want 10, 2 and none", first, last, r.Figures.Steps[fleet.Start])
			}
		})
	}
}
