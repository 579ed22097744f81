package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// module is a copy of deploy/terraform in a folder of its own, as a user makes
// one, with values for its variables.
type module struct {
	blocks hclsyntax.Blocks
	scope  *hcl.EvalContext
}

// copyModule copies the module and evaluates its locals for the given variables;
// the others have their defaults, and those without one a text of their own.
func copyModule(t *testing.T, given map[string]cty.Value) module {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "modules", "autoscaler")
	if err := os.CopyFS(dir, os.DirFS(root+"deploy/terraform/modules/autoscaler")); err != nil {
		t.Fatal(err)
	}
	m := module{scope: &hcl.EvalContext{Functions: terraformFunctions(), Variables: map[string]cty.Value{
		"path": cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(dir)}),
	}}}
	parser := hclparse.NewParser()
	for _, name := range []string{"main.tf", "variables.tf"} {
		file, diags := parser.ParseHCLFile(filepath.Join(dir, name))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		m.blocks = append(m.blocks, file.Body.(*hclsyntax.Body).Blocks...)
	}
	m.setVariables(t, given)
	m.setLocals(t)
	return m
}

func (m *module) setVariables(t *testing.T, given map[string]cty.Value) {
	t.Helper()
	values := map[string]cty.Value{}
	for _, b := range m.of("variable") {
		name := b.Labels[0]
		values[name] = cty.StringVal("some " + name)
		if attr := b.Body.Attributes["default"]; attr != nil {
			values[name] = m.value(t, attr.Expr)
		}
		if value, ok := given[name]; ok {
			values[name] = value
		}
	}
	for name := range given {
		if _, declared := values[name]; !declared {
			t.Fatalf("the module has no variable %s", name)
		}
	}
	m.scope.Variables["var"] = cty.ObjectVal(values)
}

// setLocals evaluates the locals in the order in which they are written.
func (m *module) setLocals(t *testing.T) {
	t.Helper()
	values := map[string]cty.Value{}
	for _, b := range m.of("locals") {
		attrs := slices.SortedFunc(maps.Values(b.Body.Attributes), func(a, b *hclsyntax.Attribute) int {
			return a.SrcRange.Start.Line - b.SrcRange.Start.Line
		})
		for _, attr := range attrs {
			values[attr.Name] = m.value(t, attr.Expr)
			m.scope.Variables["local"] = cty.ObjectVal(values)
		}
	}
}

