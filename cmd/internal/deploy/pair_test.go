package deploy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// overlay is the objects of an overlay that the tests of the pair look at.
type overlay struct {
	daemon     deployment
	disruption struct {
		Spec struct {
			MinAvailable int      `yaml:"minAvailable"`
			Selector     selector `yaml:"selector"`
		}
	}
	kinds []string
}

// objectsOf builds an overlay.
func objectsOf(t *testing.T, dir string) (o overlay) {
	t.Helper()
	out, err := kustomized(t, operators()["a current one"], "-print", "-without=PodDisruptionBudget", root+dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for text := range strings.SplitSeq(out, "\n---\n") {
		var kind struct{ Kind string }
		into := map[string]any{"Deployment": &o.daemon, "PodDisruptionBudget": &o.disruption}
		if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
			t.Fatal(err)
		}
		o.kinds = append(o.kinds, kind.Kind)
		if of, ok := into[kind.Kind]; ok {
			if err := yaml.Unmarshal([]byte(text), of); err != nil {
				t.Fatal(err)
			}
		}
	}
	return o
}

func TestProductionIsAPairOnTwoNodesAndDevelopmentOneDaemonWithAVolume(t *testing.T) {
	prod, dev := objectsOf(t, "deploy/kubernetes/overlays/prod"), objectsOf(t, "deploy/kubernetes/overlays/dev")
	if dev.daemon.Spec.Replicas != 1 || !slices.Contains(dev.kinds, "PersistentVolumeClaim") || slices.Contains(dev.kinds, "PodDisruptionBudget") {
		t.Errorf("dev has %d replicas and the objects %v", dev.daemon.Spec.Replicas, dev.kinds)
	}
	if prod.daemon.Spec.Replicas != 2 || prod.daemon.Spec.Strategy.Type != "RollingUpdate" || slices.Contains(prod.kinds, "PersistentVolumeClaim") {
		t.Errorf("prod has %d replicas, %s and the objects %v", prod.daemon.Spec.Replicas, prod.daemon.Spec.Strategy.Type, prod.kinds)
	}
	pod := prod.daemon.Spec.Template
	apart := pod.Spec.Affinity.PodAntiAffinity.Preferred
	if len(apart) != 1 || apart[0].Term.TopologyKey != "kubernetes.io/hostname" || !maps.Equal(apart[0].Term.LabelSelector.MatchLabels, pod.Metadata.Labels) {
		t.Errorf("the pods are kept apart by %+v", apart)
	}
	if budget := prod.disruption.Spec; budget.MinAvailable != 1 || !maps.Equal(budget.Selector.MatchLabels, pod.Metadata.Labels) {
		t.Errorf("the disruption budget is %+v", budget)
	}
	container := pod.Spec.Containers[0]
	for _, arg := range container.Args {
		if strings.HasPrefix(arg, "--storage.path") {
			t.Errorf("each daemon of the pair has a store of its own: %s", arg)
		}
	}
	if !slices.ContainsFunc(container.Args, func(arg string) bool { return strings.Contains(arg, "--web.peer-url=http://$(POD_IP):9745") }) {
		t.Errorf("the daemons of the pair do not know each other's address: %q", container.Args)
	}
	var url string
	for _, e := range container.Env {
		if e.Name == "BBB_SCALER_STORAGE_URL" {
			url = e.ValueFrom.SecretKeyRef.Name + " " + e.ValueFrom.SecretKeyRef.Key
		}
	}
	if url != "bbb-scaler database-url" {
		t.Errorf("the URL of the database is read from %q", url)
	}
	var volumes []string
	for _, v := range pod.Spec.Volumes {
		volumes = append(volumes, v.Name)
	}
	var mounts []string
	for _, m := range container.VolumeMounts {
		mounts = append(mounts, m.Name)
	}
	if want := []string{"config", "secrets"}; !slices.Equal(volumes, want) || !slices.Equal(mounts, want) {
		t.Errorf("the pair has the volumes %q and mounts %q, want %q", volumes, mounts, want)
	}
}
