package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// terraform carries out a step: apply, plan, update (apply with one more source of
// monitoring) or destroy.
type terraform func(t *testing.T, step string)

// recording is the file with the requests of a step.
func recording(step string) string { return filepath.Join("testdata", "terraform", step+".ndjson") }

// replayed repeats the requests that the real provider made in each step. A step has no
// result of its own then: the test looks at what the simulated IONOS has afterwards.
func (i *infrastructure) replayed(t *testing.T, step string) {
	t.Helper()
	file, err := os.Open(recording(step))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var recorded []exchange
	for dec := json.NewDecoder(bufio.NewReader(file)); dec.More(); {
		var e exchange
		if err := dec.Decode(&e); err != nil {
			t.Fatal(err)
		}
		recorded = append(recorded, e)
	}
	i.replay(t, recorded)
}

// real runs terraform with the environment dev in a copy of deploy/terraform, and records
// the requests. provider is the directory with the provider's program. The module
// autoscaler, which needs ssh to a server, is left out.
func (i *infrastructure) real(t *testing.T, provider string) terraform {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root(t), "deploy/terraform"))); err != nil {
		t.Fatal(err)
	}
	env := filepath.Join(dir, "environment/dev")
	for _, certs := range []string{"files/bbb-files/cert", "files/scalelite-files/data/cert"} {
		if err := os.MkdirAll(filepath.Join(env, certs), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(env, certs), "fullchain.pem", "certificate")
		writeFile(t, filepath.Join(env, certs), "privkey.pem", "key")
	}
	rc := writeFile(t, dir, "terraform.rc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"ionos-cloud/ionoscloud\" = %q\n  }\n  direct {}\n}\n", provider))
	run := func(args ...string) {
		command := exec.CommandContext(t.Context(), "terraform", append([]string{"-chdir=" + env}, args...)...)
		command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+rc, "IONOS_API_URL="+i.url, "IONOS_TOKEN="+cloudToken, "CHECKPOINT_DISABLE=1")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("terraform %s: %v\n%s", args[0], err, out)
		}
		t.Logf("terraform %s:\n%s", args[0], out)
	}
	run("fmt", "-check", "-recursive", dir)
	run("get", "-no-color")
	run("validate", "-no-color")
	return func(t *testing.T, step string) {
		i.taken()
		sources := `["192.0.2.20"]`
		if step == "update" || step == "destroy" {
			sources = `["192.0.2.20", "192.0.2.21"]`
		}
		run(append(map[string][]string{
			"apply": {"apply", "-auto-approve", "-parallelism=1"}, "update": {"apply", "-auto-approve", "-parallelism=1"},
			"plan": {"plan", "-detailed-exitcode"}, "destroy": {"destroy", "-auto-approve", "-parallelism=1"},
		}[step], append(i.arguments(t), "-var=monitoring_sources="+sources)...)...)
		write(t, recording(step), i.taken())
	}
}

// arguments set the variables that the example does not, and select the modules.
func (i *infrastructure) arguments(t *testing.T) []string {
	t.Helper()
	ips, err := json.Marshal(i.fleet.hosts)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-no-color", "-input=false", "-var-file=secrets.tfvars.example", "-target=module.network", "-target=module.scalelite", "-target=module.bbb_fleet"}
	for name, value := range map[string]string{
		"hpi_ionos_user": terraformUser, "hpi_ionos_pw": terraformPassword, "datacenter": i.datacenter, "prefix": "", "dns_zone_id": dnsZone, "bbb_reserved_ips": string(ips),
		"ssh_keys": `["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEyzBgGAfHZcQAZ3NdQSVXzL1Jlq1PJUqJ3YpLqFQk0m e2e"]`,
	} {
		args = append(args, "-var="+name+"="+value)
	}
	return args
}

