package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestTheReadmesConfigurationIsAccepted(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(read(t, "README.md"))
	if block == nil {
		t.Fatal("README.md has no YAML block")
	}
	path := filepath.Join(t.TempDir(), "bbb-scaler.yml")
	secret := filepath.Join(filepath.Dir(path), "secret")
	text := regexp.MustCompile(`/etc/bbb-scaler/secrets/\S+`).ReplaceAllString(block[1], secret)
	for name, content := range map[string]string{path: text, secret: "s3cr3t\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := config.Load(path, nil); err != nil {
		t.Error(err)
	}
}

func TestTheReadmeSaysWhatHappensOnEachAlert(t *testing.T) {
	named := matches(read(t, "README.md"), "`(BBB[A-Za-z]+)`")
	for _, alert := range rules.Catalogue() {
		if alert.Ask != "" && !named[alert.Name] {
			t.Errorf("README.md does not name %s", alert.Name)
		}
		delete(named, alert.Name)
	}
	for alert := range named {
		t.Errorf("README.md names %s, which is no alert", alert)
	}
}

func TestTheReadmesLinksAndTargetsExist(t *testing.T) {
	text := read(t, "README.md")
	for link := range matches(text, `\]\(([^)#:]+)\)`) {
		if _, err := os.Stat(root + link); err != nil {
			t.Errorf("README.md links to %s: %v", link, err)
		}
	}
	targets := matches(read(t, "Makefile"), `(?m)^([a-z-]+):`)
	for target := range matches(text, "(?:^|`|\n)make ([a-z-]+)") {
		if !targets[target] {
			t.Errorf("README.md names make %s, which is no target", target)
		}
	}
	for command := range matches(text, `\./cmd/([a-z-]+)`) {
		if _, err := os.Stat(root + "cmd/" + strings.TrimSpace(command)); err != nil {
			t.Errorf("README.md names a command: %v", err)
		}
	}
}
