package deploy

import (
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// warnings collects what compose warns of.
type warnings struct{ texts []string }

func (*warnings) Levels() []logrus.Level { return logrus.AllLevels }

func (w *warnings) Fire(e *logrus.Entry) error {
	w.texts = append(w.texts, e.Message)
	return nil
}

// predecessorsEnv is the .env file of an installation of Scalelite and the scaler's
// predecessor: the variables that the compose file before read, and nothing else.
func predecessorsEnv() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(matches(environment, `\$\{(\w+)\}`))) {
		text.WriteString(name + "=1\n")
	}
	return text.String() + "URL_HOST=scalelite.example.org\nSECRET_KEY_BASE=0123\n"
}

// stack returns the services of the folder compose, as docker compose starts them with
// a .env file, and what compose warns of.
func stack(t *testing.T, dotenvText string, profiles ...string) (types.Services, []string) {
	t.Helper()
	variables, err := dotenv.UnmarshalWithLookup(dotenvText, nil)
	if err != nil {
		t.Fatal(err)
	}
	var w warnings
	old, out := logrus.StandardLogger().ReplaceHooks(logrus.LevelHooks{}), logrus.StandardLogger().Out
	defer func() { logrus.StandardLogger().ReplaceHooks(old); logrus.SetOutput(out) }()
	logrus.AddHook(&w)
	logrus.SetOutput(io.Discard)
	const file = "deploy/compose/docker-compose.yml"
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root + "deploy/compose", Environment: variables,
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: []byte(read(t, file))}},
	}, func(o *loader.Options) { o.SetProjectName("bbb", true); o.Profiles = profiles })
	if err != nil {
		t.Fatal(err)
	}
	return project.Services, w.texts
}

func TestTheStackStartsWithTheVariablesOfThePredecessorAlone(t *testing.T) {
	services, warned := stack(t, predecessorsEnv())
	if len(warned) > 0 {
		t.Errorf("compose warns: %q", warned)
	}
	want := []string{"bbb-scaler", "postgres", "redis", "scalelite-api", "scalelite-migrate", "scalelite-nginx", "scalelite-poller", "scalelite-recording-importer"}
	if got := slices.Sorted(maps.Keys(services)); !slices.Equal(got, want) {
		t.Errorf("services %q, want %q", got, want)
	}
	if _, warned := stack(t, ""); len(warned) == 0 {
		t.Error("compose warns of nothing without any variable, so that the test proves nothing")
	}
}

func TestTheStacksScalerFindsScaleliteByItsOwnVariables(t *testing.T) {
	services, _ := stack(t, predecessorsEnv())
	var environ []string
	for name, value := range services["bbb-scaler"].Environment {
		environ = append(environ, name+"="+*value)
	}
	f, _ := config.Read("", environ) // some values are no sensible ones
	if f.Scalelite.URL != "https://scalelite.example.org" || f.Scalelite.Secret != "1" {
		t.Errorf("scalelite.url %q, secret %q; want those of Scalelite", f.Scalelite.URL, f.Scalelite.Secret.Reveal())
	}
	if got := services["scalelite-nginx"].Networks["default"].Aliases; !slices.Equal(got, []string{"scalelite.example.org"}) {
		t.Errorf("nginx is reached as %q", got)
	}
}

func TestTheStacksScalerRunsAsBesideAnotherScalelite(t *testing.T) {
	env := predecessorsEnv() + "AUTOSCALER_LISTEN=192.0.2.1\nAUTOSCALER_WEB_CONFIG=/etc/bbb-scaler/web.yml\n"
	services, _ := stack(t, env)
	got, want := services["bbb-scaler"], service(t, env)
	for name, value := range want.Environment {
		if has := got.Environment[name]; has == nil || *has != *value {
			t.Errorf("the stack's environment lacks %s=%s", name, *value)
		}
	}
	for what, pair := range map[string][2]any{
		"image": {got.Image, want.Image}, "command": {got.Command, want.Command}, "ports": {got.Ports, want.Ports},
		"capabilities": {got.CapDrop, want.CapDrop}, "options": {got.SecurityOpt, want.SecurityOpt}, "memory": {got.MemLimit, want.MemLimit},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s of the stack: %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestTheStacksServicesAreCheckedPinnedAndPrivate(t *testing.T) {
	services, warned := stack(t, predecessorsEnv()+"NE_BASIC_AUTH_PASS=x\n", "monitoring")
	if len(warned) > 0 || len(services) != 11 {
		t.Errorf("%d services, warnings %q", len(services), warned)
	}
	endsItself := []string{"scalelite-migrate", "scalelite-poller", "scalelite-recording-importer"}
	pinned := regexp.MustCompile(`:v?\d+\.\d+[\w.-]*$`)
	for name, s := range services {
		if (s.HealthCheck == nil) != slices.Contains(endsItself, name) {
			t.Errorf("%s: health check %v", name, s.HealthCheck)
		}
		if !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %s, want a full version as its tag", name, s.Image)
		}
		for _, p := range s.Ports {
			if name != "scalelite-nginx" && p.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes port %s on %q", name, p.Published, p.HostIP)
			}
		}
		for on := range s.DependsOn {
			if _, ok := services[on]; !ok {
				t.Errorf("%s depends on %s, which does not exist", name, on)
			}
		}
	}
}

