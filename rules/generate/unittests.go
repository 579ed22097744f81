package generate

import (
	"fmt"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

const testsUsage = `Unit tests for the rules in bbb-rules.yml: promtool test rules bbb-rules.test.yml bbb-forecast.test.yml`

// testFile is a file of promtool's unit tests.
type testFile struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              *yaml.Node     `yaml:"tests"`
}

type testGroup struct {
	Interval model.Duration `yaml:"interval"`
	Series   []Series       `yaml:"input_series"`
	Checks   []testCase     `yaml:"promql_expr_test"`
}

type testCase struct {
	Expr string         `yaml:"expr"`
	At   model.Duration `yaml:"eval_time"`
	Want []testSample   `yaml:"exp_samples"`
}

type testSample struct {
	Labels string  `yaml:"labels"`
	Value  float64 `yaml:"value"`
}

// unitTests returns the scenarios in promtool's format. Annotations are checked
// by this project's own tests only, since promtool compares all annotations of an
// alert or none.
func unitTests(g generator, _ []Group) (document, error) {
	return testsOf(setup{generator: g}.presentScenarios(), g.EvaluationInterval)
}

// forecastTests are in a file of their own, since promtool has one evaluation
// interval per file.
func forecastTests(g generator, _ []Group) (document, error) {
	s := setup{generator: g}.coarser()
	return testsOf(s.forecastScenarios(), s.EvaluationInterval)
}

// testsOf writes the name of each scenario as a comment: Prometheus 2.22 refuses
// the key name.
func testsOf(scenarios []Scenario, interval model.Duration) (document, error) {
	groups := []testGroup{}
	for _, sc := range scenarios {
		group := testGroup{Interval: interval, Series: sc.Series}
		for _, c := range sc.Checks {
			if c.Alert == "" {
				group.Checks = append(group.Checks, testCase{c.Expr, model.Duration(c.At), []testSample{{"{}", c.Want}}})
			}
		}
		groups = append(groups, group)
	}
	var list yaml.Node
	if err := list.Encode(groups); err != nil {
		return document{}, fmt.Errorf("encoding tests: %w", err)
	}
	for i, sc := range scenarios {
		list.Content[i].HeadComment = sc.Name
	}
	return document{usage: testsUsage, docs: []any{testFile{RuleFiles: []string{"bbb-rules.yml"}, EvaluationInterval: interval, Tests: &list}}}, nil
}
