package generate

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

func ruleFile(_ generator, groups []Group) (document, error) {
	list, err := commented(groups)
	if err != nil {
		return document{}, err
	}
	return document{
		usage: "Rules for Prometheus 2.22 to 3: name this file under rule_files.",
		docs:  []any{struct{ Groups *yaml.Node }{list}},
	}, nil
}

func prometheusRule(g generator, groups []Group) (document, error) {
	list, err := commented(groups)
	if err != nil {
		return document{}, err
	}
	return document{
		usage: "The rules as an object for the Prometheus operator; its labels must match the ruleSelector of your Prometheus.",
		docs:  []any{g.object("v1", "PrometheusRule", "", struct{ Groups *yaml.Node }{list})},
	}, nil
}

// commented encodes groups with the comment of each rule above it.
func commented(groups []Group) (*yaml.Node, error) {
	var list yaml.Node
	if err := list.Encode(groups); err != nil {
		return nil, fmt.Errorf("encoding rules: %w", err)
	}
	for i, g := range groups {
		if len(g.Rules) == 0 {
			return nil, errors.New("refusing to write a group of zero rules: " + g.Name)
		}
		for j, rule := range valueOf(list.Content[i], "rules").Content {
			rule.HeadComment = g.Rules[j].Why
		}
	}
	return &list, nil
}

// valueOf returns the value of a mapping's key.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return &yaml.Node{}
}
