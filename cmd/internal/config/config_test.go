package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

const runnable = `
fleet: {datacenters: [dc-1]}
ionos: {token: tok-1}
`

func env(pairs map[string]string) (environ []string) {
	for name, value := range pairs {
		environ = append(environ, name+"="+value)
	}
	return environ
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bbb-scaler.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryProblemIsNamedAtOnceWithKeyValueAndWhatIsAllowed(t *testing.T) {
	path := write(t, `
fleet: {evaluation_interval: 5, datacenters: dc-1}
thresholds:
  cpu: {min: 0.8, max: 0.7}
  memory: {max: 1.5, peak: 1}
sizes:
  max: {cores: 4.5, ram_mib: 16000}
  step: {cores: 3}
  step: {cores: 1}
capacity:
  min_active: many
  max_step: 0
  ceiling: 3
  schedule:
    - name: school
      min_active: 10
      time_intervals:
        - location: Europe/Belrin
          times: [{start_time: "07:00", end_time: "12:30"}]
    - {name: never, min_active: 12}
scale_in: {max_share: 0}
cooldowns: {scale_in: 0s}
ionos: {password: hush-1, password_file: pw, token: [hush-2]}
web: {read_timeout: -1s}
colour: blue
`)
	_, err := Load(path, env(map[string]string{"MAX_WORKER_CPU": "four", "START_H": "25"}))
	if err == nil {
		t.Fatal("Load accepted it")
	}
	for _, want := range []string{
		`fleet.evaluation_interval (line 2): "5": must be a duration such as 90s, 5m or 2h`,
		`fleet.datacenters (line 2): "dc-1": must be a list`,
		`fleet.datacenters: must list at least one datacenter id (UUID)`,
		`thresholds.cpu.min: 0.8: must be below thresholds.cpu.max, which is 0.7`,
		`thresholds.memory.max: 1.5: must be above 0 and below 1`,
		`thresholds.memory.peak (line 5): unknown key: must be one of max, min`,
		`sizes.max.cores (line 7): "4.5": must be a whole number`,
		`sizes.max.ram_mib: 16000: must be a positive multiple of 1024`,
		`sizes.step (line 9): must be given once; it is in line 8 too`,
		`capacity.min_active (line 11): "many": must be a whole number`,
		`capacity.max_step: 0: must be at least 1`,
		`capacity.ceiling: 3: must be 0 (no limit) or at least the highest floor (12)`,
		`capacity.schedule[0].time_intervals[0].location (line 18): "Europe/Belrin": must be valid: `,
		`capacity.schedule[1].time_intervals: must list at least one interval`,
		`scale_in.max_share: 0: must be above 0 and at most 1`,
		`cooldowns.scale_in: 0s: must be longer than 0s`,
		`ionos.password: must not be given beside ionos.password_file; keep one of them`,
		`ionos.token (line 23): must be a text`,
		`web.read_timeout: -1s: must be longer than 0s`,
		`colour (line 25): unknown key: must be one of alertmanager, bbb, capacity, `,
		`MAX_WORKER_CPU: "four": must be a whole number`,
		`START_H: "25": must be a whole number from 0 to 23`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Load's error lacks\n\t%s", want)
		}
	}
	if strings.Contains(err.Error(), "hush") {
		t.Error("Load's error shows a secret")
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"not YAML":                             {"a: [", "not YAML: "},
		"a list":                               {"- a", "the file (line 1): a list: must be a section with keys"},
		"a text":                               {"hello", `the file (line 1): "hello": must be a section with keys`},
		"a section given as a number":          {"sizes: 4", `sizes (line 1): "4": must be a section with keys`},
		"a merge key":                          {"sizes: {<<: {default: {cores: 1}}}", "sizes.<< (line 1): unknown key"},
		"a bad name pattern":                   {"fleet: {name_pattern: 'bbb-('}", `fleet.name_pattern (line 1): "bbb-(": must be valid: name pattern`},
		"a bad name pattern under its old key": {"ionos: {name_pattern: 'bbb-('}", `ionos.name_pattern (line 1): "bbb-(": must be valid: name pattern`},
		"an old key written as one":            {"ionos.datacenters: [a]", `ionos.datacenters (line 1): unknown key`},
		"not a number":                         {"thresholds: {cpu: {min: .nan}}", "thresholds.cpu.min: NaN: must be above 0 and below 1"},
		"a step that does not divide the cores": {"sizes: {max: {cores: 5}, step: {cores: 2}}",
			"sizes.step.cores: 2: must be a divisor of the 3 cores between"},
		"a step that does not divide the RAM": {"sizes: {step: {ram_mib: 7168}}",
			"sizes.step.ram_mib: 7168: must be a divisor of the 24576 MiB between"},
		"a maximum below the default": {"sizes: {max: {cores: 1}}", "sizes.max.cores: 1: must be at least sizes.default.cores (2)"},
		"a schedule without a time zone": {"capacity: {schedule: [{min_active: 9, time_intervals: [{times: [{start_time: '07:00', end_time: '12:00'}]}]}]}",
			"capacity.schedule[0].time_intervals[0].location: must be set to the schedule's time zone, such as Europe/Berlin; write UTC if"},
		"a file's secret that is missing": {"ionos: {token_file: nowhere}",
			`ionos.token_file: "nowhere": must be a file with the secret: open `},
		"an expiry before the next read of Alertmanager": {"deadlines: {alert_expiry: 1m}",
			"deadlines.alert_expiry: 1m0s: must be more than deadlines.alert_resync (3m0s)"},
		"an expiry before the next repetition": {"cooldowns: {scale_out: 29m}",
			"deadlines.alert_expiry: 30m0s: must be more than cooldowns.scale_out and rules.alertmanager.group_interval together (30m0s)"},
		"an action that does not exist": {"rules: {asks: {my_alert: explode}}", `rules.asks.my_alert: "explode": must be one of`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, test.text), env(nil))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load(%q) = %v, want an error with %q", test.text, err, test.want)
			}
		})
	}
}

