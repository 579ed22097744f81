package config

import (
	"strings"
	"testing"
)

func TestScalelitesOwnVariablesSayWhereItIs(t *testing.T) {
	for name, test := range map[string]struct {
		text        string
		env         map[string]string
		url, secret string
	}{
		"beside the predecessor's secret": {env: map[string]string{"URL_HOST": "scalelite.example.org", "BBB_PASS": "lb"},
			url: "https://scalelite.example.org", secret: "lb"},
		"with Scalelite's own secret": {env: map[string]string{"URL_HOST": " scalelite.example.org ", "LOADBALANCER_SECRET": "lb"},
			url: "https://scalelite.example.org", secret: "lb"},
		"with a port": {env: map[string]string{"URL_HOST": "scalelite.example.org:8443", "BBB_PASS": "lb"},
			url: "https://scalelite.example.org:8443", secret: "lb"},
		"with the file's secret": {text: "scalelite: {secret: file}", env: map[string]string{"URL_HOST": "host", "LOADBALANCER_SECRET": "lb"},
			url: "https://host", secret: "file"},
		"after the file": {text: "scalelite: {url: http://scalelite:3000, secret: file}", env: map[string]string{"URL_HOST": "host"},
			url: "http://scalelite:3000", secret: "file"},
		"after our own variables": {
			env: map[string]string{"URL_HOST": "host", "LOADBALANCER_SECRET": "lb", "BBB_SCALER_SCALELITE_URL": "https://own", "BBB_SCALER_SCALELITE_SECRET": "own"},
			url: "https://own", secret: "own"},
		"without a secret":  {env: map[string]string{"URL_HOST": "host"}},
		"without a host":    {env: map[string]string{"BBB_PASS": "lb"}, secret: "lb"},
		"with an empty one": {env: map[string]string{"URL_HOST": "", "BBB_PASS": "lb"}, secret: "lb"},
	} {
		f, err := Read(write(t, test.text), env(test.env))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Scalelite.URL != test.url || f.Scalelite.Secret.Reveal() != test.secret {
			t.Errorf("%s: %q with secret %q, want %q with %q", name, f.Scalelite.URL, f.Scalelite.Secret.Reveal(), test.url, test.secret)
		}
		if f.Actions.NoBalancer != (test.url == "") {
			t.Errorf("%s: without a balancer is %t", name, f.Actions.NoBalancer)
		}
	}
}

func TestAScaleliteHostThatIsNoHostIsRefused(t *testing.T) {
	for _, host := range []string{"https://scalelite.example.org", "scalelite.example.org/path", "a b", "user@host", ":443"} {
		_, err := Read("", env(map[string]string{"URL_HOST": host, "BBB_PASS": "lb"}))
		if err == nil || !strings.Contains(err.Error(), "URL_HOST") {
			t.Errorf("URL_HOST %q: error %v, want one that names URL_HOST", host, err)
		}
	}
}
