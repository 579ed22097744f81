package rules

import "gopkg.in/yaml.v3"

// object is a Kubernetes object.
type object struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       any      `yaml:"spec"`
}

type metadata struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace,omitempty"`
	Labels    map[string]string `yaml:"labels,omitempty"`
}

// dict is a YAML mapping without a type of its own; keys come out sorted.
type dict = map[string]any

func (g generator) object(version, kind, suffix string, spec any) object {
	return object{
		APIVersion: "monitoring.coreos.com/" + version, Kind: kind, Spec: spec,
		Metadata: metadata{Name: g.Operator.Name + suffix, Namespace: g.Operator.Namespace, Labels: g.Operator.Labels},
	}
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
