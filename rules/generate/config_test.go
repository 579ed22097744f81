package generate

import (
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"gopkg.in/yaml.v3"
)

func TestDefaultsAreValid(t *testing.T) {
	for _, err := range Defaults().Validate() {
		t.Error(err)
	}
	for _, err := range exampleInput().Validate() {
		t.Error(err)
	}
}

// exampleInput is what the other sections' defaults give, with bands wide
// enough to stand between thresholds.
func exampleInput() Input {
	return Input{
		Fleet: "bbb", Thresholds: rules.Thresholds{CPU: rules.Band{Min: 0.05, Max: 0.35}, Memory: rules.Band{Min: 0.15, Max: 0.35}}, Headroom: 0.4, Tolerance: 0.1, Floor: 2,
		Cooldown: 5 * 60e9, StartTime: 5 * 60e9, DrainDeadline: 3 * 3600e9, StaleAfter: 5 * 60e9, AlertExpiry: 30 * 60e9,
	}
}

func TestBadConfigIsRefusedWithTheKeysPath(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"a label name that is not one":      {`labels: {fleet: a-b}`, `rules.labels.fleet: "a-b": must match [a-zA-Z_][a-zA-Z0-9_]*`},
		"a metric name that is not one":     {`metrics: {api_up: bbb api}`, `rules.metrics.api_up: "bbb api": must match`},
		"a matcher's label":                 {`exporters: {node: {the-job: x}}`, `rules.exporters.node: "the-job": must be the name of a label`},
		"a matcher without labels":          {`exporters: {scaler: {}}`, `rules.exporters.scaler: map[]: must match at least one`},
		"an unknown job variant":            {`exporters: {variant: docker}`, `rules.exporters.variant: "docker": must be ports or ebbba`},
		"a duration of 0":                   {`for: {BBBServerDown: 0s}`, `rules.for.BBBServerDown: 0s: must be longer than 0`},
		"a duration for an unknown alert":   {`for: {BBBServerUp: 1m}`, `rules.for.BBBServerUp: 1m: must name an alert`},
		"an interval of 0":                  {`evaluation_interval: 0s`, `rules.evaluation_interval: 0s: must be longer`},
		"an interval beyond the lookback":   {"{evaluation_interval: 5m, rate_window: 10m}", `rules.evaluation_interval: 5m: must be shorter than 5m`},
		"a rate window of one scrape":       {`rate_window: 30s`, `rules.rate_window: 30s: must be at least two times`},
		"a trend through one evaluation":    {`trend: {window: 30s}`, `rules.trend.window: 30s: must be at least two evaluation intervals (1m), or 0s`},
		"a trend that leads nowhere":        {`trend: {ahead: 0s}`, `rules.trend.ahead: 0s: must be longer than 0`},
		"an action that does not exist":     {`asks: {MyAlert: explode}`, `rules.asks.MyAlert: "explode": must be one of grow, shrink, stop, disable, cordon, start`},
		"an operator's alert of our name":   {`asks: {BBBServerDown: stop}`, `rules.asks.BBBServerDown: "stop": must not be an alert of`},
		"an unknown Prometheus":             {`compat: "2.10"`, `rules.compat: "2.10": must be`},
		"a history that does not exist":     {`forecast: {history: [month]}`, `rules.forecast.history: "month": must be week or day`},
		"no history":                        {`forecast: {history: []}`, `rules.forecast.history: []: must list`},
		"an address that is not one":        {`alertmanager: {url: bbb-scaler}`, `rules.alertmanager.url: "bbb-scaler": must be a URL`},
		"a scheme that is not one":          {`scrape: {scheme: ftp}`, `rules.scrape.scheme: "ftp": must be http or https`},
		"a hysteresis out of all measure":   {`hysteresis: 0.5`, `rules.hysteresis: 0.5: must be at least 0`},
		"an extra label that is not one":    {`extra_labels: {a.b: c}`, `rules.extra_labels: "a.b": must be the name of a label`},
		"a place in the band outside of it": {`scale_in_below: 1`, `rules.scale_in_below: 1: must be above 0 and below 1`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Defaults()
			if err := yaml.Unmarshal([]byte(c.yaml), &cfg); err != nil {
				t.Fatal(err)
			}
			wantProblem(t, cfg.Validate(), c.want)
		})
	}
}

func TestThresholdsThatCrossAreRefused(t *testing.T) {
	in := exampleInput()
	in.Thresholds.CPU = rules.Band{Min: 0.7, Max: 0.3}
	wantProblem(t, in.Validate(), "thresholds.cpu.min: 0.7: must be below thresholds.cpu.max, which is 0.3")
}

func TestHeadroomAndToleranceAreShares(t *testing.T) {
	in := exampleInput()
	in.Headroom = 1
	wantProblem(t, in.Validate(), "capacity.headroom: 1: must be at least 0 and below 1")
	in = exampleInput()
	in.Tolerance = -0.1
	wantProblem(t, in.Validate(), "capacity.tolerance: -0.1: must be at least 0 and below 1")
}

func TestAFilesMatchersReplaceTheDefault(t *testing.T) {
	cfg := Defaults()
	if err := yaml.Unmarshal([]byte(`exporters: {node: {endpoint: ne-metrics}}`), &cfg); err != nil {
		t.Fatal(err)
	}
	if got := cfg.Exporters.Node; len(got) != 1 || got["endpoint"] != "ne-metrics" {
		t.Errorf("node matchers = %v, want only endpoint", got)
	}
}

func TestOperatorsAlertsJoinTheGeneratedOnes(t *testing.T) {
	cfg := Defaults()
	cfg.Asks = map[string]rules.Ask{"my_alert": rules.AskCordon}
	got := cfg.Meanings()
	if got["my_alert"].Ask != rules.AskCordon || got[rules.ServerIdle].Ask != rules.AskStop || len(got) != len(rules.Meanings())+1 {
		t.Errorf("Meanings() = %v", got)
	}
}

func wantProblem(t *testing.T, got []error, want string) {
	t.Helper()
	if len(got) != 1 || !strings.HasPrefix(got[0].Error(), want) {
		t.Errorf("problems = %q, want one beginning with %q", got, want)
	}
}