func TestTheExampleOfTheEnvFileSetsWhatTheStackReads(t *testing.T) {
	example := read(t, "deploy/compose/.env.example")
	set := matches(example, `(?m)^(?:# )?([A-Z_]+)=`)
	optional := []string{"AUTOSCALER_IMAGE", "DATABASE_URL", "REDIS_URL", "POLL_INTERVAL", "POLLER_THREADS", "POLLER_WAIT_TIMEOUT",
		"RAILS_LOG_LEVEL", "SCALELITE_CERT_DIR", "SCALELITE_RECORDING_DIR", "SCALELITE_TAG", "NE_BASIC_AUTH_PASS", "COMPOSE_PROFILES"}
	read := matches(read(t, "deploy/compose/docker-compose.yml"), `\$\{([A-Z_]+)[:}]`)
	for name := range read {
		if !set[name] && !slices.Contains(optional, name) {
			t.Errorf(".env.example does not set %s", name)
		}
	}
	for name := range set {
		if !read[name] && !slices.Contains(optional, name) {
			t.Errorf(".env.example sets %s, which nothing reads", name)
		}
	}
}

// shipped is the configuration of the stack's scaler with the variables of the example.
func shipped(t *testing.T) config.File {
	t.Helper()
	services, _ := stack(t, read(t, "deploy/compose/.env.example"))
	var environ []string
	for name, value := range services["bbb-scaler"].Environment {
		environ = append(environ, name+"="+*value)
	}
	f, err := config.Read(root+"deploy/compose/config/bbb-scaler.yml", environ)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTheStacksRulesAndRouteAreThoseOfItsConfiguration(t *testing.T) {
	f := shipped(t)
	digest, err := generate.Digest(f.Rules, f.RuleInput())
	if err != nil || !strings.Contains(read(t, "deploy/compose/monitoring/bbb-rules.yml"), digest) {
		t.Errorf("monitoring/bbb-rules.yml is not that of config/bbb-scaler.yml and .env.example (%v): run go generate ./...", err)
	}
	if read(t, "deploy/compose/monitoring/bbb-scaler.json") != read(t, "deploy/grafana/bbb-scaler.json") {
		t.Error("monitoring/bbb-scaler.json is not a copy of the dashboard: run go generate ./...")
	}
}

func TestTheStacksPrometheusRunsTheGeneratedJobs(t *testing.T) {
	f := shipped(t)
	text, err := f.Generated(generate.FormatScrape)
	if err != nil {
		t.Fatal(err)
	}
	var got, want struct {
		Jobs any `yaml:"scrape_configs"`
	}
	decode(t, "deploy/compose/monitoring/prometheus.yml", &got)
	if err := yaml.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Jobs, want.Jobs) {
		t.Errorf("monitoring/prometheus.yml has other jobs than genrules prints:\n%v\nwant\n%v", got.Jobs, want.Jobs)
	}
}

func TestPrometheusAndAlertmanagerAcceptTheStacksFiles(t *testing.T) {
	for program, args := range map[string][]string{
		"promtool": {"check", "config", "--syntax-only", "prometheus.yml"}, "amtool": {"check-config", "alertmanager.yml"},
	} {
		path, err := filepath.Abs(root + "bin/" + program)
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), path, args...)
		command.Dir = root + "deploy/compose/monitoring"
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s %q: %v\n%s", program, args, err, out)
		}
	}
}
