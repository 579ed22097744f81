package generate

import (
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// mustBuild returns the rules for the defaults, changed by edits.
func mustBuild(t testing.TB, edits ...func(*Config, *Input)) []Group {
	t.Helper()
	cfg, in := Defaults(), exampleInput()
	for _, edit := range edits {
		edit(&cfg, &in)
	}
	groups, err := Build(cfg, in)
	if err != nil {
		t.Fatal(err)
	}
	return groups
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

func TestBuildRefusesWhatDoesNotFitTogether(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*Config, *Input)
		want string
	}{
		"a hysteresis as wide as half a band": {func(c *Config, _ *Input) { c.Hysteresis = 0.1 }, "rules.hysteresis: 0.1: must be smaller"},
		"rules that trust the scaler longer than it trusts itself": {
			func(_ *Config, in *Input) { in.StaleAfter = 60e9 }, "rules.scaler_stale: 3m: must be shorter than deadlines.stale"},
		"alerts that expire before they are repeated": {
			func(_ *Config, in *Input) { in.AlertExpiry = 600e9 }, "deadlines.alert_expiry: 10m0s: must be longer"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, in := Defaults(), exampleInput()
			c.edit(&cfg, &in)
			groups, err := Build(cfg, in)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || groups != nil {
				t.Errorf("Build() = %v, %v; want an error beginning with %q", groups, err, c.want)
			}
		})
	}
}

func TestAlertsForTheScalerAreThoseThatMeanSomethingToIt(t *testing.T) {
	meanings := rules.Meanings()
	for _, r := range mustBuild(t)[0].Rules {
		if r.Alert == "" {
			continue
		}
		_, asks := meanings[r.Alert]
		if routed := r.Labels[rules.LabelScaler] == rules.RouteScaler; routed != asks {
			t.Errorf("%s: routed to the scaler = %v, asks for something = %v", r.Alert, routed, asks)
		}
		delete(meanings, r.Alert)
	}
	for name := range meanings {
		t.Errorf("%s has a meaning and is not generated", name)
	}
}

// The key came with Prometheus 2.25; older ones refuse the whole file.
func TestTheUnitTestsHaveNoNames(t *testing.T) {
	for _, format := range []Format{FormatTests, FormatForecastTests} {
		file, err := FileOf(format)
		if err != nil {
			t.Fatal(err)
		}
		text, err := file.Render(Defaults(), exampleInput())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "name: ") || !strings.Contains(string(text), "  # forecast:") && format == FormatForecastTests {
			t.Errorf("%s has tests with a name, or without a comment", file.Name)
		}
	}
}
