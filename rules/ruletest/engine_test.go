package ruletest

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func defaultInput() rules.Input {
	return rules.Input{
		Fleet: "bbb", Thresholds: rules.Thresholds{CPU: rules.Band{Min: 0.05, Max: 0.35}, Memory: rules.Band{Min: 0.15, Max: 0.35}}, Headroom: 0.4, Tolerance: 0.1, Floor: 2,
		Cooldown: 5 * time.Minute, StartTime: 5 * time.Minute, DrainDeadline: 3 * time.Hour, StaleAfter: 5 * time.Minute, AlertExpiry: 30 * time.Minute,
	}
}

func TestEveryAlertFiresAndResolvesWhenDocumented(t *testing.T) {
	for name, edit := range map[string]func(*rules.Config, *rules.Input){
		"defaults": func(*rules.Config, *rules.Input) {},
		"the thresholds of a production": func(_ *rules.Config, in *rules.Input) {
			in.Thresholds = rules.Thresholds{CPU: rules.Band{Min: 0.005, Max: 0.7}, Memory: rules.Band{Min: 0.22, Max: 0.7}}
		},
		"exporters of the role ebbba, other names, two fleets": func(c *rules.Config, in *rules.Input) {
			in.Fleet = "north"
			c.Exporters.Variant = rules.VariantEBBBA
			c.Exporters.Node = rules.Matchers{"service": "mon", "kind": "node"}
			c.Exporters.BBB = rules.Matchers{"service": "mon", "kind": "bbb"}
			c.Labels = rules.Labels{Instance: "node", ServerID: "uuid", Fleet: "site"}
			c.Metrics.CPUSeconds, c.Metrics.Participants = "cpu_seconds", "people"
		},
		"no bbb-exporter, no forecast": func(c *rules.Config, _ *rules.Input) {
			c.Exporters.WithBBB, c.Forecast.Enabled = false, false
		},
		"no recordings, no trend, no headroom": func(c *rules.Config, in *rules.Input) {
			c.Exporters.Recordings, c.Trend.Window, in.Headroom = false, 0, 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, in := rules.Defaults(), defaultInput()
			edit(&cfg, &in)
			runAll(t, cfg, in)
		})
	}
}

func runAll(t *testing.T, cfg rules.Config, in rules.Input) {
	groups, err := rules.Build(cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine()
	t.Cleanup(func() { _ = e.Close() })
	for _, sc := range rules.Scenarios(cfg, in) {
		t.Run(strings.ReplaceAll(sc.Name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			g := Relevant(groups[0], sc)
			if err := e.Run(t.Context(), g, sc); err != nil {
				t.Error(err)
			}
		})
	}
}