func TestAMissingFileIsAnError(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yml"), env(nil))
	if err == nil || !strings.Contains(err.Error(), "no such file") || strings.Contains(err.Error(), "ionos.") {
		t.Errorf("Load = %v, want one error, that there is no such file", err)
	}
}

func TestSecretsComeFromFilesBesideTheConfiguration(t *testing.T) {
	path := write(t, "fleet: {datacenters: [dc-1]}\nionos: {username: u, password_file: pw}\nscalelite: {url: 'http://s', secret_file: pw}")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "pw"), []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Load(path, env(map[string]string{"BBB_PASS": "from-env"}))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.IONOS.Password.Reveal(); got != "hush" {
		t.Errorf("ionos.password = %q, want hush", got)
	}
	if got := f.Scalelite.Secret.Reveal(); got != "from-env" {
		t.Errorf("scalelite.secret = %q, want the environment's", got)
	}
	if got := len(f.SecretTexts()); got != 2 {
		t.Errorf("SecretTexts has %d, want 2", got)
	}
}

func TestReadAsksForNoCredentials(t *testing.T) {
	if _, err := Read(write(t, "ionos: {password_file: /nowhere}"), env(nil)); err != nil {
		t.Errorf("Read: %v", err)
	}
	if _, err := Read(write(t, "sizes: {step: {cores: 0}}"), env(nil)); err == nil {
		t.Error("Read accepted a step of 0 cores")
	}
}

