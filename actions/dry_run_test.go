package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestDryRunJournalsAndWritesNothing(t *testing.T) {
	cfg := fixtureConfig()
	cfg.DryRun, cfg.Capacity.MinActive = true, 3
	fx := newFixture(t, cfg, sim.Config{Servers: 4, Running: 1})
	fx.run(30 * time.Minute)
	if n := fx.steps(); n != 0 {
		t.Errorf("%d changes were made, want none", n)
	}
	lines, _ := fx.store.Journal(t.Context(), 10, "")
	if len(lines) != 2 || !lines[0].DryRun || lines[0].Step.Kind != fleet.Start {
		t.Errorf("journal %+v, want two starts, once each", lines)
	}
}
