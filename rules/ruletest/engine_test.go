package ruletest

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

func defaultInput() generate.Input {
	return generate.Input{
		Fleet: "bbb", Thresholds: rules.Thresholds{CPU: rules.Band{Min: 0.05, Max: 0.35}, Memory: rules.Band{Min: 0.15, Max: 0.35}}, IdleRAM: 3072, Headroom: 0.4, Tolerance: 0.1, Floor: 2,
		Cooldown: 5 * time.Minute, StartTime: 5 * time.Minute, DrainDeadline: 3 * time.Hour, StaleAfter: 5 * time.Minute, AlertExpiry: 30 * time.Minute,
	}
}

func TestEveryAlertFiresAndResolvesWhenDocumented(t *testing.T) {
	for name, edit := range map[string]func(*generate.Config, *generate.Input){
		"defaults": func(*generate.Config, *generate.Input) {},
		"the thresholds of a production": func(_ *generate.Config, in *generate.Input) {
			in.Thresholds = rules.Thresholds{CPU: rules.Band{Min: 0.005, Max: 0.7}, Memory: rules.Band{Min: 0.22, Max: 0.7}}
		},
		"exporters of the role ebbba, other names, two fleets": func(c *generate.Config, in *generate.Input) {
			in.Fleet = "north"
			c.Exporters.Variant = generate.VariantEBBBA
			c.Exporters.Node = generate.Matchers{"service": "mon", "kind": "node"}
			c.Exporters.BBB = generate.Matchers{"service": "mon", "kind": "bbb"}
			c.Labels = generate.Labels{Instance: "node", ServerID: "uuid", Fleet: "site"}
			c.Metrics.CPUSeconds, c.Metrics.Participants = "cpu_seconds", "people"
		},
		"no bbb-exporter, no forecast": func(c *generate.Config, _ *generate.Input) {
			c.Exporters.WithBBB, c.Forecast.Enabled = false, false
		},
		"no recordings, no trend, no headroom": func(c *generate.Config, in *generate.Input) {
			c.Exporters.Recordings, c.Trend.Window, in.Headroom = false, 0, 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, in := generate.Defaults(), defaultInput()
			edit(&cfg, &in)
			runAll(t, cfg, in)
		})
	}
}

func runAll(t *testing.T, cfg generate.Config, in generate.Input) {
	groups, err := generate.Build(cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine()
	t.Cleanup(func() { _ = e.Close() })
	for _, sc := range generate.Scenarios(cfg, in) {
		t.Run(strings.ReplaceAll(sc.Name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			g := Relevant(groups[0], sc)
			if err := e.Run(t.Context(), g, sc); err != nil {
				t.Error(err)
			}
		})
	}
}
