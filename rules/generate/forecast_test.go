package generate

import (
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestAForecastAsksAboveTheTargetAndNeverOnlyAboveTheTop(t *testing.T) {
	for name, c := range map[string]struct {
		headroom, tolerance float64
		cpu, memory         string
	}{
		"above the headroom by the tolerance":    {0.4, 0.1, "0.231", "0.528"},
		"at the target without a tolerance":      {0.4, 0, "0.21", "0.48"},
		"at the top without headroom":            {0, 0.1, "0.35", "0.8"},
		"at the top where the tolerance is more": {0.05, 0.1, "0.35", "0.8"},
	} {
		t.Run(name, func(t *testing.T) {
			r := ruleOf(t, rules.FleetForecastHigh, func(_ *Config, in *Input) {
				in.Thresholds.Memory.Max = 0.8
				in.Headroom, in.Tolerance = c.headroom, c.tolerance
			})
			if want := "forecast{fleet=\"bbb\"} >= " + c.cpu + "\nor\n"; !strings.Contains(r.Expr, want) {
				t.Errorf("expression = %s, want %q in it", r.Expr, want)
			}
			if want := "forecast{fleet=\"bbb\"} >= " + c.memory; !strings.HasSuffix(r.Expr, want) {
				t.Errorf("expression = %s, want %q at its end", r.Expr, want)
			}
		})
	}
}
