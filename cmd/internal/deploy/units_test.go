package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// units returns the text of each systemd unit: the files in deploy, and those that
// cloud-init writes.
func units(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"deploy/bbb-scaler.service", "deploy/exporters/node-exporter.service", "deploy/exporters/bbb-exporter.service"} {
		all[name] = read(t, name)
	}
	for _, file := range decodeUserData(t, userData(t)["bbb-fleet"]).Files {
		if strings.HasSuffix(file.Path, ".service") {
			all[file.Path] = file.Content
		}
	}
	return all
}

// The programs of the units are not installed here: another one takes their place.
func TestSystemdAcceptsTheUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatal("systemd-analyze is needed: install Debian's package systemd (.ci/install debian)")
	}
	all, dir := units(t), t.TempDir()
	if len(all) != 6 {
		t.Errorf("found %d units, want 6", len(all))
	}
	for name, unit := range all {
		text := regexp.MustCompile(`(?m)^(Exec\w+=-?)/\S+`).ReplaceAllString(unit, "$1/bin/true")
		text = regexp.MustCompile(`(?m)^Requires=docker.service\n`).ReplaceAllString(text, "")
		path := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", path).CombinedOutput()
		if err != nil || strings.Contains(string(out), path) {
			t.Errorf("systemd-analyze verify %s: %v\n%s", name, err, out)
		}
	}
}

func TestNginxServesTheBBBExporterOnThePortThatPrometheusScrapes(t *testing.T) {
	nginx, unit := read(t, "deploy/exporters/bbb-exporter.conf"), read(t, "deploy/exporters/bbb-exporter.service")
	port := config.Defaults().Rules.Exporters.Ports.BBB
	if want := fmt.Sprintf("listen %d ssl;", port); !strings.Contains(nginx, want) {
		t.Errorf("bbb-exporter.conf lacks %q", want)
	}
	for address := range matches(nginx, `proxy_pass http://([\d.:]+);`) {
		if want := "--publish " + address + ":"; !strings.Contains(unit, want) {
			t.Errorf("bbb-exporter.service lacks %q, to which nginx passes requests", want)
		}
	}
}
