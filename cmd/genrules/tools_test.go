package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tool returns a program of bin/ (see .ci/install), or of the PATH. A missing
// one fails the test: these tests are the promise that real tools agree.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	path, err = exec.LookPath(filepath.Base(name))
	if err != nil {
		t.Fatalf("%s is neither in bin/ nor installed; make tools installs it", name)
	}
	return path
}

// versions are the directories of bin/ with the current tools and Debian's.
func versions() map[string]string { return map[string]string{"current": "", "Debian's": "debian/"} }

func mustRun(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %q: %v\n%s", program, args, err, out)
	}
}

// generated writes every file for a configuration.
func generated(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "bbb-scaler.yml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"--config.file", path, "--output", dir}, noEnv, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// configurations are those that the real tools must accept.
func configurations() map[string]string {
	return map[string]string{
		"defaults": "{}",
		"exporters of the role ebbba, a shared Prometheus, a production's thresholds": `
fleet: {name: north}
thresholds: {cpu: {min: 0.005, max: 0.7}, memory: {min: 0.22, max: 0.7}}
rules:
  exporters: {variant: ebbba, node: {job: mon}, bbb: {job: mon-bbb}}
  labels: {fleet: site, instance: node}
  alertmanager: {username: alertmanager}
  scrape: {insecure_skip_verify: true}
  extra_labels: {team: video}
  forecast: {history: [day]}
`,
		"no bbb-exporter, no forecast": "rules: {exporters: {with_bbb: false}, forecast: {enabled: false}}",
	}
}

// Debian's promtool evaluates the scenarios of every configuration. The current one does
// so with the defaults, but for a week of virtual time, of which it reads the file only:
// its engine is the one that rules/ruletest runs with every configuration and scenario.
func TestPromtoolAcceptsTheRulesAndTheirTestsPass(t *testing.T) {
	for version, place := range versions() {
		promtool := tool(t, place+"promtool")
		for name, yaml := range configurations() {
			t.Run(version+", "+name, func(t *testing.T) {
				t.Parallel()
				dir, current, defaults := generated(t, yaml), place == "", name == "defaults"
				file := func(name string) string { return filepath.Join(dir, name) }
				mustRun(t, promtool, "check", "rules", "--lint=all", "--lint-fatal", file("bbb-rules.yml"))
				mustRun(t, promtool, "check", "config", "--syntax-only", file("prometheus.yml"))
				if !current || defaults {
					mustRun(t, promtool, "test", "rules", file("bbb-rules.test.yml"))
				}
				switch {
				case current:
					mustRun(t, promtool, "test", "rules", "--run=none", file("bbb-rules.test.yml"), file("bbb-forecast.test.yml"))
				case defaults: // the others have the same week
					mustRun(t, promtool, "test", "rules", file("bbb-forecast.test.yml"))
				}
			})
		}
	}
}

func TestNewerRulesLoadInTheNewerPrometheus(t *testing.T) {
	dir := generated(t, `rules: {compat: "2.42"}`)
	text, err := os.ReadFile(filepath.Join(dir, "bbb-rules.yml"))
	if err != nil || !bytes.Contains(text, []byte("keep_firing_for: 2m")) {
		t.Errorf("rules for 2.42 lack keep_firing_for: %v", err)
	}
	for _, place := range versions() {
		mustRun(t, tool(t, place+"promtool"), "check", "rules", "--lint=all", filepath.Join(dir, "bbb-rules.yml"))
	}
}

func TestAmtoolAcceptsTheRoute(t *testing.T) {
	for version, place := range versions() {
		for name, yaml := range configurations() {
			t.Run(version+", "+name, func(t *testing.T) {
				mustRun(t, tool(t, place+"amtool"), "check-config", filepath.Join(generated(t, yaml), "alertmanager.yml"))
			})
		}
	}
}