// The environment of the predecessor's docker-compose file in production, with
// some variables empty, as compose gives those that are not set.
func TestThePredecessorsComposeEnvironmentAloneRuns(t *testing.T) {
	f, err := Load("", env(map[string]string{
		"IONOS_USER": "scaler@example.org", "IONOS_PASS": "hush", "IONOS_DATACENTER": "dc-1, dc-2,dc-1",
		"MINIMUM_ACTIVE_MACHINES": "4", "WAITINGTIME": "300000",
		"MAX_ALLOWED_MEMORY_WORKLOAD": "0.70", "MIN_ALLOWED_MEMORY_WORKLOAD": "0.22",
		"MAX_ALLOWED_CPU_WORKLOAD": "0.70", "MIN_ALLOWED_CPU_WORKLOAD": "0.005",
		"MAX_WORKER_MEMORY": "16384", "MAX_WORKER_CPU": "4", "DEFAULT_WORKER_MEMORY": "12288", "DEFAULT_WORKER_CPU": "",
		"NE_BASIC_AUTH_USER": "ne", "NE_BASIC_AUTH_PASS": "hush-ne", "BBB_EBBBA_EXPORTERS": "True", "MAX_SERVER_INCREASE": "7",
		"BBB_PASS": "lb", "GRAFANA_PASS": "key",
		"GRAFANA_ENDPOINT": "https://g.example.org/grafana/api/datasources/proxy/1/api/v1/query?query=",
	}))
	if err != nil {
		t.Fatal(err)
	}
	a := f.Actions
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"datacenters", strings.Join(a.Fleet.Datacenters, " "), "dc-1 dc-2"},
		{"floor", a.Capacity.FloorAt("", time.Now(), 1000), 4},
		{"default size", a.Sizes.Default, fleet.Size{Cores: 2, RAM: 12288}},
		{"cooldown up", a.Cooldowns.ServerUp, 5 * time.Minute},
		{"cooldown in", a.Cooldowns.In, 5 * time.Minute},
		{"cpu min", a.Thresholds.CPU.Min, 0.005},
		{"memory max", a.Thresholds.Memory.Max, 0.7},
		{"password", f.IONOS.Password.Reveal(), "hush"},
		{"balancer's secret", f.Scalelite.Secret.Reveal(), "lb"},
		{"without a balancer", a.NoBalancer, true},
		{"servers started at once", a.Capacity.MaxStep, 7},
		{"exporters", f.Rules.Exporters.Variant, generate.VariantEBBBA},
		{"exporters' user", f.Rules.Scrape.Username, "ne"},
		{"prometheus", f.Prometheus.URL, "https://g.example.org/grafana/api/datasources/proxy/1"},
		{"prometheus' token", f.Prometheus.BearerToken.Reveal(), "key"},
		{"bbb-server1 is of the fleet", a.Fleet.NamePattern.Match("BBB-server1"), true},
		{"scalelite is of the fleet", a.Fleet.NamePattern.Match("scalelite"), false},
	} {
		if c.got != c.want {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestAnHourOfWaitingTimeKeepsAlertsUntilTheyAreRepeated(t *testing.T) {
	f, err := Read("", env(map[string]string{"WAITING_TIME": "3600000"}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.Actions.Deadlines.AlertExpiry, 3*time.Hour; got != want {
		t.Errorf("deadlines.alert_expiry = %v, want %v", got, want)
	}
}

func TestAWaitingTimeThatIsNotInMillisecondsIsRefused(t *testing.T) {
	const allowed = "must be a whole number of milliseconds from 60000 (1 minute) to 86400000 (1 day), such as 300000 for 5 minutes"
	for _, name := range []string{"WAITINGTIME", "WAITING_TIME"} {
		for _, text := range []string{"0", "-1", "5", "300", "59999", "5m", "300000 # 5min", "1e5", "86400001", "9223372036854775807"} {
			_, err := Read("", env(map[string]string{name: text}))
			if want := fmt.Sprintf("%s: %q: %s", name, text, allowed); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s=%q: %v, want %s", name, text, err, want)
			}
		}
		if _, err := Read("", env(map[string]string{name: "60000"})); err != nil {
			t.Errorf("%s=60000: %v", name, err)
		}
	}
}

func TestAnOperatorsAlertAndDurationsAreMerged(t *testing.T) {
	f, err := Read(write(t, "rules: {asks: {my_alert: cordon}, for: {BBBServerIdle: 9m}}"), env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Actions.Asks["my_alert"].Ask; got != rules.AskCordon {
		t.Errorf("my_alert asks for %q, want cordon", got)
	}
	if got, want := len(f.Rules.For), len(generate.Defaults().For); got != want || f.Rules.For[rules.ServerIdle].String() != "9m" {
		t.Errorf("rules.for has %d durations, want %d; BBBServerIdle %v, want 9m", got, want, f.Rules.For[rules.ServerIdle])
	}
}

func TestTheOnPeriodBecomesASchedule(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env          map[string]string
		at0659, at07 int
		at1229, at23 int
	}{
		"on above off":     {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "10", "MINIMUM_ACTIVE_MACHINES_OFF": "3"}, 3, 10, 10, 3},
		"off above on":     {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "3", "MINIMUM_ACTIVE_MACHINES_OFF": "10"}, 10, 3, 3, 10},
		"the same":         {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "3", "MINIMUM_ACTIVE_MACHINES_OFF": "3"}, 3, 3, 3, 3},
		"only on":          {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "10"}, 2, 10, 10, 2},
		"over midnight":    {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "9", "START_H": "22", "END_H": "07", "END_MIN": "00"}, 9, 2, 2, 9},
		"until midnight":   {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "9", "START_H": "22", "END_H": "0", "END_MIN": "0"}, 2, 2, 2, 9},
		"a Windows zone":   {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "9", "TIMEZONE": "Central European Standard Time"}, 2, 9, 9, 2},
		"another zone":     {map[string]string{"MINIMUM_ACTIVE_MACHINES_ON": "9", "TIMEZONE": "UTC", "END_H": "22"}, 2, 2, 9, 9},
		"no floor, a zone": {map[string]string{"TIMEZONE": "UTC"}, 20, 20, 20, 20},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Read("", env(test.env))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct{ hour, minute, want int }{
				{6, 59, test.at0659}, {7, 0, test.at07}, {12, 29, test.at1229}, {23, 0, test.at23},
			} {
				at := time.Date(2027, 6, 7, c.hour, c.minute, 0, 0, berlin)
				if got := f.Actions.Capacity.FloorAt("", at, 1000); got != c.want {
					t.Errorf("FloorAt(%v) = %d, want %d", at, got, c.want)
				}
			}
		})
	}
}

