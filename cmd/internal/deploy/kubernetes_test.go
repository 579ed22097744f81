package deploy

import (
	"errors"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"gopkg.in/yaml.v3"
)

type labels = map[string]string

type deployment struct {
	Spec struct {
		Replicas int
		Strategy struct{ Type string }
		Selector struct {
			MatchLabels labels `yaml:"matchLabels"`
		}
		Template struct {
			Metadata struct{ Labels labels }
			Spec     pod
		}
	}
}

type pod struct {
	SecurityContext struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
	} `yaml:"securityContext"`
	Affinity struct {
		PodAntiAffinity struct {
			Preferred []struct {
				Term struct {
					TopologyKey   string   `yaml:"topologyKey"`
					LabelSelector selector `yaml:"labelSelector"`
				} `yaml:"podAffinityTerm"`
			} `yaml:"preferredDuringSchedulingIgnoredDuringExecution"`
		} `yaml:"podAntiAffinity"`
	}
	Containers []struct {
		Args []string
		Env  []struct {
			Name      string
			ValueFrom struct {
				SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			} `yaml:"valueFrom"`
		}
		Ports []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
	}
	Volumes []struct {
		Name                  string
		PersistentVolumeClaim struct {
			ClaimName string `yaml:"claimName"`
		} `yaml:"persistentVolumeClaim"`
	}
}

// selector is a service's, plain, or a service monitor's, below matchLabels.
type selector struct {
	MatchLabels labels `yaml:"matchLabels"`
	Plain       labels `yaml:",inline"`
}

type object struct {
	Metadata struct {
		Name   string
		Labels labels
	}
	Spec struct {
		Selector selector
		Ports    []struct {
			Name       string
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
		Endpoints []struct{ Port string }
	}
}

func TestTwoScalersWithAVolumeNeverRunAtOnceInKubernetes(t *testing.T) {
	var d deployment
	decode(t, "deploy/kubernetes/base/deployment.yaml", &d)
	if d.Spec.Replicas != 1 || d.Spec.Strategy.Type != "Recreate" {
		t.Errorf("replicas %d, strategy %q; want 1, Recreate", d.Spec.Replicas, d.Spec.Strategy.Type)
	}
	if !d.Spec.Template.Spec.SecurityContext.RunAsNonRoot {
		t.Error("the pod may run as root")
	}
}

func TestTheKubernetesObjectsFitTogether(t *testing.T) {
	var d deployment
	var service, volume object
	decode(t, "deploy/kubernetes/base/deployment.yaml", &d)
	decode(t, "deploy/kubernetes/base/service.yaml", &service)
	decode(t, "deploy/kubernetes/base/volume.yaml", &volume)

	podLabels := d.Spec.Template.Metadata.Labels
	if len(podLabels) == 0 || !maps.Equal(podLabels, d.Spec.Selector.MatchLabels) {
		t.Errorf("the deployment selects %v, its pods carry %v", d.Spec.Selector.MatchLabels, podLabels)
	}
	for label, value := range service.Spec.Selector.Plain {
		if podLabels[label] != value {
			t.Errorf("the service selects %s=%s, the pods carry %q", label, value, podLabels[label])
		}
	}
	container := d.Spec.Template.Spec.Containers[0]
	if got, want := service.Spec.Ports[0].TargetPort, container.Ports[0].Name; got != want {
		t.Errorf("the service's target port is %q, the container's is %q", got, want)
	}
	volumes := map[string]bool{}
	for _, v := range d.Spec.Template.Spec.Volumes {
		volumes[v.Name] = true
		if claim := v.PersistentVolumeClaim.ClaimName; claim != "" && claim != volume.Metadata.Name {
			t.Errorf("the deployment claims %q, the claim is named %q", claim, volume.Metadata.Name)
		}
	}
	for _, mount := range container.VolumeMounts {
		if !volumes[mount.Name] {
			t.Errorf("the container mounts %s, which is no volume of the pod", mount.Name)
		}
	}
}

func TestTheGeneratedServiceMonitorFindsTheService(t *testing.T) {
	var service object
	decode(t, "deploy/kubernetes/base/service.yaml", &service)
	defaults := config.Defaults()
	text, err := defaults.Generated(generate.FormatServiceMonitor)
	if err != nil {
		t.Fatal(err)
	}
	for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
		var monitor object
		if err := dec.Decode(&monitor); errors.Is(err, io.EOF) {
			t.Fatalf("no service monitor selects port %s of a service with the labels %v",
				service.Spec.Ports[0].Name, service.Metadata.Labels)
		} else if err != nil {
			t.Fatal(err)
		}
		selected := monitor.Spec.Selector.MatchLabels
		if maps.Equal(selected, service.Metadata.Labels) && monitor.Spec.Endpoints[0].Port == service.Spec.Ports[0].Name {
			return
		}
	}
}
