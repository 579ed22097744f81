package generate

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestEveryAlertOfTheCatalogueHasOneExpression(t *testing.T) {
	left := expressions()
	for _, a := range rules.Catalogue() {
		if left[a.Name] == nil {
			t.Errorf("%s has no expression", a.Name)
		}
		delete(left, a.Name)
	}
	for name := range left {
		t.Errorf("%s has an expression and no row in the catalogue", name)
	}
}

func TestEveryAlertHasAScenarioInWhichItFires(t *testing.T) {
	var checks []Check
	for _, sc := range Scenarios(Defaults(), exampleInput()) {
		checks = append(checks, sc.Checks...)
	}
	for _, a := range rules.Catalogue() {
		fires := func(c Check) bool {
			return c.Want == 1 && strings.Contains(c.Expr, `alertname="`+a.Name+`",alertstate="firing"`)
		}
		if !slices.ContainsFunc(checks, fires) {
			t.Errorf("%s fires in no scenario", a.Name)
		}
	}
}

// sources tells by which part of an expression the series of an exporter are known.
var sources = map[rules.Need]*regexp.Regexp{
	rules.NeedNode:       regexp.MustCompile(`job="bbb-node"`),
	rules.NeedBBB:        regexp.MustCompile(`bbb_(meetings_participants|api_up)\{[^}]*job="bbb-exporter"`),
	rules.NeedRecordings: regexp.MustCompile(`bbb_recordings_\w+\{[^}]*job="bbb-exporter"`),
	rules.NeedScaler:     regexp.MustCompile(`job="bbb-scaler"`),
}

func TestTheCatalogueNamesTheExportersThatAnAlertReads(t *testing.T) {
	records := map[string]string{}
	for _, r := range mustBuild(t)[0].Rules {
		records[r.Record] = r.Expr
	}
	// Which aliases are looked up depends on all targets; the server of one does not
	// depend on others.
	records[aliasHost] = regexp.MustCompile(`and on \(alias\) .*`).ReplaceAllString(records[aliasHost], "")
	for _, r := range mustBuild(t)[0].Rules {
		if r.Alert == "" {
			continue
		}
		text := read(r.Expr, records)
		row := rowOf(t, r.Alert)
		for need, source := range sources {
			if got, want := row.Needs.Has(need), source.MatchString(text); got != want {
				t.Errorf("%s: needs %v = %v; its expression reads it = %v", r.Alert, source, got, want)
			}
		}
	}
}

// read returns an expression and those of the records that it reads, however
// many records apart.
func read(expr string, records map[string]string) string {
	text, seen := expr, map[string]bool{}
	for found := true; found; {
		found = false
		for _, m := range regexp.MustCompile(`([\w:]+)\{`).FindAllStringSubmatch(text, -1) {
			if more, is := records[m[1]]; is && !seen[m[1]] {
				seen[m[1]], found = true, true
				text += "\n" + more
			}
		}
	}
	return text
}

func rowOf(t *testing.T, name string) rules.Alert {
	t.Helper()
	all := rules.Catalogue()
	i := slices.IndexFunc(all, func(a rules.Alert) bool { return a.Name == name })
	if i < 0 {
		t.Fatalf("%s is not in the catalogue", name)
	}
	return all[i]
}

func TestAnAlertIsGeneratedOnlyWithTheSettingsThatItNeeds(t *testing.T) {
	for need, off := range map[rules.Need]func(*Config, *Input){
		rules.NeedForecast: func(c *Config, _ *Input) { c.Forecast.Enabled = false },
		rules.NeedTrend:    func(c *Config, _ *Input) { c.Trend.Window = 0 },
	} {
		var got, want []string
		for _, r := range mustBuild(t, off)[0].Rules {
			if r.Alert != "" {
				got = append(got, r.Alert)
			}
		}
		for _, a := range rules.Catalogue() {
			if !a.Needs.Has(need) {
				want = append(want, a.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("alerts = %q, want %q", got, want)
		}
	}
}
