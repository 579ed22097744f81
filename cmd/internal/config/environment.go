package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"gopkg.in/yaml.v3"
)

// overrideByEnvironment sets what the environment gives: first the variables of
// bbb_scaler, this scaler's predecessor, under their old names and meanings, so
// that its compose file goes on working; then BBB_SCALER_<KEY> for each key, as
// in BBB_SCALER_SCALELITE_URL for scalelite.url. A variable that is empty is
// one that is not set, as compose gives it.
func overrideByEnvironment(f *File, getenv func(string) string) []error {
	var errs []error
	for _, v := range predecessors(f) {
		if text := strings.TrimSpace(getenv(v.name)); text != "" {
			if err := v.set(text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", v.name, err))
			}
		}
	}
	errs = append(errs, overrideSchedule(f, getenv)...)
	return append(errs, overrideKeys(f, getenv)...)
}

// variable is one variable of bbb_scaler.
type variable struct {
	name string
	key  string // whose value it sets
	set  func(text string) error
}

// predecessors returns the variables of bbb_scaler that set one key each.
func predecessors(f *File) []variable {
	a := &f.Actions
	return []variable{
		{"IONOS_USER", "ionos.username", text(&f.IONOS.Username)},
		{"IONOS_PASS", "ionos.password", text(&f.IONOS.Password)},
		{"IONOS_DATACENTER", "ionos.datacenters", list(&f.IONOS.Datacenters)},
		{"MINIMUM_ACTIVE_MACHINES", "capacity.min_active", activeMachines(&a.Capacity)},
		{"MAX_SERVER_INCREASE", "capacity.max_step", integer(&a.Capacity.MaxStep)},
		{"WAITING_TIME", "cooldowns", waitingTime(a)},
		{"WAITINGTIME", "cooldowns", waitingTime(a)},
		{"MAX_ALLOWED_MEMORY_WORKLOAD", "thresholds.memory.max", ratio(&a.Thresholds.Memory.Max)},
		{"MIN_ALLOWED_MEMORY_WORKLOAD", "thresholds.memory.min", ratio(&a.Thresholds.Memory.Min)},
		{"MAX_ALLOWED_CPU_WORKLOAD", "thresholds.cpu.max", ratio(&a.Thresholds.CPU.Max)},
		{"MIN_ALLOWED_CPU_WORKLOAD", "thresholds.cpu.min", ratio(&a.Thresholds.CPU.Min)},
		{"MAX_WORKER_MEMORY", "sizes.max.ram_mib", integer(&a.Sizes.Max.RAM)},
		{"DEFAULT_WORKER_MEMORY", "sizes.default.ram_mib", integer(&a.Sizes.Default.RAM)},
		{"MAX_WORKER_CPU", "sizes.max.cores", integer(&a.Sizes.Max.Cores)},
		{"DEFAULT_WORKER_CPU", "sizes.default.cores", integer(&a.Sizes.Default.Cores)},
		{"BBB_PASS", "scalelite.secret", text(&f.Scalelite.Secret)},
		{"GRAFANA_ENDPOINT", "prometheus.url", endpoint(&f.Prometheus.URL)},
		{"NE_BASIC_AUTH_USER", "rules.scrape.username", text(&f.Rules.Scrape.Username)},
		{"NE_BASIC_AUTH_PASS", "", notOurs(f)},
		{"BBB_EBBBA_EXPORTERS", "rules.exporters.variant", exporters(&f.Rules.Exporters.Variant)},
		{"GRAPHANA_PASS", "prometheus.bearer_token", text(&f.Prometheus.BearerToken)},
		{"GRAFANA_PASS", "prometheus.bearer_token", text(&f.Prometheus.BearerToken)},
	}
}

// activeMachines sets the floor, whatever the size of the fleet, as there.
func activeMachines(c *fleet.Capacity) func(string) error {
	return func(text string) error {
		c.MinActiveShare = 0
		return integer(&c.MinActive)(text)
	}
}

func text[T ~string](into *T) func(string) error {
	return func(text string) error {
		*into = T(text)
		return nil
	}
}

