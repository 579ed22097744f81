package deploy

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

const terraform = "deploy/terraform/"

// folders of Terraform: the modules, and the environments that use them.
func folders(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"modules/*", "environment/*"} {
		found, err := filepath.Glob(root + terraform + pattern)
		if err != nil || len(found) < 2 {
			t.Fatalf("%s: %q (%v)", pattern, found, err)
		}
		all = append(all, found...)
	}
	return all
}

// blocksOf returns the blocks of a folder's .tf files, and their text.
func blocksOf(t *testing.T, folder string) (blocks hclsyntax.Blocks, text string) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no .tf file (%v)", folder, err)
	}
	parser := hclparse.NewParser()
	for _, name := range files {
		file, diags := parser.ParseHCLFile(name)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		blocks, text = append(blocks, file.Body.(*hclsyntax.Body).Blocks...), text+string(file.Bytes)
	}
	return blocks, text
}

// variables are the blocks of a folder's variables, by name.
func variables(blocks hclsyntax.Blocks) map[string]*hclsyntax.Block {
	all := map[string]*hclsyntax.Block{}
	for _, b := range blocks {
		if b.Type == "variable" {
			all[b.Labels[0]] = b
		}
	}
	return all
}

func TestTerraformsFilesAreFormatted(t *testing.T) {
	err := filepath.WalkDir(root+terraform, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !slices.Contains([]string{".tf", ".tfvars", ".example"}, filepath.Ext(path)) {
			return err
		}
		text := read(t, strings.TrimPrefix(path, root))
		if string(hclwrite.Format([]byte(text))) != text {
			t.Errorf("%s is not formatted: run terraform fmt -recursive", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTerraformsVariablesAreDescribedTypedAndUsed(t *testing.T) {
	secret := regexp.MustCompile(`(?i)(_pw|Pw|secret|secret_lb|_key|_token|redisurl)$`)
	for _, folder := range folders(t) {
		blocks, text := blocksOf(t, folder)
		declared := variables(blocks)
		for name, b := range declared {
			if b.Body.Attributes["description"] == nil || b.Body.Attributes["type"] == nil {
				t.Errorf("%s: variable %s has no description or no type", folder, name)
			}
			if secret.MatchString(name) && b.Body.Attributes["sensitive"] == nil {
				t.Errorf("%s: variable %s is not sensitive", folder, name)
			}
		}
		// Neither a comment nor a variable's own validation is a use of it.
		used := matches(regexp.MustCompile(`(?m)^ *#.*$|(?s:variable "\w+" \{\n.*?\n\})`).ReplaceAllString(text, ""), `\bvar\.(\w+)`)
		for name := range used {
			if declared[name] == nil {
				t.Errorf("%s uses the variable %s, which it does not declare", folder, name)
			}
		}
		for name := range declared {
			if !used[name] {
				t.Errorf("%s declares the variable %s, and does not use it", folder, name)
			}
		}
	}
}

func TestTheEnvironmentsGiveTheModulesWhatTheyNeed(t *testing.T) {
	for _, folder := range folders(t) {
		blocks, _ := blocksOf(t, folder)
		for _, call := range blocks {
			if call.Type != "module" {
				continue
			}
			source, _ := call.Body.Attributes["source"].Expr.Value(nil)
			checkCall(t, folder, filepath.Join(folder, source.AsString()), call)
		}
	}
}

// Each module's header shows how to use it from a folder beside it.
func TestTheHeadersGiveTheModulesWhatTheyNeed(t *testing.T) {
	modules, err := filepath.Glob(root + terraform + "modules/*")
	if err != nil || len(modules) != 4 {
		t.Fatalf("modules %q (%v)", modules, err)
	}
	for _, folder := range modules {
		text := read(t, strings.TrimPrefix(folder, root)+"/main.tf")
		header := regexp.MustCompile(`(?s)#   module .*?\n#   \}\n`).FindString(text)
		example := regexp.MustCompile(`(?m)^#(   )?`).ReplaceAllString(header, "")
		parsed, diags := hclparse.NewParser().ParseHCL([]byte(example), folder)
		if diags.HasErrors() || header == "" {
			t.Fatalf("%s: the header shows no module: %v", folder, diags)
		}
		if string(hclwrite.Format([]byte(example))) != example {
			t.Errorf("%s: the example in the header is not formatted", folder)
		}
		call := parsed.Body.(*hclsyntax.Body).Blocks[0]
		source, _ := call.Body.Attributes["source"].Expr.Value(nil)
		if want := "../../modules/" + filepath.Base(folder); source.AsString() != want {
			t.Errorf("%s: the header names %s", folder, source.AsString())
		}
		checkCall(t, folder, folder, call)
	}
}

// checkCall checks that a call of a module in a folder gives the variables that it needs,
// and no others.
func checkCall(t *testing.T, folder, module string, call *hclsyntax.Block) {
	t.Helper()
	blocks, _ := blocksOf(t, module)
	declared := variables(blocks)
	for name := range call.Body.Attributes {
		if declared[name] == nil && name != "source" && name != "depends_on" {
			t.Errorf("%s gives module %s the variable %s, which it does not have", folder, call.Labels[0], name)
		}
	}
	for name, b := range declared {
		if b.Body.Attributes["default"] == nil && call.Body.Attributes[name] == nil {
			t.Errorf("%s does not give module %s the variable %s", folder, call.Labels[0], name)
		}
	}
}

// seedsVariables are those of the setup that this one replaces.
var seedsVariables = strings.Fields(`hpi_ionos_user hpi_ionos_pw datacenter turnServerPw scalite_secret scalite_secret_lb bbb_reserved_ips
	scalite_redisurl scalelite_reserved_ips scalite_pg_pw ne_user ne_pw
	autoscaler_min_active_machines autoscaler_waitingtime autoscaler_max_allowed_memory_workload autoscaler_min_allowed_memory_workload
	autoscaler_max_worker_memory autoscaler_max_worker_cpu autoscaler_max_allowed_cpu_workload autoscaler_min_allowed_cpu_workload
	autoscaler_grafana_token autoscaler_grafana_endpoint bbb_server_cpu bbb_server_memory scalite_pg_ip domainname prefix
	bbb_server_count public_key_path private_key_path turnServerUrl ubuntu`)

func TestTheEnvironmentsValuesAreComplete(t *testing.T) {
	for _, env := range []string{"dev", "prod"} {
		folder := terraform + "environment/" + env
		blocks, _ := blocksOf(t, root+folder)
		declared, given := variables(blocks), map[string]bool{}
		for _, file := range []string{"terraform.tfvars", "secrets.tfvars.example"} {
			parsed, diags := hclparse.NewParser().ParseHCL([]byte(read(t, folder+"/"+file)), file)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			attributes, _ := parsed.Body.JustAttributes()
			for name := range attributes {
				given[name] = true
				if declared[name] == nil {
					t.Errorf("%s/%s sets %s, which is no variable", folder, file, name)
				}
			}
		}
		for name, b := range declared {
			if b.Body.Attributes["default"] == nil && !given[name] {
				t.Errorf("%s: neither of the two files sets %s", folder, name)
			}
		}
		for _, name := range seedsVariables {
			if declared[name] == nil {
				t.Errorf("%s has no variable %s", folder, name)
			}
		}
	}
	if read(t, terraform+"environment/dev/variables.tf") != read(t, terraform+"environment/prod/variables.tf") ||
		read(t, terraform+"environment/dev/main.tf") != read(t, terraform+"environment/prod/main.tf") {
		t.Error("the environments differ in more than their values")
	}
}

// Terraform refuses an output of the root module that depends on a sensitive value.
func TestTheOutputsShowNoSensitiveVariable(t *testing.T) {
	for _, folder := range folders(t) {
		blocks, text := blocksOf(t, folder)
		declared := variables(blocks)
		for _, output := range regexp.MustCompile(`(?s)output "(\w+)" \{\n(.*?)\n\}`).FindAllStringSubmatch(text, -1) {
			shown := regexp.MustCompile(`nonsensitive\([^)]*\)`).ReplaceAllString(output[2], "")
			for name := range matches(shown, `\bvar\.(\w+)`) {
				if declared[name].Body.Attributes["sensitive"] != nil {
					t.Errorf("%s: output %s shows the sensitive variable %s", folder, output[1], name)
				}
			}
		}
	}
}

func TestWhatTheScalerChangesIsNoDrift(t *testing.T) {
	_, text := blocksOf(t, root+terraform+"modules/bbb-fleet")
	ignored := regexp.MustCompile(`ignore_changes = \[(.*)\]\n`).FindStringSubmatch(text)
	if ignored == nil {
		t.Fatal("the servers ignore no change")
	}
	for _, attribute := range []string{"cores", "ram", "vm_state", "volume[0].user_data"} {
		if !slices.Contains(strings.Split(ignored[1], ", "), attribute) {
			t.Errorf("terraform apply would undo a change of %s: %s", attribute, ignored[1])
		}
	}
}

// render evaluates a template as Terraform's templatefile does.
func render(t *testing.T, name string, values map[string]string) string {
	t.Helper()
	expr, diags := hclsyntax.ParseTemplate([]byte(read(t, name)), name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "split": stdlib.SplitFunc,
	}}
	for name, value := range values {
		scope.Variables[name] = cty.StringVal(value)
	}
	value, diags := expr.Value(scope)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return value.AsString()
}

func TestScalelitesServerRunsTheStackOfCompose(t *testing.T) {
	if read(t, terraform+"modules/scalelite/docker-compose.yml") != read(t, "deploy/compose/docker-compose.yml") {
		t.Error("modules/scalelite/docker-compose.yml is not a copy of compose/docker-compose.yml: run go generate ./...")
	}
	read := matches(read(t, "deploy/compose/docker-compose.yml"), `\$\{([A-Z_]+)[:}]`)
	_, text := blocksOf(t, root+terraform+"modules/scalelite")
	_, text, _ = strings.Cut(text, "environment = {")
	text, _, _ = strings.Cut(text, "\n  }")
	set := matches(text, `(?m)^\s+([A-Z_]+)\s+=`)
	for name := range set {
		if !read[name] {
			t.Errorf("the .env file sets %s, which docker-compose.yml does not read", name)
		}
	}
	for _, name := range []string{"URL_HOST", "SECRET_KEY_BASE", "LOADBALANCER_SECRET", "POSTGRES_PASSWORD"} {
		if !set[name] {
			t.Errorf("the .env file does not set %s", name)
		}
	}
}
