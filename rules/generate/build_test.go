package generate

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

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

// keysOfUnitTests are all keys that promtool 2.22 knows in a file of unit tests;
// it refuses a file with any other, such as name (2.25) or fuzzy_compare (2.54).
var keysOfUnitTests = []string{
	"rule_files", "evaluation_interval", "group_eval_order", "tests",
	"interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels",
	"series", "values", "expr", "eval_time", "exp_samples", "labels", "value",
	"alertname", "exp_alerts", "exp_labels", "exp_annotations",
}

func TestTheUnitTestsLoadInTheOldestPrometheus(t *testing.T) {
	for _, format := range []Format{FormatTests, FormatForecastTests} {
		text := rendered(t, format)
		var root yaml.Node
		if err := yaml.Unmarshal([]byte(text), &root); err != nil {
			t.Fatal(err)
		}
		for _, key := range keysOf(&root) {
			if !slices.Contains(keysOfUnitTests, key) {
				t.Errorf("%s has the key %s, which promtool 2.22 does not know", format, key)
			}
		}
		if !strings.Contains(text, "  # forecast:") && format == FormatForecastTests {
			t.Errorf("%s does not say in comments what its tests are", format)
		}
	}
}

// rendered returns the text of a file for the defaults, changed by edits.
func rendered(t *testing.T, format Format, edits ...func(*Config)) string {
	t.Helper()
	cfg := Defaults()
	for _, edit := range edits {
		edit(&cfg)
	}
	file, err := FileOf(format)
	if err != nil {
		t.Fatal(err)
	}
	text, err := file.Render(cfg, exampleInput())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// keysOf returns the keys of all mappings at or below n.
func keysOf(n *yaml.Node) (keys []string) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			keys = append(keys, child.Value)
		}
		keys = append(keys, keysOf(child)...)
	}
	return keys
}
