package world

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func mustRead(t *testing.T, name string) World {
	t.Helper()
	w, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// written writes a world's file and returns its path.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "own.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryShippedWorldCanBeReadAndSaysWhatItIs(t *testing.T) {
	names := Names()
	for _, name := range []string{"light", "typical", "heavy", "streams", "leaky", "slow-boot", "slow-poller"} {
		if !slices.Contains(names, name) {
			t.Errorf("worlds %q lack %s", names, name)
		}
	}
	for _, name := range names {
		if w := mustRead(t, name); w.About == "" || w.Name != name || w.Prices.Currency == "" {
			t.Errorf("%s: %+v; want its name, a line about it, and a currency", name, w)
		}
	}
}

func TestLightHasTheDefaultsOfTheSimulation(t *testing.T) {
	w := mustRead(t, "light")
	prices := sim.DefaultPrices()
	prices.Currency = w.Prices.Currency
	if w.Load != sim.DefaultLoad() || w.Cloud != sim.DefaultCloud() || w.Balancer != sim.DefaultBalancer() || w.Prices != prices {
		t.Errorf("light is %+v; want what sim.Config has without settings", w)
	}
}

func TestShippedWorldsDifferFromTypicalInWhatTheirNamesSay(t *testing.T) {
	typical := mustRead(t, "typical")
	tests := []struct {
		name    string
		differs func(w World) bool
	}{
		{"heavy", func(w World) bool {
			return w.Load.BaseRAM > typical.Load.BaseRAM && w.Load.ParticipantCores > typical.Load.ParticipantCores
		}},
		{"streams", func(w World) bool { return w.Load.StreamCores > 0 }},
		{"leaky", func(w World) bool { return w.Load.LeakRAM > 0 }},
		{"slow-boot", func(w World) bool { return w.Cloud.BBB == sim.Span{Min: 5 * time.Minute, Max: 8 * time.Minute} }},
		{"slow-poller", func(w World) bool { return w.Balancer.Off == sim.OffSilent }},
	}
	for _, tt := range tests {
		if !tt.differs(mustRead(t, tt.name)) || tt.differs(typical) {
			t.Errorf("%s does not differ from typical", tt.name)
		}
	}
}

func TestAFileHasTheKeysThatDifferFromTheWorldThatItExtends(t *testing.T) {
	typical, leaky := mustRead(t, "typical"), mustRead(t, "leaky")
	w := mustRead(t, written(t, "load: {idle_ram_mib: 5000}\ncloud: {start: 2m}\n"))
	if w.Load.BaseRAM != 5000 || w.Cloud.Start != (sim.Span{Min: 2 * time.Minute, Max: 2 * time.Minute}) {
		t.Errorf("world = %+v; want 5000 MiB and a start of 2 min", w)
	}
	w.Load.BaseRAM, w.Cloud.Start = typical.Load.BaseRAM, typical.Cloud.Start
	if w.Load != typical.Load || w.Cloud != typical.Cloud || w.Balancer != typical.Balancer || w.Prices != typical.Prices {
		t.Errorf("the other keys are %+v; want those of typical", w)
	}
	w = mustRead(t, written(t, "extends: leaky\nload: {idle_ram_mib: 5000}\n"))
	if w.Load.LeakRAM != leaky.Load.LeakRAM || w.Load.BaseRAM != 5000 {
		t.Errorf("world = %+v; want the leak of leaky, and 5000 MiB", w)
	}
}

func TestBadWorldsAreRefusedWithTheKeyAndWhatIsAllowed(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown key", "load:\n  idle_memory: 1\n", "load.idle_memory (line 2): unknown key: must be one of boot_cores, idle_cores"},
		{"a negative number", "load: {idle_cores: -1}", "load.idle_cores: -1: must be a finite number of at least 0"},
		{"a negative whole number", "load: {streams_per_person: -1}", "load.streams_per_person: -1: must be a finite number of at least 0"},
		{"a negative size", "cloud: {per_server: {cores: -2, ram_mib: 1024}}", "cloud.per_server.cores: -2: must be"},
		{"not a number", "load: {idle_cores: .nan}", "load.idle_cores: NaN: must be a finite number of at least 0"},
		{"infinity", "prices: {core_hour: .inf}", "prices.core_hour: +Inf: must be a finite number of at least 0"},
		{"a text", "load: {idle_cores: many}", `load.idle_cores (line 1): "many": must be a number`},
		{"a unit that is none", "cloud: {start: 5 parsecs}", `cloud.start (line 1): "5 parsecs": must be valid: need a duration above 0 with a unit, such as 90s`},
		{"a duration without a unit", "balancer: {poll_interval: 60}", `balancer.poll_interval (line 1): "60": must be valid: need a duration above 0 with a unit`},
		{"a negative duration", "balancer: {poll_interval: -5s}", "need a duration above 0 with a unit"},
		{"a span whose end is before its beginning", "cloud: {bbb: 8m..5m}", "cloud.bbb (line 1): \"8m..5m\": must be valid: 5m0s must not be below 8m0s"},
		{"a word that is none", "balancer: {off: maybe}", `balancer.off: "maybe": must be one of refuse, silent`},
		{"no polling thread", "balancer: {poller_threads: 0}", "balancer.poller_threads: 0: must be at least 1"},
		{"a probability above 1", "balancer: {cordon_race: 2}", "balancer.cordon_race: 2: must be a probability from 0 to 1"},
		{"servers that are busy without people", "load: {idle_cores_per_core: 1}", "load.idle_cores_per_core: 1: must be below 1"},
		{"people without load", "load: {participant_cores: 0, webcam_cores: 0}", "load.participant_cores: 0: must be above 0"},
		{"servers for nothing", "prices: {core_hour: 0, gib_hour: 0}", "prices.core_hour: 0: must be above 0"},
		{"a world that there is not", "extends: dreamland", `extends: "dreamland": must be one of heavy, leaky, light`},
		{"no YAML", "load: [", "not YAML"},
	}
	for _, tt := range tests {
		if w, err := Read(written(t, tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "own.yml: ") {
			t.Errorf("%s: %+v, error %v; want one with %q", tt.name, w, err, tt.want)
		}
	}
}

func TestANameThatIsNoWorldIsRefusedWithThoseThatAre(t *testing.T) {
	want := `--world: "hevy": must be one of heavy, leaky, light, slow-boot, slow-poller, streams, typical, or a file that ends with .yml`
	if _, err := Read("hevy"); err == nil || err.Error() != want {
		t.Errorf("Read() = %v, want %s", err, want)
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.yml")); err == nil || !strings.Contains(err.Error(), "none.yml: no such file") {
		t.Errorf("Read() = %v, want the file that is missing", err)
	}
}

func TestTheExampleInTheGuideIsAWorld(t *testing.T) {
	guide, err := os.ReadFile("../../../../deploy/guides/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if w := mustRead(t, written(t, example)); !found || w.Load.BaseRAM != 6000 || w.Cloud.RateLimit != 120 {
		t.Errorf("the guide's world is %+v; want 6000 MiB idle and 120 calls per minute", w)
	}
	for _, name := range Names() {
		if !strings.Contains(string(guide), "| `"+name+"` |") {
			t.Errorf("the guide does not list the world %s", name)
		}
	}
}
