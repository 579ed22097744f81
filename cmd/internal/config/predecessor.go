package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// variable is one variable of bbb_scaler, this scaler's predecessor.
type variable struct {
	name string
	key  string // path of the key that it sets
	// set parses a text and sets the key. It returns "", or what is allowed instead.
	set func(text string) (allowed string)
}

// override sets the keys whose variables are not empty.
func override(variables []variable, getenv func(string) string) (given bool, errs []error) {
	var p refuse.Problems
	for _, v := range variables {
		if text := strings.TrimSpace(getenv(v.name)); text != "" {
			given = true
			allowed := v.set(text)
			p.Require(allowed == "", v.name, text, "%s", allowed)
		}
	}
	return given, p
}

// predecessors returns the variables of bbb_scaler that set one key each, so that
// its compose file continues to work.
func predecessors(f *File) []variable {
	a := &f.Actions
	return []variable{
		{"IONOS_USER", "ionos.username", text(&f.IONOS.Username)},
		{"IONOS_PASS", "ionos.password", text(&f.IONOS.Password)},
		{"IONOS_DATACENTER", "fleet.datacenters", list(&a.Fleet.Datacenters)},
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

// activeMachines sets the floor to a number, independent of the fleet's size, as
// bbb_scaler did.
func activeMachines(c *fleet.Capacity) func(string) string {
	return func(text string) string {
		c.MinActiveShare = 0
		return integer(&c.MinActive)(text)
	}
}

func text[T ~string](into *T) func(string) string {
	return func(text string) string {
		*into = T(text)
		return ""
	}
}

func list(into *[]string) func(string) string {
	return func(text string) string {
		*into = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" && !slices.Contains(*into, item) {
				*into = append(*into, item)
			}
		}
		return ""
	}
}

func integer[T ~int](into *T) func(string) string {
	return func(text string) string {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "be a whole number"
		}
		*into = T(n)
		return ""
	}
}

func ratio(into *float64) func(string) string {
	return func(text string) string {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return "be a ratio such as 0.35"
		}
		*into = v
		return ""
	}
}

// Bounds of a waiting time. A value below one minute is probably meant in seconds
// or minutes instead of milliseconds.
const (
	shortestWait = time.Minute
	longestWait  = 24 * time.Hour
)

// waitingTime sets all four cooldowns: bbb_scaler made no change for that long
// after every cycle. Alertmanager repeats alerts at that interval, so that they
// must not expire before three of them.
func waitingTime(into *fleet.Config) func(string) string {
	return func(text string) string {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms < shortestWait.Milliseconds() || ms > longestWait.Milliseconds() {
			return fmt.Sprintf("be a whole number of milliseconds from %d (1 minute) to %d (1 day), such as 300000 for 5 minutes",
				shortestWait.Milliseconds(), longestWait.Milliseconds())
		}
		d, c := time.Duration(ms)*time.Millisecond, &into.Cooldowns
		c.ServerUp, c.ServerDown, c.Out, c.In = d, d, d, d
		into.Deadlines.AlertExpiry = max(into.Deadlines.AlertExpiry, 3*d)
		return ""
	}
}

// exporters sets the paths and ports of the servers' exporters.
func exporters(into *generate.Variant) func(string) string {
	return func(text string) string {
		ebbba, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return "be true or false"
		}
		*into = generate.VariantPorts
		if ebbba {
			*into = generate.VariantEBBBA
		}
		return ""
	}
}

// notOurs accepts a password that bbb_scaler used and only Prometheus needs now.
func notOurs(f *File) func(string) string {
	return func(string) string {
		f.notes = append(f.notes, "NE_BASIC_AUTH_PASS is not used: only Prometheus reads the node exporters, "+
			"with the password in rules.scrape.password_file")
		return ""
	}
}

// endpoint sets a base address from the address for bbb_scaler, which ends with
// the API call (https://host/api/datasources/proxy/1/api/v1/query?query=).
func endpoint(into *string) func(string) string {
	return func(text string) string {
		text, _, _ = strings.Cut(text, "?")
		text = strings.TrimRight(text, "/")
		for _, call := range []string{"/query", "/query_range"} {
			text = strings.TrimSuffix(text, "/api/v1"+call)
		}
		*into = strings.TrimSuffix(text, "/api/v1")
		return ""
	}
}
