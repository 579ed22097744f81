package rules

import (
	"strings"
	"testing"
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
			r := ruleOf(t, FleetForecastHigh, func(_ *Config, in *Input) {
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

func TestThereIsATrendAlsoWithoutAForecastAndNoneWithoutAWindow(t *testing.T) {
	if r := ruleOf(t, FleetLoadRising, func(c *Config, _ *Input) { c.Forecast.Enabled = false }); r.For != seconds(30) {
		t.Errorf("without a forecast, %s = %+v", FleetLoadRising, r)
	}
	noTrend := func(c *Config, _ *Input) { c.Trend.Window = 0 }
	if r := ruleOf(t, FleetLoadRising, noTrend); r.Alert != "" {
		t.Errorf("with a window of 0s there is %+v", r)
	}
	cfg, in := Defaults(), exampleInput()
	noTrend(&cfg, &in)
	for _, sc := range Scenarios(cfg, in) {
		if strings.HasPrefix(sc.Name, FleetLoadRising) {
			t.Errorf("with a window of 0s there is the scenario %q", sc.Name)
		}
	}
}

// ruleOf is the alert of a name, or none.
func ruleOf(t *testing.T, alert string, edits ...func(*Config, *Input)) Rule {
	t.Helper()
	for _, r := range mustBuild(t, edits...)[0].Rules {
		if r.Alert == alert {
			return r
		}
	}
	return Rule{}
}
