package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bbb-scaler/bbb-scaler/"

// mayImport lists, for each package of the module, the packages of the module
// that its code outside of tests may import, beside its own subpackages.
var mayImport = map[string][]string{
	"rules":          {},
	"rules/ruletest": {"rules"},
	"rules/mutation": {"rules", "rules/ruletest"},
	"rules/refuse":   {},
	"actions":        {"rules", "rules/refuse"},
	"receiver":       {"actions", "rules", "rules/refuse"},

	"actions/outbound":              {"actions", "rules/refuse"},
	"actions/outbound/outboundtest": {},
	"actions/ionos":                 {"actions", "actions/outbound", "rules/refuse"},
	"actions/scalelite":             {"actions", "actions/outbound", "rules/refuse"},
	"actions/bbb":                   {"actions", "actions/outbound", "rules/refuse"},
	"actions/alertmanager":          {"actions", "actions/outbound", "rules/refuse"},

	"actions/sim":                     {"actions", "rules"},
	"actions/sim/simhttp":             {"actions", "actions/sim"},
	"actions/sim/exportertest":        {"actions", "actions/sim", "actions/sim/simhttp"},
	"actions/ionos/ionostest":         {"actions", "actions/sim", "actions/sim/simhttp"},
	"actions/scalelite/scalelitetest": {"actions", "actions/sim", "actions/sim/simhttp"},
	"actions/bbb/bbbtest":             {"actions", "actions/sim", "actions/sim/simhttp"},

	"cmd/internal/config": {
		"rules", "rules/refuse", "actions", "receiver", "actions/ionos", "actions/scalelite", "actions/bbb",
		"actions/alertmanager",
	},
	"cmd/genrules": {"rules", "cmd/internal/config"},
}

// onlyImporters lists, for packages that must stay behind one door, who may
// import them outside of tests, subpackages included.
var onlyImporters = map[string][]string{
	"github.com/ionos-cloud/sdk-go/v6":                         {"actions/ionos"},
	"github.com/labstack/echo/v4":                              {"receiver"},
	"github.com/prometheus/alertmanager/notify/webhook":        {"cmd/simulate"},
	"github.com/prometheus/prometheus/tsdb":                    {"cmd/simulate"},
	"github.com/bbb-scaler/bbb-scaler/actions/sim":             {"actions/sim", "actions/ionos/ionostest", "actions/scalelite/scalelitetest", "actions/bbb/bbbtest", "cmd/simulate"},
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest": {"cmd/simulate"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists the module's packages by their path inside the module.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list -json: %v", err)
		}
		all[strings.TrimPrefix(p.ImportPath, module)] = p
	}
}

func TestPackagesImportOnlyWhatTheLayoutAllows(t *testing.T) {
	for name, p := range packages(t) {
		allowed, ok := mayImport[name]
		if !ok && strings.HasPrefix(name, "cmd/") {
			continue // programs put everything together
		}
		if !ok && !strings.HasPrefix(name, "cmd/") {
			t.Errorf("package %s is not in the layout: add it to mayImport with what it may import", name)
		}
		for _, imported := range p.Imports {
			own, isOwn := strings.CutPrefix(imported, module)
			if isOwn && !slices.Contains(allowed, own) && !strings.HasPrefix(own, name+"/internal") {
				t.Errorf("%s imports %s; allowed of this module are only %q", name, own, allowed)
			}
		}
	}
}

func TestGuardedPackagesHaveOneDoor(t *testing.T) {
	for name, p := range packages(t) {
		for _, imported := range p.Imports {
			if doors, guarded := onlyImporters[imported]; guarded && !within(name, doors) {
				t.Errorf("%s imports %s; only %q may", name, imported, doors)
			}
		}
	}
}

// within reports whether a package is one of roots or below one.
func within(name string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return name == root || strings.HasPrefix(name, root+"/")
	})
}

func TestTheDaemonCarriesNothingThatOnlyTestsAndSimulationsNeed(t *testing.T) {
	unwanted := []string{"testing", "github.com/prometheus/alertmanager/notify/webhook", "github.com/prometheus/prometheus/tsdb"}
	for _, dep := range packages(t)["cmd/bbb-scaler"].Deps {
		own, isOwn := strings.CutPrefix(dep, module)
		if slices.Contains(unwanted, dep) || isOwn && (own == "actions/sim" || strings.HasSuffix(own, "test")) {
			t.Errorf("cmd/bbb-scaler depends on %s", dep)
		}
	}
}

func TestTheTopLevelIsExactlyTheLayout(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "ls-tree", "--name-only", "--full-tree", "HEAD").Output()
	if err != nil {
		t.Fatalf("git ls-tree: %v", err)
	}
	allowed := []string{
		".ci", ".gitignore", "CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile", "README.md",
		"actions", "cmd", "deploy", "go.mod", "go.sum", "receiver", "rules",
	}
	if got := slices.Sorted(strings.FieldsSeq(string(out))); !slices.Equal(got, allowed) {
		t.Errorf("the top level holds %q, want exactly %q", got, allowed)
	}
}

func TestNoPackageHasANameThatSaysNothing(t *testing.T) {
	for name := range packages(t) {
		if slices.Contains([]string{"util", "utils", "common", "pkg", "mock", "mocks", "helper", "helpers"}, path.Base(name)) {
			t.Errorf("package %s has a name that does not say what it is for", name)
		}
		if strings.HasPrefix(name, "deploy") {
			t.Errorf("package %s: deploy holds no Go", name)
		}
	}
}