func list(into *[]string) func(string) error {
	return func(text string) error {
		*into = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" && !slices.Contains(*into, item) {
				*into = append(*into, item)
			}
		}
		return nil
	}
}

func integer[T ~int](into *T) func(string) error {
	return func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		*into = T(n)
		return nil
	}
}

func ratio(into *float64) func(string) error {
	return func(text string) error {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%q is not a ratio such as 0.35", text)
		}
		*into = v
		return nil
	}
}

// waitingTime sets all four cooldowns: bbb_scaler changed nothing for as long
// after every cycle. Alertmanager repeats alerts at that pace too, so they must
// be believed for longer.
func waitingTime(into *fleet.Config) func(string) error {
	return func(text string) error {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms <= 0 || time.Duration(ms) > longest/time.Millisecond {
			return fmt.Errorf("%q is not a whole number of milliseconds above 0 and up to a day, such as 300000 for 5 minutes", text)
		}
		d, c := time.Duration(ms)*time.Millisecond, &into.Cooldowns
		c.ServerUp, c.ServerDown, c.Out, c.In = d, d, d, d
		into.Deadlines.AlertExpiry = max(into.Deadlines.AlertExpiry, 3*d)
		return nil
	}
}

// longest is the greatest waiting time that is taken for meant.
const longest = 24 * time.Hour

// exporters sets where the servers' exporters listen.
func exporters(into *generate.Variant) func(string) error {
	return func(text string) error {
		ebbba, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return fmt.Errorf("%q is not true or false", text)
		}
		*into = generate.VariantPorts
		if ebbba {
			*into = generate.VariantEBBBA
		}
		return nil
	}
}

// notOurs takes a password that only Prometheus needs now.
func notOurs(f *File) func(string) error {
	return func(string) error {
		f.unused = append(f.unused, "NE_BASIC_AUTH_PASS is not needed any more: Prometheus alone reads the node exporters, "+
			"and takes the password from rules.scrape.password_file")
		return nil
	}
}

// endpoint sets a base address from what bbb_scaler put in front of a query
// (https://host/api/datasources/proxy/1/api/v1/query?query=).
func endpoint(into *string) func(string) error {
	return func(text string) error {
		text, _, _ = strings.Cut(text, "?")
		text = strings.TrimRight(text, "/")
		for _, call := range []string{"/query", "/query_range"} {
			text = strings.TrimSuffix(text, "/api/v1"+call)
		}
		*into = strings.TrimSuffix(text, "/api/v1")
		return nil
	}
}

const prefix = "BBB_SCALER_"

// overrideKeys sets each key that has a single value, or is a list of texts,
// from its variable.
func overrideKeys(f *File, getenv func(string) string) []error {
	var d decoder
	eachKey("", reflect.ValueOf(f).Elem(), func(at string, field reflect.Value) {
		name := prefix + strings.ToUpper(strings.ReplaceAll(at, ".", "_"))
		given := strings.TrimSpace(getenv(name))
		if given == "" {
			return
		}
		if into, ok := field.Addr().Interface().(*[]string); ok {
			_ = list(into)(given)
			return
		}
		d.scalar(name, scalarNode(given, field.Type()), field)
	})
	return d.problems
}

// eachKey calls each for every key below v that one variable can set.
func eachKey(at string, v reflect.Value, each func(at string, field reflect.Value)) {
	known := keys(v)
	for _, key := range slices.Sorted(maps.Keys(known)) {
		field := known[key]
		switch {
		case field.Kind() == reflect.Struct && !decodesItself(field.Type()):
			eachKey(join(at, key), field, each)
		case isScalar(field.Type()), decodesItself(field.Type()), field.Type() == reflect.TypeFor[[]string]():
			each(join(at, key), field)
		}
	}
}

// scalarNode reads text as YAML does, and as text where text is wanted.
func scalarNode(given string, t reflect.Type) *yaml.Node {
	if t.Kind() == reflect.String || decodesItself(t) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: given}
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: given}
	node.Tag = node.ShortTag()
	return node
}
