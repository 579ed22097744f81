// Package config reads the configuration. It takes the defaults, overrides them by
// a YAML file and then by environment variables, reads the secrets that are in
// separate files, and validates the result. The daemon, the generator of rules and the
// simulation read the same file. Each package declares its own section.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	// Time zones for hosts and images that have none.
	_ "time/tzdata"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/bbb"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// File is the whole configuration. The sections of package fleet (fleet,
// thresholds, sizes, …) are at the top level of the file.
type File struct {
	Actions      fleet.Config        `yaml:",inline"`
	Rules        generate.Config     `yaml:"rules"`
	IONOS        ionos.Config        `yaml:"ionos"`
	Scalelite    scalelite.Config    `yaml:"scalelite"`
	BBB          bbb.Config          `yaml:"bbb"`
	Alertmanager alertmanager.Config `yaml:"alertmanager"`
	Prometheus   Prometheus          `yaml:"prometheus"`
	Web          receiver.Config     `yaml:"web"`

	dir       string   // directory of the file; relative paths start there
	fromFiles []string // paths of the keys whose secrets came from files

	notes []string // warnings about keys and variables with an old name or no effect
}

// Prometheus is the section "prometheus": the access to Prometheus, directly or
// through Grafana's data source proxy. Without a URL, Prometheus is not read.
type Prometheus struct {
	// URL is the base address; "/api/v1" is appended.
	URL string `yaml:"url"`
	// Username with Password, or BearerToken, are the login; with both, the token is
	// used. PasswordFile and BearerTokenFile name the files that hold the secrets.
	Username        string       `yaml:"username"`
	Password        fleet.Secret `yaml:"password"`
	PasswordFile    string       `yaml:"password_file"`
	BearerToken     fleet.Secret `yaml:"bearer_token"`
	BearerTokenFile string       `yaml:"bearer_token_file"`
	// RequestTimeout bounds one call.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string `yaml:"ca_file"`
}

// Validate returns everything that is wrong with the section.
func (p Prometheus) Validate() []error {
	var problems refuse.Problems
	problems.Positive("prometheus.request_timeout", p.RequestTimeout)
	if p.URL != "" {
		problems.URL("prometheus.url", p.URL)
	}
	return problems
}

// Defaults returns the configuration for an empty file and environment. Its name
// pattern selects the same servers as bbb_scaler: those with "bbb" in their name.
func Defaults() File {
	f := File{
		Actions: fleet.Defaults(), Rules: generate.Defaults(), IONOS: ionos.Defaults(), Scalelite: scalelite.Defaults(),
		BBB: bbb.Defaults(), Alertmanager: alertmanager.Defaults(), Prometheus: Prometheus{RequestTimeout: 10 * time.Second},
		Web: receiver.Defaults(),
	}
	f.Actions.Fleet.NamePattern, _ = fleet.ParseNamePattern("(?i).*bbb.*")
	f.complete()
	return f
}

// Load reads the configuration for the daemon from the file at path and from
// environ, which has the form of os.Environ. With path "" it reads only the
// environment. All problems are in one error, each with its key or variable, its
// value, and what is allowed.
func Load(path string, environ []string) (File, error) {
	root, err := readDocument(path)
	if err != nil {
		return File{}, together(path, []error{err})
	}
	f, errs := parse(root, environ)
	errs = append(errs, readSecrets(&f, filepath.Dir(path))...)
	f.locateCalendars(filepath.Dir(path))
	if len(f.Actions.Fleet.Datacenters) == 0 {
		errs = append(errs, refuse.Value("fleet.datacenters", nil, "list at least one datacenter id (UUID)"))
	}
	errs = append(errs, slices.Concat(f.IONOS.Validate(), f.Scalelite.Validate(), f.BBB.Validate(), f.Alertmanager.Validate(),
		f.Prometheus.Validate(), f.Web.Validate())...)
	return f, together(path, errs)
}

// Read is Load for programs that need only the sections of the scaler and of the
// rules: it opens no file with a secret and requires no credentials.
func Read(path string, environ []string) (File, error) {
	root, err := readDocument(path)
	if err != nil {
		return File{}, together(path, []error{err})
	}
	f, errs := parse(root, environ)
	return f, together(path, errs)
}

// locateCalendars makes the paths of calendars start from dir, the directory of the
// configuration file.
func (f *File) locateCalendars(dir string) {
	for i := range f.Actions.Capacity.Calendars {
		if c := &f.Actions.Capacity.Calendars[i]; c.File != "" && !filepath.IsAbs(c.File) {
			c.File = filepath.Join(dir, c.File)
		}
	}
}

