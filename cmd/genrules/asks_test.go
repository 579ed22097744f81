package main

import (
	"slices"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// consequences are the steps that no alert asks for: the end of a start, and
// the cheap way to more capacity.
var consequences = []fleet.Kind{fleet.Enable, fleet.Reclaim}

func TestAlertsAskForExactlyWhatTheScalerDoes(t *testing.T) {
	asked := map[fleet.Kind]bool{}
	for name, m := range fleet.Defaults().Asks {
		kind := fleet.Kind(m.Ask)
		if m.Ask == rules.AskFloor || m.Ask == rules.AskRemember {
			continue // not steps: what the floor and the forecast need, other alerts ask for
		}
		if !slices.Contains(fleet.Kinds(), kind) {
			t.Errorf("%s asks for %q, which is no step of the scaler", name, m.Ask)
		}
		asked[kind] = true
	}
	for _, kind := range fleet.Kinds() {
		if want := !slices.Contains(consequences, kind); asked[kind] != want {
			t.Errorf("an alert asks for %s = %v, want %v", kind, asked[kind], want)
		}
		cfg := generate.Defaults()
		cfg.Asks = map[string]rules.Ask{"Mine": rules.Ask(kind)}
		if allowed, want := len(cfg.Validate()) == 0, !slices.Contains(consequences, kind); allowed != want {
			t.Errorf("an operator's alert may ask for %s = %v, want %v", kind, allowed, want)
		}
	}
}
