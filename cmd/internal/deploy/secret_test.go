package deploy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// secretKeys returns the keys that objects read from a secret, at or below n.
func secretKeys(n *yaml.Node, secret string) (keys []string) {
	var reference struct{ Name, Key string }
	if n.Kind == yaml.MappingNode && n.Decode(&reference) == nil && reference.Name == secret && reference.Key != "" {
		keys = append(keys, reference.Key)
	}
	for _, child := range n.Content {
		keys = append(keys, secretKeys(child, secret)...)
	}
	return keys
}

func TestTheShippedSecretHasEveryKeyThatIsReadFromIt(t *testing.T) {
	var secret struct {
		Metadata   struct{ Name, Namespace string }
		StringData map[string]string `yaml:"stringData"`
	}
	decode(t, "deploy/kubernetes/secret.yaml", &secret)

	// As files: those that the configuration names.
	read := slices.Collect(maps.Keys(matches(read(t, "deploy/kubernetes/overlays/prod/bbb-scaler.yml"), `/etc/bbb-scaler/secrets/([\w-]+)`)))
	if len(read) < 2 {
		t.Errorf("bbb-scaler.yml names the files %q, want those of IONOS and Scalelite", read)
	}
	// As the environment of the pair.
	for _, e := range objectsOf(t, "deploy/kubernetes/overlays/prod").daemon.Spec.Template.Spec.Containers[0].Env {
		if from := e.ValueFrom.SecretKeyRef; from.Name == secret.Metadata.Name {
			read = append(read, from.Key)
		}
	}
	f := config.Defaults()
	f.Rules.Alertmanager.Username, f.Rules.Scrape.Username = "alertmanager", "prometheus"
	if f.Rules.Operator.Secret != secret.Metadata.Name || f.Rules.Operator.Namespace != secret.Metadata.Namespace {
		t.Errorf("the secret is %v, the generated objects read %s in %s", secret.Metadata, f.Rules.Operator.Secret, f.Rules.Operator.Namespace)
	}
	for _, format := range []generate.Format{generate.FormatServiceMonitor, generate.FormatScrapeConfig, generate.FormatAlertmanagerConfig} {
		text, err := f.Generated(format)
		if err != nil {
			t.Fatal(err)
		}
		before := len(read)
		for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
			var doc yaml.Node
			if dec.Decode(&doc) != nil {
				break
			}
			read = append(read, secretKeys(&doc, secret.Metadata.Name)...)
		}
		if len(read) == before {
			t.Errorf("%s reads nothing from the secret, and has a login", format)
		}
	}
	for _, key := range read {
		if secret.StringData[key] == "" {
			t.Errorf("secret.yaml lacks the key %s", key)
		}
	}
	for key := range secret.StringData {
		if !slices.Contains(read, key) {
			t.Errorf("secret.yaml has the key %s, which nothing reads", key)
		}
	}
}
