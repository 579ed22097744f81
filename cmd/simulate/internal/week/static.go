package week

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// never is later than any simulated time.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Static keeps every server on, at the default size, at all times.
type Static struct{ Config fleet.Config }

// Name returns static.
func (Static) Name() string { return StaticName }

// Prepare starts with all servers on.
func (s Static) Prepare(cfg *sim.Config) {
	cfg.Running, cfg.Size = cfg.Servers, s.Config.Sizes.Default
}

// Begin returns a run that does nothing.
func (Static) Begin(*sim.World, Setup) (Run, error) { return idle{}, nil }

type idle struct{}

// Next returns a time after the end of every simulation.
func (idle) Next() time.Time { return never }

// Act does nothing.
func (idle) Act(context.Context) error { return nil }
