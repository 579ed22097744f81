package deploy

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
)

func TestTheImageIsNamedByTheVersionEverywhere(t *testing.T) {
	image := regexp.MustCompile(`\bbbb-scaler:(\d[\w.-]*|latest)|\bimage: \S*bbb-scaler$|newTag: "(.*)"`)
	files := []string{root + "README.md", root + "Dockerfile"}
	err := filepath.WalkDir(root+"deploy", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Base(filepath.Dir(path)) != "rules" && filepath.Ext(path) != ".svg" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var named int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range image.FindAllStringSubmatch(string(text), -1) {
			version := m[1] + m[2]
			if version == "9745" { // host:port
				continue
			}
			named++
			if version != build.Release {
				t.Errorf("%s names the image %q, want version %s", file, m[0], build.Release)
			}
		}
	}
	if named < 5 {
		t.Errorf("%d names of the image found, want those of the container, compose, Kubernetes and Terraform", named)
	}
}

func TestTheChangelogBeginsWithTheVersionOfTheSource(t *testing.T) {
	first := regexp.MustCompile(`(?m)^## (\S+)`).FindStringSubmatch(read(t, "CHANGELOG.md"))
	if first == nil || first[1] != build.Release {
		t.Errorf("CHANGELOG.md begins with %q, the source is version %s", first, build.Release)
	}
}

func TestEveryProgramTellsItsVersion(t *testing.T) {
	for _, program := range []string{"bbb-scaler", "genrules", "simulate"} {
		out, err := exec.CommandContext(t.Context(), "go", "run", root+"cmd/"+program, "--version").CombinedOutput()
		if want := program + ", version " + build.Release + " (revision "; err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s --version = %q, %v; want it to begin with %q", program, out, err, want)
		}
	}
}
