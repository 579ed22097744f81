package generate

import "strings"

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

// dict is a YAML mapping whose keys are written in sorted order.
type dict = map[string]any

func (g generator) object(version, kind, suffix string, spec any) object {
	return object{
		APIVersion: "monitoring.coreos.com/" + version, Kind: kind, Spec: spec,
		Metadata: metadata{Name: g.Operator.Name + suffix, Namespace: g.Operator.Namespace, Labels: g.Operator.Labels},
	}
}

// secretLogin refers to the keys of the configured secret.
func (g generator) secretLogin() dict {
	return dict{
		"username": dict{"name": g.Operator.Secret, "key": "username"},
		"password": dict{"name": g.Operator.Secret, "key": "password"},
	}
}

// operatorAccess adds the scheme, the login and the TLS settings to an endpoint of
// a Kubernetes object. ca_file applies to plain files only; objects trust the
// system's certificate authorities, or skip the verification.
func (g generator) operatorAccess(endpoint dict, scheme string, login bool) {
	endpoint["scheme"] = scheme
	g.operatorLogin(endpoint, scheme, login)
}

func (g generator) operatorLogin(endpoint dict, scheme string, login bool) {
	if login {
		endpoint["basicAuth"] = g.secretLogin()
	}
	if strings.EqualFold(scheme, "https") && g.Scrape.SkipVerify {
		endpoint["tlsConfig"] = dict{"insecureSkipVerify": true}
	}
}

// scalerScheme returns the scheme of the daemon's port.
func (g generator) scalerScheme() string {
	scheme, _, _ := strings.Cut(g.Alertmanager.URL, "://")
	return strings.ToLower(scheme)
}
