package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bbb-scaler/bbb-scaler/"

// mayImport lists, for each package of the module, the packages of the module
// that its code outside of tests may import, beside its own subpackages.
var mayImport = map[string][]string{
	"rules":          {},
	"rules/refuse":   {},
	"rules/generate": {"rules", "rules/refuse"},
	"rules/ruletest": {"rules/generate"},
	"rules/mutation": {"rules", "rules/generate", "rules/ruletest"},

	"receiver": {
		"actions", "actions/fleet", "rules", "rules/refuse", "receiver/api", "receiver/outlook", "receiver/trend", "receiver/verdict",
	},
	"receiver/api":     {"actions/fleet", "receiver/verdict"},
	"receiver/client":  {"actions/fleet", "actions/outbound", "receiver/api"},
	"receiver/outlook": {"actions/fleet"},
	"receiver/trend":   {"actions/fleet"},
	"receiver/verdict": {"actions/fleet", "rules"},

	"actions/fleet":               {"rules", "rules/refuse"},
	"actions/plan":                {"actions/fleet", "rules"},
	"actions/leader":              {"actions/fleet"},
	"actions/store":               {"actions/fleet"},
	"actions/store/internal/seal": {},
	"actions/store/postgres":      {"actions/fleet", "actions/store", "actions/store/internal/seal"},
	"actions/store/postgrestest":  {},
	"actions/store/storetest":     {"actions/fleet"},
	"actions":                     {"actions/fleet", "actions/plan", "actions/store", "rules"},

	"actions/outbound":              {"actions/fleet", "rules/refuse"},
	"actions/outbound/outboundtest": {},
	"actions/ionos":                 {"actions/fleet", "actions/outbound", "rules/refuse"},
	"actions/scalelite":             {"actions/fleet", "actions/outbound", "rules/refuse"},
	"actions/calendar":              {"actions/fleet", "actions/outbound"},
	"actions/bbb":                   {"actions/fleet", "actions/outbound", "rules/refuse"},
	"actions/alertmanager":          {"actions/fleet", "actions/outbound", "rules", "rules/refuse"},

	"actions/sim":                     {"actions/fleet", "rules"},
	"actions/sim/link":                {},
	"actions/sim/simhttp":             {"actions/fleet", "actions/sim"},
	"actions/sim/exportertest":        {"actions/fleet", "actions/sim", "actions/sim/simhttp"},
	"actions/ionos/ionostest":         {"actions/fleet", "actions/sim", "actions/sim/simhttp"},
	"actions/ionos/openapitest":       {},
	"actions/scalelite/scalelitetest": {"actions/fleet", "actions/sim", "actions/sim/simhttp"},
	"actions/bbb/bbbtest":             {"actions/fleet", "actions/sim", "actions/sim/simhttp"},

	"cmd/internal/config": {
		"rules/generate", "rules/refuse", "actions/fleet", "receiver", "actions/ionos", "actions/scalelite", "actions/bbb",
		"actions/alertmanager",
	},
	"cmd/genrules": {"rules/generate", "cmd/internal/build", "cmd/internal/config", "cmd/internal/flags"},
}

// onlyImporters lists, for packages that must stay behind one door, who may
// import them outside of tests, subpackages included.
var onlyImporters = map[string][]string{
	"github.com/ionos-cloud/sdk-go/v6":                         {"actions/ionos"},
	"github.com/jackc/pgx/v5":                                  {"actions/store/postgres", "actions/store/postgrestest"},
	"github.com/jackc/pgx/v5/pgxpool":                          {"actions/store/postgres"},
	"github.com/arran4/golang-ical":                            {"actions/calendar"},
	"github.com/teambition/rrule-go":                           {"actions/calendar"},
	"github.com/labstack/echo/v4":                              {"receiver"},
	"github.com/prometheus/alertmanager/notify/webhook":        {"cmd/simulate"},
	"github.com/prometheus/prometheus/tsdb":                    {"cmd/simulate"},
	"github.com/bbb-scaler/bbb-scaler/actions/sim":             {"actions/sim", "actions/ionos/ionostest", "actions/scalelite/scalelitetest", "actions/bbb/bbbtest", "cmd/simulate"},
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest": {"cmd/simulate"},
}

type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// packages lists the module's packages by their path inside the module.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", module+"...").Output()
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

func TestTheVocabularyNeedsOnlyTheStandardLibrary(t *testing.T) {
	for _, imported := range packages(t)["rules"].Imports {
		if strings.Contains(strings.Split(imported, "/")[0], ".") {
			t.Errorf("rules imports %s; the names that everybody shares bring no library with them", imported)
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

// pure lists packages that must neither read nor write anything outside, nor
// know what time it is: what they may not import, and names of package time that
// read the clock.
var pure = map[string][]string{
	"actions/plan":     {"context", "net", "net/http", "os", "io", "log", "log/slog", "math/rand", "math/rand/v2", "sync", "crypto/rand", "syscall"},
	"receiver/verdict": {"context", "net", "net/http", "os", "io", "log", "log/slog", "math/rand", "math/rand/v2", "sync", "crypto/rand", "syscall"},
}

var clockReaders = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Sleep", "Tick"}

func TestPurePackagesReadNothing(t *testing.T) {
	for name, p := range packages(t) {
		for _, imported := range p.Imports {
			if slices.Contains(pure[name], imported) {
				t.Errorf("%s imports %s, and must be pure", name, imported)
			}
		}
		if _, isPure := pure[name]; !isPure {
			continue
		}
		for _, file := range p.GoFiles {
			for _, at := range readsClock(t, filepath.Join(p.Dir, file)) {
				t.Errorf("%s reads the clock, and must be pure", at)
			}
		}
	}
}

// readsClock returns where a file uses what of package time reads the clock.
func readsClock(t *testing.T, file string) (at []string) {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && x.Obj == nil && slices.Contains(clockReaders, sel.Sel.Name) {
			at = append(at, fset.Position(sel.Pos()).String()+": time."+sel.Sel.Name)
		}
		return true
	})
	return at
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

func TestTheClientOfTheAPICarriesNoServer(t *testing.T) {
	for _, dep := range packages(t)["receiver/client"].Deps {
		if dep == "github.com/labstack/echo/v4" || dep == module+"receiver" {
			t.Errorf("receiver/client depends on %s", dep)
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
