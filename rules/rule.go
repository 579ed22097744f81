package rules

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// Rule is one recording rule or one alert, as Prometheus reads it.
type Rule struct {
	Record        string            `yaml:"record,omitempty"`
	Alert         string            `yaml:"alert,omitempty"`
	Expr          string            `yaml:"expr"`
	For           model.Duration    `yaml:"for,omitempty"`
	KeepFiringFor model.Duration    `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
	// Why is the comment above the rule.
	Why string `yaml:"-"`
}

// Group is rules that are evaluated one after the other.
type Group struct {
	Name     string         `yaml:"name"`
	Interval model.Duration `yaml:"interval"`
	Rules    []Rule         `yaml:"rules"`
}

// Build returns the rule groups for a configuration. They are deterministic:
// the same input gives the same groups. An error joins everything that is
// wrong with the input.
func Build(cfg Config, in Input) ([]Group, error) {
	if err := errors.Join(validateBoth(cfg, in)...); err != nil {
		return nil, err
	}
	g := generator{cfg, in}
	// One group, so that the alerts see what was recorded a moment before.
	all := append(g.named(g.records()), g.alerts()...)
	return []Group{{Name: "bbb-" + in.Fleet, Interval: cfg.EvaluationInterval, Rules: all}}, nil
}

func validateBoth(cfg Config, in Input) []error {
	p := problems(append(cfg.Validate(), in.Validate()...))
	cfg.validateHysteresis(&p, "thresholds.cpu", in.Thresholds.CPU)
	cfg.validateHysteresis(&p, "thresholds.memory", in.Thresholds.Memory)
	p.check(time.Duration(cfg.ScalerStale) < in.StaleAfter, "rules.scaler_stale", cfg.ScalerStale,
		fmt.Sprintf("must be shorter than deadlines.stale, which is %v: servers that the scaler calls uncertain would leave the averages", in.StaleAfter))
	p.check(2*cfg.repeatInterval(in.Cooldown) < in.AlertExpiry, "deadlines.alert_expiry", in.AlertExpiry,
		fmt.Sprintf("must be longer than two times Alertmanager's repeat_interval, which is %v from cooldowns.scale_out", cfg.repeatInterval(in.Cooldown)))
	return p
}

func (c Config) validateHysteresis(p *problems, path string, b Band) {
	p.check(c.Hysteresis < (b.Max-b.Min)/2, "rules.hysteresis", c.Hysteresis,
		fmt.Sprintf("must be smaller than half the band of %s, which is %s wide", path, number(b.Max-b.Min)))
}

// repeatInterval is how often Alertmanager sends a firing alert again: once a
// cooldown, so that the figures are fresh when the next step may be taken, and
// a whole number of group intervals, the only times when it looks.
func (c Config) repeatInterval(cooldown time.Duration) time.Duration {
	group := time.Duration(c.Alertmanager.GroupInterval)
	if group <= 0 {
		return cooldown
	}
	return max(1, (cooldown+group-1)/group) * group
}

// generator holds what every rule is made from.
type generator struct {
	Config
	in Input
}

// named puts the fleet's name on recording rules.
func (g generator) named(records []Rule) []Rule {
	for i := range records {
		records[i].Labels = map[string]string{LabelFleet: g.in.Fleet}
	}
	return records
}
