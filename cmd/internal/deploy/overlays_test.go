package deploy

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

func overlays() []string {
	return []string{"deploy/kubernetes/overlays/dev", "deploy/kubernetes/overlays/prod"}
}

// operators are the arguments of go run for each version of the Prometheus operator.
func operators() map[string][]string {
	return map[string][]string{"0.44 of kube-prometheus 0.7": {"-modfile=operator-0.44.mod"}, "a current one": nil}
}

// kustomized builds kustomizations, decodes their objects as an operator declares them,
// and returns their kinds and names.
func kustomized(t *testing.T, operator []string, args ...string) (string, error) {
	t.Helper()
	for i, arg := range args {
		if _, err := os.Stat(arg); err == nil {
			args[i], _ = filepath.Abs(arg)
		}
	}
	command := exec.CommandContext(t.Context(), "go", append(append(append([]string{"run"}, operator...), "."), args...)...)
	command.Dir = root + ".ci/tools/kubernetes"
	out, err := command.CombinedOutput()
	return string(out), err
}

func TestKubernetesAndTheOperatorKnowEveryFieldOfTheOverlays(t *testing.T) {
	for version, operator := range operators() {
		t.Run(version, func(t *testing.T) {
			// The policy's API is newer than the older of these versions.
			out, err := kustomized(t, operator, "-without=PodDisruptionBudget", root+overlays()[0], root+overlays()[1])
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, kind := range []string{"Deployment", "Service", "ConfigMap", "NetworkPolicy", "PrometheusRule", "ServiceMonitor", "AlertmanagerConfig"} {
				if strings.Count(out, "\n"+kind+" ")+strings.Count(out[:len(kind)+1], kind+" ") < len(overlays()) {
					t.Errorf("an overlay has no %s:\n%s", kind, out)
				}
			}
		})
	}
}

func TestTheOperatorKnowsEveryFieldOfTheGeneratedScrapeConfigs(t *testing.T) {
	for name, targets := range map[string]generate.Targets{"from a file": generate.TargetsFile, "from the daemon": generate.TargetsHTTP} {
		f := config.Defaults()
		f.Rules.Scrape.Targets, f.Rules.Alertmanager.Username = targets, "alertmanager"
		text, err := f.Generated(generate.FormatScrapeConfig)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for file, content := range map[string]string{"kustomization.yaml": "resources: [scrape.yaml, secret.yaml]\n", "scrape.yaml": text, "secret.yaml": read(t, "deploy/kubernetes/secret.yaml")} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := kustomized(t, operators()["a current one"], dir); err != nil || strings.Count(out, "ScrapeConfig ") != 3 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if out, err := kustomized(t, operators()["0.44 of kube-prometheus 0.7"], "-without=ScrapeConfig", dir); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestTheOverlaysObjectsAreThoseOfTheirConfiguration(t *testing.T) {
	for _, overlay := range overlays() {
		f, err := config.Read(root+overlay+"/bbb-scaler.yml", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []generate.Format{generate.FormatPrometheusRule, generate.FormatServiceMonitor, generate.FormatAlertmanagerConfig} {
			text, err := f.Generated(format)
			if err != nil {
				t.Fatal(err)
			}
			if read(t, overlay+"/generated/"+string(format)+".yaml") != text {
				t.Errorf("%s/generated/%s.yaml is out of date: run go generate ./...", overlay, format)
			}
		}
	}
}

func TestTheAlertmanagerSelectsTheOverlaysRoutes(t *testing.T) {
	var patch struct {
		Spec struct {
			Selector selector `yaml:"alertmanagerConfigSelector"`
		}
	}
	decode(t, "deploy/kubernetes/alertmanager-patch.yaml", &patch)
	for _, overlay := range overlays() {
		var route struct {
			Metadata struct {
				Namespace string
				Labels    labels
			}
		}
		decode(t, overlay+"/generated/alertmanagerconfig.yaml", &route)
		if want := patch.Spec.Selector.MatchLabels; len(want) == 0 || !maps.Equal(want, route.Metadata.Labels) {
			t.Errorf("%s: the route has the labels %v, Alertmanager selects %v", overlay, route.Metadata.Labels, want)
		}
		// The operator adds a matcher on the namespace to the route.
		if !strings.Contains(read(t, overlay+"/generated/operator.yaml"), "\n            namespace: "+route.Metadata.Namespace+"\n") {
			t.Errorf("%s: alerts have no label namespace with the route's %s", overlay, route.Metadata.Namespace)
		}
	}
}

func TestTheNetworkPolicyLetsTheMonitoringIn(t *testing.T) {
	var policy struct {
		Spec struct {
			PodSelector selector `yaml:"podSelector"`
			Ingress     []struct {
				Ports []struct{ Port string }
				From  []struct {
					PodSelector selector `yaml:"podSelector"`
				}
			}
		}
	}
	var d deployment
	decode(t, "deploy/kubernetes/base/networkpolicy.yaml", &policy)
	decode(t, "deploy/kubernetes/base/deployment.yaml", &d)
	if got, want := policy.Spec.PodSelector.MatchLabels, d.Spec.Template.Metadata.Labels; !maps.Equal(got, want) {
		t.Errorf("the policy is for pods with %v, the scaler's have %v", got, want)
	}
	if got, want := policy.Spec.Ingress[0].Ports[0].Port, d.Spec.Template.Spec.Containers[0].Ports[0].Name; got != want {
		t.Errorf("the policy opens port %s, the scaler's is %s", got, want)
	}
	for _, key := range []string{"app", "app.kubernetes.io/name"} {
		for _, pod := range []string{"alertmanager", "prometheus"} {
			open := false
			for _, from := range policy.Spec.Ingress[0].From {
				open = open || from.PodSelector.MatchLabels[key] == pod
			}
			if !open {
				t.Errorf("pods with %s: %s are kept out", key, pod)
			}
		}
	}
}