// write records requests, without the user data of new servers, which is large, and only
// the last of those that were repeated until the answer changed.
func write(t *testing.T, path string, made []exchange) {
	t.Helper()
	var text bytes.Buffer
	for n, e := range made {
		if n+1 < len(made) && e.Method == http.MethodGet && made[n+1].Method == e.Method && made[n+1].URI == e.URI {
			continue
		}
		var body any
		if len(e.Body) > 0 {
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
			e.Body, _ = json.Marshal(strip(body, "userData"))
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The environment dev is created in an empty datacenter, its servers grow and stop as the
// scaler wants, which Terraform does not undo when it changes their rules, and all of it is
// deleted.
//
// The recorded requests of the real provider are repeated, so that a change of
// deploy/terraform is not seen. make terraform runs Terraform itself and records them anew.
func TestTheScalerAndTerraformShareTheServers(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 17, 6, 6)
	i := newInfrastructure(t, f)
	step := terraform(i.replayed)
	if provider := os.Getenv("TERRAFORM_PROVIDER"); provider != "" {
		step = i.real(t, provider)
	}
	step(t, "apply")
	created := i.resources(t)
	i.expectDev(t)

	config := writeFile(t, t.TempDir(), "bbb-scaler.yml", settings{Fleet: f, MinActive: 2, MemoryMin: 0.3, MemoryMax: 0.7}.text(t))
	d := startDaemon(t, build(t, "bbb-scaler"), freeAddr(t), config)
	at := f.hosts[0] + ":9100"
	d.notify(t, map[string]string{rules.AnnotationValue: "0.9"}, map[string]string{rules.LabelAlert: rules.ServerMemoryHigh, rules.LabelFleet: "bbb", rules.LabelInstance: at})
	until(t, 5*time.Minute, "a server to grow", func() bool { return i.count(t, "ram", func(ram any) bool { return ram.(float64) > 8192 }) == 1 })
	low := map[string]string{rules.AnnotationValue: "0.01", rules.AnnotationCPU: "0.01", rules.AnnotationMemory: "0.01", rules.AnnotationCores: "0.060", rules.AnnotationRAM: "123"}
	d.notify(t, low, map[string]string{rules.LabelAlert: rules.FleetWorkloadLow, rules.LabelFleet: "bbb"})
	until(t, 5*time.Minute, "a server to stop", func() bool { return i.count(t, "vmState", func(state any) bool { return state == "SHUTOFF" }) > 0 })
	d.end(syscall.SIGTERM)

	step(t, "plan")
	if got := i.resources(t); !reflect.DeepEqual(got, created) {
		t.Errorf("the scaler changed more than sizes and power states:\n%v\nwas\n%v", got, created)
	}
	scaled := i.scaled(t)
	step(t, "update")
	if got := i.scaled(t); !maps.Equal(got, scaled) {
		t.Errorf("terraform apply changed sizes or power states: %v, was %v", got, scaled)
	}
	i.expect(t, map[string]int{`"sourceIp":"192.0.2.20"`: 7*2 + 1, `"sourceIp":"192.0.2.21"`: 7*2 + 1})
	step(t, "destroy")
	for _, what := range []string{"servers", "volumes", "lans"} {
		if n := len(i.list(t, what)); n > 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
	if left := i.names(t); len(left) > 0 {
		t.Errorf("DNS still has %v", left)
	}
}

// list returns the properties of the datacenter's resources of a kind.
func (i *infrastructure) list(t *testing.T, what string) (all []map[string]any) {
	t.Helper()
	text, _, status := i.call(t, http.MethodGet, ionostest.BasePath+"/datacenters/"+i.datacenter+"/"+what+"?depth=1", nil)
	var list struct {
		Items []struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(text, &list); err != nil || status != http.StatusOK {
		t.Fatalf("%v, status %d\n%s", err, status, text)
	}
	for _, item := range list.Items {
		all = append(all, item.Properties)
	}
	return all
}

// count returns the number of BigBlueButton servers with such a property.
func (i *infrastructure) count(t *testing.T, property string, such func(any) bool) (n int) {
	t.Helper()
	for _, server := range i.list(t, "servers") {
		if strings.HasPrefix(server["name"].(string), "bbb-server") && such(server[property]) {
			n++
		}
	}
	return n
}

// expectDev checks that the servers, their addresses and their rules are there.
func (i *infrastructure) expectDev(t *testing.T) {
	t.Helper()
	if n := len(i.list(t, "servers")); n != 7 {
		t.Errorf("%d servers, want 6 and Scalelite's", n)
	}
	want := map[string]int{`"portRangeStart":443`: 7, `"portRangeStart":9100`: 7, `"portRangeStart":16384`: 6, `"portRangeStart":3478`: 6, `"portRangeStart":9745`: 1, `"192.0.2.10"`: 1}
	for _, host := range i.fleet.hosts {
		want[strconv.Quote(host)] = 1
	}
	i.expect(t, want)
	names := map[string]string{"scalelite.bbb.example.org": "192.0.2.10"}
	for n, host := range i.fleet.hosts {
		names[fmt.Sprintf("bbb-%d.bbb.example.org", n+1)] = host
	}
	if got := i.names(t); !maps.Equal(got, names) {
		t.Errorf("DNS has %v, want %v", got, names)
	}
}

// names returns the content of the DNS records by their names.
func (i *infrastructure) names(t *testing.T) map[string]string {
	t.Helper()
	text, _, status := i.call(t, http.MethodGet, "/zones/"+dnsZone+"/records", nil)
	var list struct {
		Items []struct {
			Metadata   struct{ FQDN string }
			Properties struct{ Content string }
		}
	}
	if err := json.Unmarshal(text, &list); err != nil || status != http.StatusOK {
		t.Fatalf("%v, status %d\n%s", err, status, text)
	}
	all := map[string]string{}
	for _, item := range list.Items {
		all[item.Metadata.FQDN] = item.Properties.Content
	}
	return all
}

// expect checks how often texts occur in what the API answers about the servers.
func (i *infrastructure) expect(t *testing.T, want map[string]int) {
	t.Helper()
	all, err := json.Marshal(i.resources(t)["entities"].(map[string]any)["servers"])
	if err != nil {
		t.Fatal(err)
	}
	for text, n := range want {
		if got := bytes.Count(all, []byte(text)); got != n {
			t.Errorf("%s occurs %d times, want %d", text, got, n)
		}
	}
}

// scaled returns what the scaler changes of each server, by its name.
func (i *infrastructure) scaled(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, server := range i.list(t, "servers") {
		all[server["name"].(string)] = fmt.Sprint(server["cores"], server["ram"], server["vmState"])
	}
	return all
}
