package deploy

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/zclconf/go-cty/cty"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// environment holds the lines of the compose file that ran the scaler's
// predecessor, which an operator's .env file and Terraform setup fill in.
const environment = `
IONOS_USER=${IONOS_USER}
IONOS_PASS=${IONOS_PW}
IONOS_DATACENTER=${DATACENTER}
MINIMUM_ACTIVE_MACHINES=${MINIMUM_ACTIVE_MACHINES}
WAITINGTIME=${WAITINGTIME}
MAX_ALLOWED_MEMORY_WORKLOAD=${MAX_ALLOWED_MEMORY_WORKLOAD}
MIN_ALLOWED_MEMORY_WORKLOAD=${MIN_ALLOWED_MEMORY_WORKLOAD}
MAX_ALLOWED_CPU_WORKLOAD=${MAX_ALLOWED_CPU_WORKLOAD}
MIN_ALLOWED_CPU_WORKLOAD=${MIN_ALLOWED_CPU_WORKLOAD}
MAX_WORKER_MEMORY=${MAX_WORKER_MEMORY}
MAX_WORKER_CPU=${MAX_WORKER_CPU}
DEFAULT_WORKER_MEMORY=${DEFAULT_WORKER_MEMORY}
DEFAULT_WORKER_CPU=${DEFAULT_WORKER_CPU}
BBB_PASS=${LOADBALANCER_SECRET}
GRAFANA_PASS=${GRAFANA_PASS}
GRAFANA_ENDPOINT=${GRAFANA_ENDPOINT}
`

// service returns the scaler's service as docker compose runs it, with the
// variables of the text of a .env file.
func service(t *testing.T, dotenvText string) types.ServiceConfig {
	t.Helper()
	variables, err := dotenv.UnmarshalWithLookup(dotenvText, nil)
	if err != nil {
		t.Fatalf("compose refuses the .env file: %v\n%s", err, dotenvText)
	}
	for name := range matches(read(t, "deploy/docker-compose.yml"), `\$\{([A-Z_]+)[:}]`) {
		if _, set := variables[name]; !set {
			variables[name] = "" // as compose takes it, without a warning for each
		}
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root + "deploy", Environment: variables,
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: []byte(read(t, "deploy/docker-compose.yml"))}},
	}, func(o *loader.Options) { o.SetProjectName("bbb", true) })
	if err != nil {
		t.Fatal(err)
	}
	return project.Services["bbb-scaler"]
}

// containerEnvironment returns the environment of the scaler's container.
func containerEnvironment(t *testing.T, dotenvText string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for name, value := range service(t, dotenvText).Environment {
		if value != nil {
			env[name] = *value
		}
	}
	return env
}

func TestTheComposeFileKeepsTheVariablesOfThePredecessor(t *testing.T) {
	var file struct {
		Services map[string]struct{ Environment []string }
	}
	decode(t, "deploy/docker-compose.yml", &file)
	got := file.Services["bbb-scaler"].Environment
	for line := range strings.FieldsSeq(environment) {
		if !slices.Contains(got, line) {
			t.Errorf("the environment of bbb-scaler lacks %s", line)
		}
	}
}

func TestTheDaemonReadsEveryVariableOfTheComposeFile(t *testing.T) {
	known := config.Variables()
	for name := range containerEnvironment(t, "") {
		if !slices.Contains(known, name) {
			t.Errorf("docker-compose.yml sets %s, which the daemon does not read", name)
		}
	}
}

