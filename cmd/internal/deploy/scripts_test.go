package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// nasty is a text with all that a template, YAML or a shell could take for its own.
const nasty = "a: b # 'c' \"d\" \\ $e ${f} %{g} `h` <i> &j\n  k: |\n\tü"

// cloudInit is what the templates of cloud-init give.
type cloudInit struct {
	Hostname string
	Files    []struct{ Path, Permissions, Content string } `yaml:"write_files"`
	Run      []any                                         `yaml:"runcmd"`
}

func decodeUserData(t *testing.T, text string) (c cloudInit) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

// texts are the values of the templates' variables: files of the modules as they are,
// and for every other one a text that survives only where it is quoted.
func texts(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{"host": "bbb-1.example.org"}
	for _, name := range []string{"certificate", "certificate_key", "web_config", "settings", "compose", "dotenv", "bbb_exporter_env", "bbb_exporter_login"} {
		values[name] = name + nasty
	}
	values["setup"], values["node_exporter_setup"] = setupScript(t), nodeExporterScript(t)
	values["register"] = read(t, terraform+"modules/bbb-fleet/register.sh")
	values["node_exporter_unit"] = read(t, terraform+"modules/bbb-fleet/node-exporter.service")
	values["bbb_exporter_unit"] = read(t, terraform+"modules/bbb-fleet/bbb-exporter.service")
	values["bbb_exporter_nginx"] = read(t, terraform+"modules/bbb-fleet/bbb-exporter.conf")
	return values
}

// setupScript is the script that installs a BigBlueButton server.
func setupScript(t *testing.T) string {
	t.Helper()
	return render(t, terraform+"modules/bbb-fleet/setup.sh.tftpl", map[string]string{
		"bbb_release": "jammy-300", "bbb_install": "https://example.org/bbb-install.sh",
	})
}

// nodeExporterScript is the script that installs node exporter on every server.
func nodeExporterScript(t *testing.T) string {
	t.Helper()
	return render(t, terraform+"modules/bbb-fleet/node-exporter.sh.tftpl", map[string]string{
		"node_exporter": "https://example.org/n.tar.gz", "node_exporter_sha256": strings.Repeat("0", 64),
	})
}

// userData returns cloud-init's input for the servers of each module.
func userData(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, module := range []string{"bbb-fleet", "scalelite"} {
		all[module] = render(t, terraform+"modules/"+module+"/cloud-init.yml.tftpl", texts(t))
	}
	return all
}

func TestEveryTextSurvivesCloudInit(t *testing.T) {
	for module, files := range map[string]map[string]string{
		"bbb-fleet": {
			"/local/certs/privkey.pem": "certificate_key", "/etc/node-exporter/web.yml": "web_config", "/etc/bbb-setup/settings.json": "settings",
			"/usr/local/sbin/bbb-setup": "setup", "/usr/local/sbin/node-exporter-setup": "node_exporter_setup", "/usr/local/sbin/bbb-register": "register", "/etc/systemd/system/node-exporter.service": "node_exporter_unit",
			"/etc/systemd/system/bbb-exporter.service": "bbb_exporter_unit", "/etc/bbb-exporter/bbb-exporter.env": "bbb_exporter_env",
			"/etc/bbb-setup/bbb-exporter.conf": "bbb_exporter_nginx", "/etc/bbb-setup/bbb-exporter.htpasswd": "bbb_exporter_login",
		},
		"scalelite": {
			"/etc/node-exporter/web.yml": "web_config", "/usr/local/sbin/node-exporter-setup": "node_exporter_setup",
			"/etc/node-exporter/key.pem": "certificate_key", "/opt/scalelite/.env": "dotenv", "/opt/scalelite/docker-compose.yml": "compose", "/opt/scalelite/data/cert/privkey.pem": "certificate_key",
		},
	} {
		text, want := userData(t)[module], texts(t)
		got := decodeUserData(t, text)
		if !strings.HasPrefix(text, "#cloud-config\n") || got.Hostname != "bbb-1" || len(got.Run) == 0 {
			t.Fatalf("%s: host %q, runs %v\n%s", module, got.Hostname, got.Run, text)
		}
		for _, file := range got.Files {
			if name := files[file.Path]; name != "" && file.Content != want[name] {
				t.Errorf("%s: %s has %q, want %q", module, file.Path, file.Content, want[name])
			}
			if strings.Contains(file.Path, "key") && file.Permissions != "0600" {
				t.Errorf("%s: %s has the permissions %s", module, file.Path, file.Permissions)
			}
			delete(files, file.Path)
		}
		if len(files) > 0 {
			t.Errorf("%s does not write %v", module, files)
		}
	}
}

