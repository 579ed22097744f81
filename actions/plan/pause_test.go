package plan_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
)

func TestDecideKeepsToAPauseUntilItsEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause fleet.Pause
		want  string
	}{
		{"set just now", fleet.Pause{From: noon, Until: noon.Add(time.Hour)}, ""},
		{"set by a daemon whose clock is ahead", fleet.Pause{From: noon.Add(3 * time.Minute), Until: noon.Add(time.Hour)}, ""},
		{"a moment before its end", fleet.Pause{From: noon.Add(-time.Hour), Until: noon.Add(1)}, ""},
		{"at its end", fleet.Pause{From: noon.Add(-time.Hour), Until: noon}, "cordon bbb-1"},
		{"a pause of some servers brakes no others", fleet.Pause{Server: "bbb-[4-8]", From: noon, Until: noon.Add(time.Hour)}, "cordon bbb-1"},
	} {
		t.Run(tt.name, decideCase{want: tt.want, change: func(_ *fleet.Config, v *plan.View) {
			v.Alerts, v.Pauses = []fleet.Alert{low(0, 0)}, []fleet.Pause{tt.pause}
		}}.test)
	}
}
