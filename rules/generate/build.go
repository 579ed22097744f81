package generate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Rule is one recording rule or one alert in the format of Prometheus's rule
// files.
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

// Group is a list of rules that Prometheus evaluates one after the other.
type Group struct {
	Name     string         `yaml:"name"`
	Interval model.Duration `yaml:"interval"`
	Rules    []Rule         `yaml:"rules"`
}

// Build returns the rule groups for a configuration. The same input always gives
// the same groups. The error joins everything that is wrong with the input.
func Build(cfg Config, in Input) ([]Group, error) {
	if err := errors.Join(validateBoth(cfg, in)...); err != nil {
		return nil, err
	}
	g := generator{cfg, in}
	// One group, so that the alerts read the values recorded in the same evaluation.
	all := append(g.named(g.records()), g.alerts()...)
	groups := []Group{{Name: "bbb-" + in.Fleet, Interval: cfg.EvaluationInterval, Rules: all}}
	digest, err := digestOf(groups)
	if err != nil {
		return nil, err
	}
	groups[0].Rules = append([]Rule{{
		Record: rules.RecordRules, Expr: "vector(1)", Labels: map[string]string{rules.LabelFleet: in.Fleet, rules.LabelDigest: digest[:16]},
		Why: "Identifies these rules. The daemon exports the digest of the rules that its own configuration produces.",
	}}, all...)
	return groups, nil
}

// Digest returns the identifier of the rules that a configuration produces: the
// label digest of the recorded series rules.RecordRules. Two configurations with
// the same rules have the same digest. The error joins everything that is wrong
// with the input.
func Digest(cfg Config, in Input) (string, error) {
	groups, err := Build(cfg, in)
	if err != nil {
		return "", err
	}
	return groups[0].Rules[0].Labels[rules.LabelDigest], nil
}

// digestOf returns the SHA-256 of values, in hex.
func digestOf(values ...any) (string, error) {
	text, err := yaml.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("hashing: %w", err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(text)), nil
}

func validateBoth(cfg Config, in Input) []error {
	p := problems(append(cfg.Validate(), in.Validate()...))
	cfg.validateHysteresis(&p, "thresholds.cpu", in.Thresholds.CPU)
	cfg.validateHysteresis(&p, "thresholds.memory", in.Thresholds.Memory)
	p.check(time.Duration(cfg.ScalerStale) < in.StaleAfter, "rules.scaler_stale", cfg.ScalerStale,
		fmt.Sprintf("be shorter than deadlines.stale, which is %v: servers that the scaler calls uncertain would leave the averages", in.StaleAfter))
	p.check(2*cfg.repeatInterval(in.Cooldown) < in.AlertExpiry, "deadlines.alert_expiry", in.AlertExpiry,
		fmt.Sprintf("be longer than two times Alertmanager's repeat_interval, which is %v from cooldowns.scale_out", cfg.repeatInterval(in.Cooldown)))
	return p
}

func (c Config) validateHysteresis(p *problems, path string, b rules.Band) {
	p.check(c.Hysteresis < (b.Max-b.Min)/2, "rules.hysteresis", c.Hysteresis,
		fmt.Sprintf("be smaller than half the band of %s, which is %s wide", path, number(b.Max-b.Min)))
}

// repeatInterval returns how often Alertmanager sends a firing alert again: once
// per cooldown, so that the annotations are recent when the next step is allowed.
// It is rounded up to a multiple of group_interval, since Alertmanager sends only
// then.
func (c Config) repeatInterval(cooldown time.Duration) time.Duration {
	group := time.Duration(c.Alertmanager.GroupInterval)
	if group <= 0 {
		return cooldown
	}
	return max(1, (cooldown+group-1)/group) * group
}

// generator holds the configuration that every rule is generated from.
type generator struct {
	Config
	in Input
}

// named adds the fleet's name as a label to recording rules.
func (g generator) named(records []Rule) []Rule {
	for i := range records {
		records[i].Labels = map[string]string{rules.LabelFleet: g.in.Fleet}
	}
	return records
}