// schema runs cloud-init's own check of user data.
func schema(t *testing.T, text string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "user-data")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	installed, err := filepath.Abs(root + "bin/debian")
	if err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), "/usr/bin/python3", "-m", "cloudinit.cmd.main", "schema", "--config-file", path)
	check.Env = append(os.Environ(), "PYTHONPATH="+installed)
	out, err := check.CombinedOutput()
	return string(out), err
}

func TestCloudInitAcceptsTheUserData(t *testing.T) {
	for module, text := range userData(t) {
		if out, err := schema(t, text); err != nil || !strings.HasPrefix(out, "Valid cloud-config") {
			t.Errorf("%s: %v (.ci/install debian installs the check)\n%s", module, err, out)
		}
		for what, broken := range map[string]string{
			"a permission that is a number": strings.Replace(text, `"0600"`, "0600", 1),
			"an unknown key of a file":      strings.Replace(text, "permissions:", "mode:", 1),
			"a package that has no name":    strings.Replace(text, "packages: [", "packages: [{}, ", 1),
		} {
			if out, err := schema(t, broken); broken == text || err == nil {
				t.Errorf("%s with %s is accepted: %s", module, what, out)
			}
		}
	}
}

// scripts returns every shell script that this project ships, embeds or runs.
func scripts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"setup.sh.tftpl": setupScript(t), "node-exporter.sh.tftpl": nodeExporterScript(t)}
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "grep", "--name-only", "-e", "^#!.*sh$", "--", ".ci", "cmd", "deploy").Output()
	if err != nil {
		t.Fatalf("git grep: %v", err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.HasSuffix(name, ".tftpl") && !strings.HasSuffix(name, "_test.go") {
			all[name] = read(t, name)
		}
	}
	for i, lines := range remoteCommands(t) {
		all[fmt.Sprintf("remote-exec %d of modules/autoscaler", i+1)] = "#!/bin/sh\n" + strings.Join(lines, "\n") + "\n"
	}
	return all
}

// remoteCommands are the commands that the module autoscaler runs on Scalelite's host.
func remoteCommands(t *testing.T) (scripts [][]string) {
	t.Helper()
	m := copyModule(t, nil)
	for _, block := range m.of("resource")[0].Body.Blocks {
		if attr := block.Body.Attributes["inline"]; attr != nil {
			var lines []string
			for _, line := range m.value(t, attr.Expr).AsValueSlice() {
				lines = append(lines, line.AsString())
			}
			scripts = append(scripts, lines)
		}
	}
	return scripts
}

func TestShellcheckFindsNothingInTheScripts(t *testing.T) {
	check := func(text string) (string, error) {
		command := exec.CommandContext(t.Context(), root+"bin/debian/shellcheck", "-")
		command.Stdin = strings.NewReader(text)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	all := scripts(t)
	if len(all) != 8 {
		t.Errorf("found %d scripts, want 8", len(all))
	}
	for name, text := range all {
		if out, err := check(text); err != nil || !strings.Contains(text, "\nset -e") {
			t.Errorf("%s: %v (.ci/install debian installs shellcheck)\n%s", name, err, out)
		}
	}
	if out, err := check("#!/bin/sh\nrm -rf $1/*\n"); err == nil {
		t.Errorf("shellcheck accepts a script with an error, so that the test proves nothing: %s", out)
	}
}
