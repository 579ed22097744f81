package generate

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Scenario is a set of input series and the values that the rules must produce at
// given times. The unit tests for promtool and this project's own tests are made
// from the same scenarios.
type Scenario struct {
	Name   string   // what is tested; the first words are the subject
	Series []Series // input of the rules
	Checks []Check  // expected results
	// Quiet lists periods without any samples, in which the rules need not be
	// evaluated.
	Quiet []Stretch
}

// Stretch is a period, from and to a time since the scenario's beginning.
type Stretch struct{ From, To time.Duration }

// Series is one input series. Its values are in promtool's notation, with one
// sample per evaluation interval.
type Series struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

// Check is the value that an expression must have at a time, or the annotations
// that an alert must have.
type Check struct {
	At   time.Duration // since the scenario's beginning
	Expr string        // an expression with one sample without labels
	Want float64       // value of that sample
	// Alert and Annotations, when set, are used instead of Expr and Want: every
	// active alert of the name must have the annotations, and at least one is
	// active.
	Alert       string
	Annotations map[string]string
}

// Scenarios returns the scenarios that test the rules of a configuration.
func Scenarios(cfg Config, in Input) []Scenario {
	s := setup{generator: generator{cfg, in}}
	return append(s.presentScenarios(), s.forecastScenarios()...)
}

// presentScenarios are the scenarios that are shorter than a day.
func (s setup) presentScenarios() []Scenario {
	all := s.serverScenarios()
	all = append(all, s.idleScenarios()...)
	all = append(all, s.downScenario())
	all = append(all, s.fleetScenarios()...)
	all = append(all, s.trendScenarios()...)
	all = append(all, s.loadScenarios()...)
	all = append(all, s.idleMemoryScenarios()...)
	all = append(all, s.stateScenarios()...)
	all = append(all, s.poolScenarios()...)
	all = append(all, s.joinScenarios()...)
	all = append(all, s.fleetsScenarios()...)
	return append(all, s.peopleScenarios()...)
}

// firingAt checks the number of firing alerts of a name at a sample.
func (s setup) firingAt(sample int, alert string, want int, more ...matcher) Check {
	ms := append([]matcher{{rules.LabelAlert, "=", alert}, {labelAlertState, "=", "firing"}, {rules.LabelFleet, "=", s.in.Fleet}}, more...)
	return Check{At: s.at(sample), Expr: "count(" + selector(alertsSeries, ms...) + ") or vector(0)", Want: float64(want)}
}

// valueAt checks a recorded value of the fleet at a sample, to six digits.
func (s setup) valueAt(sample int, record string, want float64) Check {
	return s.nearAt(sample, record, want, 1e-6*max(1, want))
}

func (s setup) nearAt(sample int, record string, want, within float64) Check {
	return Check{At: s.at(sample), Expr: "count(abs(" + s.rec(record) + " - " + exact(want) + ") < " + exact(within) + ") or vector(0)", Want: 1}
}

// absentAt checks that a record has no value.
func (s setup) absentAt(sample int, record string) Check {
	return Check{At: s.at(sample), Expr: "count(" + s.rec(record) + ") or vector(0)", Want: 0}
}