func (m module) of(kind string) (blocks hclsyntax.Blocks) {
	for _, b := range m.blocks {
		if b.Type == kind {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func (m module) value(t *testing.T, e hcl.Expression) cty.Value {
	t.Helper()
	v, diags := e.Value(m.scope)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return v
}

// dotenv returns the text of the .env file.
func (m module) dotenv() string { return m.scope.Variables["local"].GetAttr("dotenv").AsString() }

// terraformFunctions returns those of Terraform's functions that the module uses.
func terraformFunctions() map[string]function.Function {
	text := func(name string, of func(string) (string, error)) function.Function {
		return function.New(&function.Spec{
			Description: name, Params: []function.Parameter{{Name: "text", Type: cty.String}}, Type: function.StaticReturnType(cty.String),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				result, err := of(args[0].AsString())
				return cty.StringVal(result), err
			},
		})
	}
	sum := func(text []byte) string {
		digest := sha256.Sum256(text)
		return hex.EncodeToString(digest[:])
	}
	return map[string]function.Function{
		"join": stdlib.JoinFunc, "replace": stdlib.ReplaceFunc, "coalesce": stdlib.CoalesceFunc,
		"sha256": text("sha256", func(s string) (string, error) { return sum([]byte(s)), nil }),
		"filesha256": text("filesha256", func(s string) (string, error) {
			content, err := os.ReadFile(s)
			return sum(content), err
		}),
	}
}

func TestTheTerraformModuleWorksInAnyFolder(t *testing.T) {
	m := copyModule(t, nil)
	var sources int
	for _, resource := range m.of("resource") {
		m.value(t, resource.Body.Attributes["triggers_replace"].Expr)
		for _, b := range resource.Body.Blocks {
			for name, attr := range b.Body.Attributes {
				value := m.value(t, attr.Expr)
				if name != "source" {
					continue
				}
				sources++
				if _, err := os.Stat(value.AsString()); err != nil {
					t.Errorf("the module uploads a file that a copy of the module does not have: %v", err)
				}
			}
		}
	}
	if sources == 0 {
		t.Error("the module uploads no file, not even docker-compose.yml")
	}
}

func TestTheModulesComposeFileIsTheOneBesideIt(t *testing.T) {
	if read(t, "deploy/terraform/modules/autoscaler/docker-compose.yml") != read(t, "deploy/docker-compose.yml") {
		t.Error("deploy/terraform/modules/autoscaler/docker-compose.yml is not a copy of deploy/docker-compose.yml: run go generate ./...")
	}
}

func TestTerraformReplacesTheInstallationWhenAnInputChanges(t *testing.T) {
	trigger := func(given map[string]cty.Value) string {
		m := copyModule(t, given)
		return m.value(t, m.of("resource")[0].Body.Attributes["triggers_replace"].Expr).GoString()
	}
	same := trigger(nil)
	for _, name := range []string{"autoscaler_config", "hpi_ionos_pw", "autoscaler_web_config", "autoscaler_web_cert", "autoscaler_web_key", "autoscaler_image"} {
		if trigger(map[string]cty.Value{name: cty.StringVal("changed")}) == same {
			t.Errorf("a changed %s changes nothing on the node", name)
		}
	}
	for _, block := range copyModule(t, nil).of("resource")[0].Body.Blocks {
		if attr := block.Body.Attributes["inline"]; attr != nil {
			first := attr.Expr.(*hclsyntax.TupleConsExpr).Exprs[0]
			if text, _ := first.Value(nil); text.AsString() != "set -e" {
				t.Errorf("line %d: a failed command is not noticed unless the script begins with set -e", attr.SrcRange.Start.Line)
			}
		}
	}
}

func TestServersAreSetBackToTheSizeThatTerraformMadeThemWith(t *testing.T) {
	for name, tc := range map[string]struct {
		given       map[string]cty.Value
		cores, size string
	}{
		"nothing given": {nil, "2", "8192"},
		"the servers' size": {map[string]cty.Value{
			"bbb_server_cpu": cty.NumberIntVal(4), "bbb_server_memory": cty.NumberIntVal(12288)}, "4", "12288"},
		"another size is wanted": {map[string]cty.Value{
			"bbb_server_cpu": cty.NumberIntVal(4), "bbb_server_memory": cty.NumberIntVal(12288),
			"autoscaler_default_worker_cpu": cty.NumberIntVal(3), "autoscaler_default_worker_memory": cty.NumberIntVal(10240)}, "3", "10240"},
	} {
		env := containerEnvironment(t, copyModule(t, tc.given).dotenv())
		if env["DEFAULT_WORKER_CPU"] != tc.cores || env["DEFAULT_WORKER_MEMORY"] != tc.size {
			t.Errorf("%s: %s cores and %s MiB, want %s and %s", name, env["DEFAULT_WORKER_CPU"], env["DEFAULT_WORKER_MEMORY"], tc.cores, tc.size)
		}
	}
}

func TestTerraformTellsTheScalerWhereScaleliteIs(t *testing.T) {
	for want, given := range map[string]map[string]cty.Value{
		"":                                   nil,
		"scalelite-dev.bbb.messenger.schule": {"domainname": cty.StringVal("bbb.messenger.schule"), "prefix": cty.StringVal("-dev")},
		"other.example.org":                  {"domainname": cty.StringVal("example.org"), "scalelite_url_host": cty.StringVal("other.example.org")},
	} {
		if got := containerEnvironment(t, copyModule(t, given).dotenv())["URL_HOST"]; got != want {
			t.Errorf("URL_HOST for %v is %q, want %q", given, got, want)
		}
	}
}

func TestTerraformFillsInWhatTheComposeFileReads(t *testing.T) {
	text := read(t, "deploy/terraform/modules/autoscaler/main.tf")
	_, text, _ = strings.Cut(text, "environment = {")
	text, _, _ = strings.Cut(text, "}")
	set := matches(text, `(?m)^\s+([A-Z_]+)\s+=`)
	read := matches(read(t, "deploy/docker-compose.yml"), `\$\{([A-Z_]+)[:}]`)
	if !maps.Equal(set, read) {
		t.Errorf("main.tf sets %q, docker-compose.yml reads %q", slices.Sorted(maps.Keys(set)), slices.Sorted(maps.Keys(read)))
	}
}

func TestTerraformTakesOverTheVariablesOfThePredecessor(t *testing.T) {
	declared := matches(read(t, "deploy/terraform/modules/autoscaler/variables.tf"), `variable "(\w+)"`)
	for _, name := range []string{
		"hpi_ionos_user", "hpi_ionos_pw", "datacenter", "scalite_secret_lb", "domainname", "prefix",
		"bbb_server_cpu", "bbb_server_memory",
		"autoscaler_min_active_machines", "autoscaler_waitingtime",
		"autoscaler_max_allowed_memory_workload", "autoscaler_min_allowed_memory_workload",
		"autoscaler_max_worker_memory", "autoscaler_max_worker_cpu",
		"autoscaler_max_allowed_cpu_workload", "autoscaler_min_allowed_cpu_workload",
		"autoscaler_grafana_token", "autoscaler_grafana_endpoint",
	} {
		if !declared[name] {
			t.Errorf("variables.tf does not declare %s", name)
		}
	}
	used := matches(read(t, "deploy/terraform/modules/autoscaler/main.tf"), `var\.(\w+)`)
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if !used[name] {
			t.Errorf("variables.tf declares %s, which main.tf does not use", name)
		}
	}
}

func TestTerraformMarksSecretsAsSensitive(t *testing.T) {
	blocks := regexp.MustCompile(`(?s)variable "(\w+)" \{(.*?)\n\}`).FindAllStringSubmatch(read(t, "deploy/terraform/modules/autoscaler/variables.tf"), -1)
	if len(blocks) == 0 {
		t.Fatal("variables.tf declares nothing")
	}
	for _, block := range blocks {
		secret := regexp.MustCompile(`_pw$|_token$|_secret_|_key$|web_config$`).MatchString(block[1])
		if got := strings.Contains(block[2], "sensitive   = true"); got != secret {
			t.Errorf("variable %s: sensitive is %t, want %t", block[1], got, secret)
		}
	}
}
