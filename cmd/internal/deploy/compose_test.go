package deploy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// environment holds the lines of the compose file that ran the scaler's
// predecessor, which an operator's .env file and Terraform setup fill in.
const environment = `
IONOS_USER=${IONOS_USER}
IONOS_PASS=${IONOS_PW}
IONOS_DATACENTER=${DATACENTER}
MINIMUM_ACTIVE_MACHINES=${MINIMUM_ACTIVE_MACHINES}
WAITINGTIME=${WAITINGTIME}
MAX_ALLOWED_MEMORY_WORKLOAD=${MAX_ALLOWED_MEMORY_WORKLOAD}
MIN_ALLOWED_MEMORY_WORKLOAD=${MIN_ALLOWED_MEMORY_WORKLOAD}
MAX_ALLOWED_CPU_WORKLOAD=${MAX_ALLOWED_CPU_WORKLOAD}
MIN_ALLOWED_CPU_WORKLOAD=${MIN_ALLOWED_CPU_WORKLOAD}
MAX_WORKER_MEMORY=${MAX_WORKER_MEMORY}
MAX_WORKER_CPU=${MAX_WORKER_CPU}
DEFAULT_WORKER_MEMORY=${DEFAULT_WORKER_MEMORY}
DEFAULT_WORKER_CPU=${DEFAULT_WORKER_CPU}
BBB_PASS=${LOADBALANCER_SECRET}
GRAFANA_PASS=${GRAFANA_PASS}
GRAFANA_ENDPOINT=${GRAFANA_ENDPOINT}
`

type compose struct {
	Services map[string]struct {
		Image       string
		Environment []string
		Volumes     []string
	}
	Volumes map[string]any
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	decode(t, "deploy/docker-compose.yml", &c)
	return c
}

func TestTheComposeFileKeepsTheVariablesOfThePredecessor(t *testing.T) {
	got := readCompose(t).Services["bbb-scaler"].Environment
	if want := strings.Fields(environment); !slices.Equal(got, want) {
		t.Errorf("environment of bbb-scaler:\n got %q\nwant %q", got, want)
	}
}

func TestComposeVolumesAreDeclared(t *testing.T) {
	c := readCompose(t)
	for name, service := range c.Services {
		for _, mount := range service.Volumes {
			source, _, _ := strings.Cut(mount, ":")
			if _, declared := c.Volumes[source]; !declared && !strings.HasPrefix(source, "./") {
				t.Errorf("service %s mounts %s, which is not declared", name, source)
			}
		}
	}
}

func TestTerraformFillsInWhatTheComposeFileReads(t *testing.T) {
	text := read(t, "deploy/terraform/main.tf")
	_, text, _ = strings.Cut(text, "environment = {")
	text, _, _ = strings.Cut(text, "}")
	set := matches(text, `(?m)^\s+([A-Z_]+)\s+=`)
	needed := matches(read(t, "deploy/docker-compose.yml"), `\$\{([A-Z_]+)\}`)
	for name := range needed {
		if !set[name] {
			t.Errorf("main.tf does not set %s, which docker-compose.yml reads", name)
		}
	}
	optional := matches(read(t, "deploy/docker-compose.yml"), `\$\{([A-Z_]+):-`)
	for name := range set {
		if !needed[name] && !optional[name] {
			t.Errorf("main.tf sets %s, which docker-compose.yml does not read", name)
		}
	}
}

func TestTerraformTakesOverTheVariablesOfThePredecessor(t *testing.T) {
	declared := matches(read(t, "deploy/terraform/variables.tf"), `variable "(\w+)"`)
	for _, name := range []string{
		"hpi_ionos_user", "hpi_ionos_pw", "datacenter", "scalite_secret_lb",
		"autoscaler_min_active_machines", "autoscaler_waitingtime",
		"autoscaler_max_allowed_memory_workload", "autoscaler_min_allowed_memory_workload",
		"autoscaler_max_worker_memory", "autoscaler_max_worker_cpu",
		"autoscaler_max_allowed_cpu_workload", "autoscaler_min_allowed_cpu_workload",
	} {
		if !declared[name] {
			t.Errorf("variables.tf does not declare %s", name)
		}
	}
	used := matches(read(t, "deploy/terraform/main.tf"), `var\.(\w+)`)
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if !used[name] {
			t.Errorf("variables.tf declares %s, which main.tf does not use", name)
		}
	}
}

func TestTerraformMarksSecretsAsSensitive(t *testing.T) {
	blocks := regexp.MustCompile(`(?s)variable "(\w+)" \{(.*?)\n\}`).FindAllStringSubmatch(read(t, "deploy/terraform/variables.tf"), -1)
	if len(blocks) == 0 {
		t.Fatal("variables.tf declares nothing")
	}
	for _, block := range blocks {
		secret := regexp.MustCompile(`_pw$|_pass$|secret|private_key`).MatchString(block[1])
		if got := strings.Contains(block[2], "sensitive   = true"); got != secret {
			t.Errorf("variable %s: sensitive is %t, want %t", block[1], got, secret)
		}
	}
}

func TestTheDaemonReadsEveryVariableOfTheComposeFile(t *testing.T) {
	known := config.Variables()
	for _, line := range readCompose(t).Services["bbb-scaler"].Environment {
		if name, _, _ := strings.Cut(line, "="); !slices.Contains(known, name) {
			t.Errorf("docker-compose.yml sets %s, which the daemon does not read", name)
		}
	}
}
