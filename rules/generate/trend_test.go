package generate

import (
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestThereIsATrendAlsoWithoutAForecastAndNoneWithoutAWindow(t *testing.T) {
	if r := ruleOf(t, rules.FleetLoadRising, func(c *Config, _ *Input) { c.Forecast.Enabled = false }); r.For != seconds(30) {
		t.Errorf("without a forecast, %s = %+v", rules.FleetLoadRising, r)
	}
	noTrend := func(c *Config, _ *Input) { c.Trend.Window = 0 }
	if r := ruleOf(t, rules.FleetLoadRising, noTrend); r.Alert != "" {
		t.Errorf("with a window of 0s there is %+v", r)
	}
	cfg, in := Defaults(), exampleInput()
	noTrend(&cfg, &in)
	for _, sc := range Scenarios(cfg, in) {
		if strings.HasPrefix(sc.Name, rules.FleetLoadRising) {
			t.Errorf("with a window of 0s there is the scenario %q", sc.Name)
		}
	}
}
