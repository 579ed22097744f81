package deploy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
)

// released is what make release writes for this machine's architecture.
func released(t *testing.T) (dist string) {
	t.Helper()
	dist = t.TempDir()
	command := exec.CommandContext(t.Context(), "make", "release", "DIST="+dist, "ARCHITECTURES="+runtime.GOARCH)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("make release: %v\n%s", err, out)
	}
	return dist
}

func TestARelease(t *testing.T) {
	dist := released(t)
	name := filepath.Join(dist, "bbb-scaler-"+build.Release+".linux-"+runtime.GOARCH)
	t.Run("has static binaries that know their version, revision and date", func(t *testing.T) {
		binary := filepath.Join(dist, "linux_"+runtime.GOARCH, "bbb-scaler")
		out, err := exec.CommandContext(t.Context(), binary, "--version").Output()
		if line, _, _ := strings.Cut(string(out), "\n"); err != nil || !strings.HasPrefix(line, "bbb-scaler, version "+build.Release+" (revision ") || strings.Contains(line, "unknown") {
			t.Errorf("--version prints %q (%v)", out, err)
		}
		file, err := elf.Open(binary)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for _, part := range file.Progs {
			if part.Type == elf.PT_INTERP {
				t.Error("the binary needs a dynamic linker")
			}
		}
	})
	t.Run("has the checksums of its files", func(t *testing.T) {
		command := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
		command.Dir = dist
		out, err := command.CombinedOutput()
		if err != nil || strings.Count(string(out), ": OK") != 2 {
			t.Errorf("sha256sum --check: %v\n%s", err, out)
		}
	})
	t.Run("has a bill of the modules in both programs", func(t *testing.T) {
		var bom struct {
			BOMFormat  string
			Components []struct{ PURL string }
		}
		text, err := os.ReadFile(name + ".cdx.json")
		if err == nil {
			err = json.Unmarshal(text, &bom)
		}
		var echo, prometheus, std bool
		for _, c := range bom.Components {
			echo = echo || strings.HasPrefix(c.PURL, "pkg:golang/github.com/labstack/echo/v4@v4.")
			prometheus = prometheus || strings.HasPrefix(c.PURL, "pkg:golang/github.com/prometheus/prometheus@") // only genrules has it
			std = std || c.PURL == "pkg:golang/std@"+runtime.Version()
		}
		if err != nil || bom.BOMFormat != "CycloneDX" || !echo || !prometheus || !std {
			t.Errorf("%v: format %q; has echo %t, Prometheus %t, Go %t", err, bom.BOMFormat, echo, prometheus, std)
		}
	})
	t.Run("has an archive with what an installation needs", func(t *testing.T) {
		text, err := os.ReadFile(name + ".tar.gz")
		if err != nil {
			t.Fatal(err)
		}
		files := unpacked(t, text)
		for _, file := range []string{"bbb-scaler", "genrules", "bbb-scaler.yml", "bbb-scaler.service", "LICENSE"} {
			if !slices.Contains(files, filepath.Base(name)+"/"+file) {
				t.Errorf("the archive lacks %s: %q", file, files)
			}
		}
	})
	t.Run("has an image as the Dockerfile builds it", func(t *testing.T) { checkImage(t, filepath.Join(dist, "image")) })
}

// unpacked returns the names in a compressed archive.
func unpacked(t *testing.T, text []byte) (names []string) {
	t.Helper()
	plain, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(plain); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
}

// descriptor refers to a blob of an OCI layout.
type descriptor struct {
	Digest      string
	Annotations map[string]string
}

// blob reads a blob, checks its digest, and decodes it into v unless v is nil.
func blob(t *testing.T, layout string, d descriptor, v any) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(layout, "blobs", strings.Replace(d.Digest, ":", "/", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(text)); got != d.Digest {
		t.Errorf("blob %s has the digest %s", d.Digest, got)
	}
	if v == nil {
		return text
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
	return text
}

func checkImage(t *testing.T, layout string) {
	var top, index struct{ Manifests []descriptor }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	var config struct {
		Architecture string
		Config       struct {
			User            string
			Entrypoint, Cmd []string
			Labels          map[string]string
			Healthcheck     struct{ Test []string }
		}
	}
	text, err := os.ReadFile(filepath.Join(layout, "index.json"))
	if err != nil || json.Unmarshal(text, &top) != nil || len(top.Manifests) != 1 {
		t.Fatalf("index.json: %v %s", err, text)
	}
	if got := top.Manifests[0].Annotations["org.opencontainers.image.ref.name"]; got != build.Release {
		t.Errorf("the image is named %q, want its version %s", got, build.Release)
	}
	blob(t, layout, top.Manifests[0], &index)
	blob(t, layout, index.Manifests[0], &manifest)
	blob(t, layout, manifest.Config, &config)
	set := config.Config
	if config.Architecture != runtime.GOARCH || set.Labels["org.opencontainers.image.version"] != build.Release || set.Labels["org.opencontainers.image.revision"] == "" || set.Labels["org.opencontainers.image.created"] == "" {
		t.Errorf("architecture %s, labels %v", config.Architecture, set.Labels)
	}
	dockerfile := instructions(t)
	for name, got := range map[string]any{"USER": set.User, "ENTRYPOINT": set.Entrypoint, "CMD": set.Cmd, "HEALTHCHECK": set.Healthcheck.Test} {
		want := asInstruction(t, got)
		if !slices.ContainsFunc(dockerfile, func(in [2]string) bool { return in[0] == name && strings.HasSuffix(in[1], want) }) {
			t.Errorf("the image has %s %s, which is not that of the Dockerfile", name, want)
		}
	}
	files := unpacked(t, blob(t, layout, manifest.Layers[0], nil))
	for _, file := range []string{"usr/bin/bbb-scaler", "usr/bin/genrules", "etc/ssl/certs/ca-certificates.crt", "etc/bbb-scaler/bbb-scaler.yml", "var/lib/bbb-scaler/"} {
		if !slices.Contains(files, file) {
			t.Errorf("the image lacks %s: %q", file, files)
		}
	}
}

// asInstruction writes a setting of an image as a Dockerfile does.
func asInstruction(t *testing.T, v any) string {
	t.Helper()
	list, ok := v.([]string)
	if !ok {
		return v.(string)
	}
	if len(list) > 1 && list[0] == "CMD" { // of a health check
		return "CMD " + asInstruction(t, list[1:])
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), `","`, `", "`)
}