// The .env file that Terraform writes goes through compose's own parser and its
// interpolation of the compose file.
func TestAnyPasswordSurvivesTheEnvFile(t *testing.T) {
	for _, password := range []string{
		`plain`, `ends in \`, `\`, `\\`, `\\\`, `'`, `"`, `\'`, `\"`, `"'"'$\`, `$HOME`, `${HOME}`, `$$`, `\$`, `\\$`, `a${b:-c}d`,
		` spaces around `, `a #comment`, `#`, `a=b`, `\n\t\r\0101`, "a\ttab", "two\nlines", "`id`", `$(id)`, `%s`, `ü€`, `!`,
	} {
		env := containerEnvironment(t, copyModule(t, map[string]cty.Value{
			"hpi_ionos_pw": cty.StringVal(password), "scalite_secret_lb": cty.StringVal(password), "autoscaler_grafana_token": cty.StringVal(password),
		}).dotenv())
		for _, name := range []string{"IONOS_PASS", "BBB_PASS", "GRAFANA_PASS"} {
			if env[name] != password {
				t.Errorf("%s is %q in the container, want %q", name, env[name], password)
			}
		}
	}
}

func TestTheComposeFilesExampleOfQuotingIsRight(t *testing.T) {
	line := regexp.MustCompile(`(?m)^# +(IONOS_PW=.*)$`).FindStringSubmatch(read(t, "deploy/docker-compose.yml"))
	if line == nil {
		t.Fatal("docker-compose.yml has no example of a quoted password")
	}
	if got, want := containerEnvironment(t, line[1])["IONOS_PASS"], `100$ "and" a backslash \`; got != want {
		t.Errorf("%s gives %q, want %q", line[1], got, want)
	}
}

// A file that is mounted alone is replaced for the host only when an editor
// writes a new one in its place.
func TestTheContainerSeesAChangedConfiguration(t *testing.T) {
	for _, mount := range service(t, "").Volumes {
		if mount.Type == types.VolumeTypeBind && !strings.HasSuffix(mount.Source, "/config") {
			t.Errorf("%s is mounted, want the directory config only", mount.Source)
		}
	}
	if command := service(t, "").Command; !slices.Contains(command, "--config.file=/etc/bbb-scaler/bbb-scaler.yml") {
		t.Errorf("command %q, want the configuration of the mounted directory", command)
	}
}

func TestThePortIsOpenedOnlyWhereItIsAskedFor(t *testing.T) {
	for env, want := range map[string][2]string{
		"": {"127.0.0.1", "--web.config.file="},
		"AUTOSCALER_LISTEN=0.0.0.0\nAUTOSCALER_WEB_CONFIG=/etc/bbb-scaler/web.yml": {"0.0.0.0", "--web.config.file=/etc/bbb-scaler/web.yml"},
		"AUTOSCALER_LISTEN=2001:db8::1":                                            {"2001:db8::1", "--web.config.file="},
	} {
		s := service(t, env)
		if len(s.Ports) != 1 || s.Ports[0].HostIP != want[0] || s.Ports[0].Published != "9745" {
			t.Errorf("%q: ports %v, want 9745 on %s", env, s.Ports, want[0])
		}
		if !slices.Contains(s.Command, want[1]) {
			t.Errorf("%q: command %q, want %s", env, s.Command, want[1])
		}
	}
}

// The .env file of the installation before, with its comments and indentation,
// holds Scalelite's variables too.
func TestTheEnvFileBesideScaleliteSaysWhereScaleliteIs(t *testing.T) {
	var environ []string
	for name, value := range containerEnvironment(t, `### Required by scalelite-api
 SECRET_KEY_BASE=0123
 LOADBALANCER_SECRET=lb
#
 URL_HOST=scalelite.example.org
LETSENCRYPT_STAGING=0 # Set to 1 for tests

### AUTOSCALER
IONOS_USER=scaler@example.org
IONOS_PW=hush
DATACENTER=dc-1
DEFAULT_WORKER_MEMORY=12288
`) {
		environ = append(environ, name+"="+value)
	}
	f, err := config.Load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	if f.Scalelite.URL != "https://scalelite.example.org" || f.Scalelite.Secret.Reveal() != "lb" || f.Actions.Sizes.Default.RAM != 12288 {
		t.Errorf("scalelite.url %q, secret %q, default size %s", f.Scalelite.URL, f.Scalelite.Secret.Reveal(), f.Actions.Sizes.Default)
	}
}