func TestEveryKeyHasAVariable(t *testing.T) {
	f, err := Load(write(t, runnable), env(map[string]string{
		"BBB_SCALER_SCALELITE_URL": "https://s", "BBB_SCALER_SCALELITE_SECRET": "7", "BBB_SCALER_THRESHOLDS_CPU_MAX": "0.9",
		"BBB_SCALER_DEADLINES_WARM": "7m", "BBB_SCALER_ALERTMANAGER_URLS": "http://a, http://b", "BBB_SCALER_SIZES_MAX_CORES": "6",
		"BBB_SCALER_FLEET_NAME_PATTERN": "x[0-9]",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if f.Scalelite.URL != "https://s" || f.Scalelite.Secret != "7" || f.Actions.NoBalancer || f.Actions.Thresholds.CPU.Max != 0.9 ||
		f.Actions.Deadlines.Warm != 7*time.Minute || len(f.Alertmanager.URLs) != 2 || f.Actions.Sizes.Max.Cores != 6 ||
		!f.Actions.Fleet.NamePattern.Match("x1") || f.Actions.Fleet.NamePattern.Match("bbb") {
		t.Errorf("Load = %+v", f)
	}
	_, err = Load(write(t, runnable), env(map[string]string{"BBB_SCALER_SIZES_MAX_CORES": "6.5"}))
	if want := `BBB_SCALER_SIZES_MAX_CORES: "6.5": must be a whole number`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Load = %v, want %s", err, want)
	}
}

func TestDaysFromTheEndOfTheMonthWarn(t *testing.T) {
	f, err := Read(write(t, `
capacity:
  schedule:
    - {name: last, min_active: 5, time_intervals: [{days_of_month: ["-1"], location: UTC}, {days_of_month: ["-2:-1"], location: UTC}]}
    - {name: first, min_active: 5, time_intervals: [{days_of_month: ["1:3"], location: UTC}]}`), env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Actions.Warnings(); len(got) != 1 || !strings.HasPrefix(got[0], "capacity.schedule[0]: ") {
		t.Errorf("Warnings() = %q, want one for schedule[0]", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(runnable), "300000")
	f.Add([]byte("ionos: {datacenters: [a], budget: {max_cores: 1}}\nfleet: {datacenters: [b], budget:}"), "x")
	f.Add([]byte("a: &a [*a]\nsizes: *a"), "")
	f.Add([]byte("capacity: {schedule: [{time_intervals: [{location: UTC, times: [{start_time: '07:00', end_time: '24:00'}]}]}]}"), "1")
	f.Fuzz(func(t *testing.T, text []byte, variable string) {
		root, err := document(text)
		if err != nil {
			return
		}
		var environ []string
		for _, name := range Variables() {
			environ = append(environ, name+"="+variable)
		}
		file, errs := parse(root, environ)
		if len(errs) == 0 && len(file.Actions.Validate()) > 0 {
			t.Errorf("parse(%q) accepted what Validate refuses", text)
		}
	})
}

func TestOnlySecretsOutOfFilesAreReadAgain(t *testing.T) {
	path := write(t, "fleet: {datacenters: [dc-1]}\nionos: {token_file: token}\nscalelite: {url: http://lb, secret_file: secret}\n")
	file := func(name, text string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("token", "one\n")
	file("secret", "one\n")
	f, err := Load(path, []string{"BBB_SCALER_SCALELITE_SECRET=given"})
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := f.RereadSecrets(); changed || err != nil {
		t.Errorf("RereadSecrets() = %v, %v with the same files, want false", changed, err)
	}
	file("token", "two\n")
	file("secret", "two\n")
	changed, err := f.RereadSecrets()
	if got := f.IONOS.Token.Reveal() + " " + f.Scalelite.Secret.Reveal(); !changed || err != nil || got != "two given" {
		t.Errorf("RereadSecrets() = %v, %v, with the secrets %q; want the new token, and the secret of the environment", changed, err, got)
	}
}
