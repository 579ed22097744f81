package daemon

import (
	"maps"
	"slices"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

func TestThePreflightWantsTheAlertsThatAreGenerated(t *testing.T) {
	for name, edit := range map[string]func(*generate.Config){
		"defaults":                 func(*generate.Config) {},
		"no forecast":              func(c *generate.Config) { c.Forecast.Enabled = false },
		"no trend":                 func(c *generate.Config) { c.Trend.Window = 0 },
		"no forecast and no trend": func(c *generate.Config) { c.Forecast.Enabled, c.Trend.Window = false, 0 },
	} {
		t.Run(name, func(t *testing.T) {
			file := config.Defaults()
			edit(&file.Rules)
			groups, err := generate.Build(file.Rules, file.RuleInput())
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, r := range groups[0].Rules {
				if r.Labels[rules.LabelScaler] == rules.RouteScaler {
					want = append(want, r.Alert)
				}
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(generated(file.Rules))); !slices.Equal(got, want) {
				t.Errorf("generated() = %q, want %q", got, want)
			}
		})
	}
}