// readDocument reads a YAML file. With path "" it returns an empty document.
func readDocument(path string) (*yaml.Node, error) {
	if path == "" {
		return &yaml.Node{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return document(text)
}

func document(text []byte) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	return &root, nil
}

// parse is Read without the file system.
func parse(root *yaml.Node, environ []string) (File, []error) {
	f, old := Defaults(), Defaults()
	d := decoder{moved: movedFields(&old), given: map[string]bool{}}
	if len(root.Content) == 1 {
		d.value("", root.Content[0], reflect.ValueOf(&f).Elem())
	}
	d.takeMoved(&f, &old)
	errs := slices.Concat(d.problems, refuseTwice(&f), refuseUnknown(environ), overrideByEnvironment(&f, Getenv(environ)))
	f.complete()
	return f, slices.Concat(errs, f.Actions.Validate(), f.Rules.Validate(), f.checkExpiry())
}

// checkExpiry refuses an alert expiry that is shorter than the repeat interval of
// the generated route, with which alerts that still fire would expire.
func (f *File) checkExpiry() []error {
	repeat := f.Actions.Cooldowns.Out + time.Duration(f.Rules.Alertmanager.GroupInterval)
	var p refuse.Problems
	p.Require(f.Actions.Deadlines.AlertExpiry > repeat, "deadlines.alert_expiry", f.Actions.Deadlines.AlertExpiry,
		"be more than cooldowns.scale_out and rules.alertmanager.group_interval together (%v), after which Alertmanager repeats an alert", repeat)
	return p
}

// RuleInput returns the values of other sections that the rules are generated from.
func (f *File) RuleInput() generate.Input {
	a := f.Actions
	return generate.Input{
		Fleet: a.Fleet.Name, Thresholds: a.Thresholds, IdleRAM: int(a.Sizes.IdleRAM), Floor: a.Capacity.MinActive, Cooldown: a.Cooldowns.Out,
		StartTime: a.Capacity.StartTime, Headroom: a.Capacity.Headroom, Tolerance: a.Capacity.Tolerance, DrainDeadline: a.Deadlines.Drain, StaleAfter: a.Deadlines.Stale,
		AlertExpiry: a.Deadlines.AlertExpiry,
	}
}

// Generated returns the text of the file that genrules writes in a format, such as
// the rules.
func (f *File) Generated(format generate.Format) (string, error) {
	file, err := generate.FileOf(format)
	if err != nil {
		return "", err
	}
	text, err := file.Render(f.Rules, f.RuleInput())
	if err != nil {
		return "", fmt.Errorf("generating %s: %w", file.Name, err)
	}
	return string(text), nil
}

// Warnings returns texts about settings that are valid but probably not intended,
// and about deprecated names.
func (f *File) Warnings() []string {
	all := f.Actions.Warnings()
	if f.Actions.NoBalancer {
		all = append(all, "scalelite.url is not set: servers are started and grown, and never drained, shrunk or stopped, "+
			"because only Scalelite can keep new meetings away from them")
	}
	if len(f.Alertmanager.URLs) == 0 {
		all = append(all, "alertmanager.urls is not set: silences are not seen, and an alert counts as resolved "+
			f.Actions.Deadlines.AlertExpiry.String()+" after its last notification")
	}
	return append(all, f.notes...)
}

// complete copies values from one section to others that need them.
func (f *File) complete() {
	a := &f.Actions
	f.IONOS.Datacenters = len(a.Fleet.Datacenters)
	a.Asks = f.Rules.Meanings()
	ahead := a.Capacity.StartTime + time.Duration(f.Rules.Forecast.Margin)
	a.Forecast = fleet.ForecastConfig{
		Enabled: f.Rules.Forecast.Enabled, Ahead: ahead, Hold: max(ahead, time.Duration(f.Rules.Forecast.Hold)),
		LevelWindow: time.Duration(f.Rules.Forecast.LevelWindow), LevelPrior: f.Rules.Forecast.LevelPrior,
		LevelMax: f.Rules.Forecast.LevelMax, Location: a.Capacity.Zone(),
	}
	a.HostNames, a.PollInterval, a.NoBalancer = f.Scalelite.HostNames, f.Scalelite.PollInterval, f.Scalelite.URL == ""
}

// together returns one error that lists all errors, or nil.
func together(path string, errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	if path == "" {
		path = "environment"
	}
	return fmt.Errorf("configuration (%s) is refused:\n%w", path, errors.Join(errs...))
}
