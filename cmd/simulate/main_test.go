package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// progressLine matches what a run writes to standard error when it takes long.
var progressLine = regexp.MustCompile(`^((\d+ of \d+ cases done, )?hours simulated: \d+ of \d+, about \w+ left\n?)+$`)

func simulate(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(t.Context(), args, nil, &out, &errs)
	if text := strings.Trim(errs.String(), "\n"); text != "" && err == nil && !progressLine.MatchString(text) {
		t.Errorf("simulate %s wrote to standard error:\n%s", strings.Join(args, " "), &errs)
	}
	return out.String(), err
}

// traceFile writes lines below a trace's header.
func traceFile(t *testing.T, lines string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(path, []byte(sim.TraceHeader+"\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBadFlagsAreRefusedWithWhatIsAllowed(t *testing.T) {
	bad, late := traceFile(t, "0,60,5,9\n"), traceFile(t, "0,60,5,0\n604800,60,5,0\n")
	empty, tuesday := traceFile(t, ""), traceFile(t, "86400,60,5,0\n")
	world := filepath.Join(t.TempDir(), "world.yml")
	if err := os.WriteFile(world, []byte("load: {idle_cores: -1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--servers=-1"}, "--servers: -1: must be from 1 to 2000"},
		{[]string{"--servers=0"}, "--servers: 0: must be from 1 to 2000"},
		{[]string{"--live", "--servers", "0"}, "--servers: 0: must be from 1 to 745"},
		{[]string{"--live", "--servers", "900"}, "--servers: 900: must be from 1 to 745"},
		{[]string{"--live", "--servers", "700", "--speed", "60"}, "--speed: 60: must be at most 12.9 with 700 servers"},
		{[]string{"--servers", "30,3000"}, "--servers: 3000: must be from 1 to 2000"},
		{[]string{"--servers", "30,many"}, `--servers: "30,many": must be a number`},
		{[]string{"--servers", "30,"}, `--servers: "30,": must be a number`},
		{[]string{"--live", "--servers", "3,5"}, "--servers: 3,5: must be one number with --live"},
		{[]string{"--live", "--world", "light,heavy"}, `--world: "light,heavy": must be one world with --live`},
		{[]string{"--world", "light,dreamland"}, `--world: "dreamland": must be one of heavy, leaky, light`},
		{[]string{"--timetable", "school,kindergarten"}, `--timetable: "kindergarten": must be one of school, office`},
		{[]string{"--servers", "4,1", "--fault", "bbb-hangs@bbb-server4"}, `--fault: "bbb-hangs@bbb-server4": must name a server from bbb-server1 to bbb-server1`},
		{[]string{"--live", "--seed", "1..2"}, "--seed: \"1..2\": must be one number with --live"},
		{[]string{"--live", "--config.file", "a.yml", "--config.file", "b.yml"}, "--config.file: \"a.yml, b.yml\": must be given once with --live"},
		{[]string{"--live", "--config.file", "/nowhere.yml"}, "nowhere.yml"},
		{[]string{"--days", "0"}, "--days: 0: must be from 1 to 366"},
		{[]string{"--seed", "10..1"}, `--seed: "10..1": must be a number or a range`},
		{[]string{"--seed", "one"}, `--seed: "one": must be a number or a range`},
		{[]string{"--strategy", "ours,best"}, `--strategy: "best": must be one of static, bbb_scaler`},
		{[]string{"--fault", "fire@bbb-server1"}, `--fault: "fire@bbb-server1": must be or begin with one of start-hangs`},
		{[]string{"--servers", "4", "--fault", "bbb-hangs@bbb-server5"}, `--fault: "bbb-hangs@bbb-server5": must name a server from bbb-server1 to bbb-server4, or a datacenter: `},
		{[]string{"--fault", "bbb-hangs@"}, `--fault: "bbb-hangs@": must name a server`},
		{[]string{"--fault", "balancer-down@bbb-server1"}, `--fault: "balancer-down@bbb-server1": must not name a server`},
		{[]string{"--trace", bad}, "trace.csv: trace, line 2: webcams"},
		{[]string{"--trace", empty}, `trace.csv": must hold at least one meeting`},
		{[]string{"--trace", tuesday, "--days", "1"}, `trace.csv": must hold a meeting within --days 1: the first one starts at 86400 s`},
		{[]string{"--trace", late, "--trace.before", bad}, "trace.csv: trace, line 2: webcams"},
		{[]string{"--trace", late, "--trace.before", empty}, `trace.csv": must hold at least one meeting`},
		{[]string{"--trace", late, "--trace.before", late}, "must hold only the week before the trace: starts below 604800 s; one is at 604800 s"},
		{[]string{"--config.file", "/nowhere.yml"}, "nowhere.yml"},
		{[]string{"--live", "--speed", "9999"}, "--speed: 9999: must be from 1 to 240"},
		{[]string{"--live", "--speed", "0"}, "--speed: 0: must be from 1 to 240"},
		{[]string{"--live", "--speed", "NaN"}, "--speed: NaN: must be from 1 to 240"},
		{[]string{"--live", "--for", "0s"}, "--for: 0s: must be longer than 0s"},
		{[]string{"--live", "--cut-links", "0"}, "--cut-links: 0: must be at least 1"},
		{[]string{"--output", "xml"}, `--output: "xml": must be one of text, json`},
		{[]string{"--servers", "many"}, `--servers: "many": must be a number; see simulate --help`},
		{[]string{"--lve"}, `unknown long flag '--lve'; see simulate --help`},
		{[]string{"--plot", "/nowhere/week.svg"}, `--plot: "/nowhere/week.svg": must be in a directory that exists`},
		{[]string{"--live", "--replicas", "0"}, "--replicas: 0: must be from 1 to 9"},
		{[]string{"--live", "--replicas", "2"}, "--replicas: 2: must be 1 without --storage.url: give the URL of a PostgreSQL database, such as --storage.url=postgres://postgres@127.0.0.1/demo, or set BBB_SCALER_STORAGE_URL"},
		{[]string{"--live", "--replicas", "2", "--storage.url", "mysql://x:secret@y"}, "--storage.url: it must have the form postgres://"},
		{[]string{"--live", "--replicas", "2", "--storage.url", "postgres://x@y/z", "--kill-leader.interval", "5s"}, "--kill-leader.interval: 5s: must be at least 20s, or 0s"},
		{[]string{"--world", "dreamland"}, `--world: "dreamland": must be one of heavy, leaky, light`},
		{[]string{"--live", "--world", "dreamland"}, `--world: "dreamland": must be one of heavy, leaky, light`},
		{[]string{"--timetable", "kindergarten"}, `--timetable: "kindergarten": must be one of school, office, double-shift, flat`},
		{[]string{"--world", world}, "load.idle_cores: -1: must be a finite number of at least 0"},
		{[]string{"world", "dreamland"}, `--world: "dreamland": must be one of`},
	}
	for _, tt := range tests {
		if out, err := simulate(t, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) || out != "" {
			t.Errorf("simulate %s = %q, %v; want nothing and an error with %q", strings.Join(tt.args, " "), out, err, tt.want)
		}
	}
}

func TestFlagsThatWouldHaveNoEffectAreRefused(t *testing.T) {
	trace := traceFile(t, "0,60,5,0\n")
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--without-daemon"}, "--without-daemon: must not be given without --live"},
		{[]string{"--live", "--trace", trace}, "--trace: must not be given with --live"},
		{[]string{"--live", "--trace.before", trace}, "--trace.before: must not be given with --live"},
		{[]string{"--live", "--timetable", "office"}, "--timetable: must not be given with --live"},
		{[]string{"--trace", trace, "--timetable", "school"}, "--timetable: must not be given with --trace"},
		{[]string{"--live", "--days", "7"}, "--days: must not be given with --live"},
		{[]string{"--live", "--strategy", "ours"}, "--strategy: must not be given with --live"},
		{[]string{"--live", "--fault", "bbb-hangs"}, "--fault: must not be given with --live"},
		{[]string{"--live", "--plot", "x.svg"}, "--plot: must not be given with --live"},
		{[]string{"--live", "--scalelite.secret=s"}, "--scalelite.secret: must not be given without --scalelite.url"},
		{[]string{"--live", "--scalelite.poll-interval=2s"}, "--scalelite.poll-interval: must not be given without --scalelite.url"},
		{[]string{"--servers", "4,8", "--plot", "x.svg"}, "--plot: must not be given with several worlds"},
		{[]string{"--world", "light,heavy", "--strategy", "bound"}, "--strategy: must name another than bound with several worlds"},
		{[]string{"--for", "3m"}, "--for: must not be given without --live"},
		{[]string{"--speed", "60"}, "--speed: must not be given without --live"},
		{[]string{"--cut-links", "1"}, "--cut-links: must not be given without --live"},
		{[]string{"--log.level", "debug"}, "--log.level: must not be given without --live"},
		{[]string{"--replicas", "2"}, "--replicas: must not be given without --live"},
		{[]string{"--live", "--storage.url", "postgres://x@y/z"}, "--storage.url: must not be given without several --replicas"},
		{[]string{"--live", "--kill-leader.interval", "1m"}, "--kill-leader.interval: must not be given without several --replicas"},
		{[]string{"--live", "--replicas", "2", "--cut-links", "1"}, "--cut-links: must not be given with several --replicas"},
		{[]string{"--live", "--replicas", "2", "--without-daemon"}, "--without-daemon: must not be given with several --replicas"},
		{[]string{"--live", "--replicas", "2", "--scalelite.url", "http://localhost"}, "--scalelite.url: must not be given with several --replicas"},
		{[]string{"compare", "--scalelite.url", "http://localhost"}, "--scalelite.url: must not be given without --live"},
		{[]string{"--trace.before", trace}, "--trace.before: must not be given without --trace"},
		{[]string{"--config.file", "a.yml", "--config.file", "b.yml", "--strategy", "static"}, "--config.file: must be given once"},
		{[]string{"record", "--journal.people", "20"}, "--journal.people: must not be given without --journal.url"},
		{[]string{"record", "--journal.url=http://localhost", "--prometheus.url=http://localhost"}, "--prometheus.url: must not be given with --journal.url"},
		{[]string{"record", "--journal.url=http://localhost", "--config.file=x.yml"}, "--config.file: must not be given with --journal.url"},
		{[]string{"record", "--journal.url=http://localhost", "--metric.webcams=x"}, "--metric.webcams: must not be given with --journal.url"},
	}
	for _, tt := range tests {
		if out, err := simulate(t, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) || out != "" {
			t.Errorf("simulate %s = %q, %v; want nothing and an error with %q", strings.Join(tt.args, " "), out, err, tt.want)
		}
	}
}

func TestJSONHasEveryFigureOfEveryStrategyAndTheSameBytesTwice(t *testing.T) {
	args := []string{"--servers", "4", "--days", "1", "--seed", "1..2", "--strategy", "static,bbb_scaler,infra-autoscaler,cloud-native,bound", "--output", "json"}
	first, err := simulate(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := simulate(t, args...); err != nil || second != first {
		t.Errorf("two runs differ: %v", err)
	}
	var got struct {
		Strategies map[string]map[string]any
		BySeed     map[string]map[string]map[string]any `json:"by_seed"`
	}
	if err := json.Unmarshal([]byte(first), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"static", "bbb_scaler", "infra-autoscaler", "cloud-native", "bound"} {
		for _, key := range []string{
			"server_hours", "core_hours", "ram_gib_hours", "cost", "overload_participant_minutes", "participant_minutes", "meetings",
			"meetings_ended_early", "meetings_refused", "capacity_delay_p95_seconds", "cloud_calls", "balancer_calls", "flaps", "churn",
			"cost_over_bound", "savings",
		} {
			if _, ok := got.Strategies[name][key].(float64); !ok {
				t.Errorf("strategies.%s.%s is missing", name, key)
			}
		}
	}
	if got, want := got.Strategies["static"]["server_hours"], 2*4*24.0; got != want {
		t.Errorf("four servers on for two days = %v server-hours, want %v", got, want)
	}
	static := got.Strategies["static"]
	if over := static["cost"].(float64) / got.Strategies["bound"]["cost"].(float64); math.Abs(static["cost_over_bound"].(float64)-over) > 0.01 || static["savings"] != 0.0 {
		t.Errorf("static = %v; want %.2f times the cost of the bound, and savings of 0", static, over)
	}
	if saved := 1 - got.Strategies["bound"]["cost"].(float64)/static["cost"].(float64); math.Abs(got.Strategies["bound"]["savings"].(float64)-saved) > 0.01 {
		t.Errorf("the bound saves %v, want %.2f", got.Strategies["bound"]["savings"], saved)
	}
	if len(got.BySeed) != 2 || reflect.DeepEqual(got.BySeed["1"]["bbb_scaler"], got.BySeed["2"]["bbb_scaler"]) {
		t.Errorf("by_seed = %v; want two seeds that differ", got.BySeed)
	}
}

func TestAWorldThatIsPrintedIsTheOneThatAFileOfItHas(t *testing.T) {
	text, err := simulate(t, "world", "heavy")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(world string) string {
		out, err := simulate(t, "--world", world, "--servers", "2", "--days", "1", "--strategy", "static", "--output", "json")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Replace(out, world, "", 1)
	}
	if own, shipped, typical := run(path), run("heavy"), run("typical"); own != shipped || own == typical {
		t.Errorf("the file's figures are\n%s\nthose of heavy\n%s\nof typical\n%s\nwant those of heavy, not of typical", own, shipped, typical)
	}
}

func TestTheWeeksAreThoseOfTheTimetable(t *testing.T) {
	meetings := func(timetable string) (n int) {
		out, err := simulate(t, "--servers", "4", "--days", "1", "--strategy", "static", "--output", "json", "--timetable", timetable)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Timetable  string
			Strategies map[string]struct{ Meetings int }
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil || got.Timetable != timetable {
			t.Errorf("timetable %s: the report names %q, %v", timetable, got.Timetable, err)
		}
		return got.Strategies["static"].Meetings
	}
	if school, shifts, office := meetings("school"), meetings("double-shift"), meetings("office"); school >= shifts || shifts >= office {
		t.Errorf("%d meetings in a school, %d in two shifts, %d in an office; want more in each", school, shifts, office)
	}
}

func TestATraceIsPlayedAndDrawn(t *testing.T) {
	trace, drawn := traceFile(t, "28800,2700,25,8\n28900,2700,20,0\n"), filepath.Join(t.TempDir(), "week.svg")
	out, err := simulate(t, "--servers", "3", "--days", "1", "--strategy", "static", "--trace", trace, "--plot", drawn, "--output", "json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, `"meetings": 2,`) {
		t.Errorf("the report lacks the trace's two meetings:\n%s", out)
	}
	if picture, err := os.ReadFile(drawn); err != nil || !bytes.HasPrefix(picture, []byte("<svg")) {
		t.Errorf("the picture is %.40q, %v; want an SVG", picture, err)
	}
}

func TestATraceIsForecastByTheWeekBeforeIt(t *testing.T) {
	lesson := traceFile(t, strings.Repeat("28800,2700,25,8\n", 20))
	hours := func(more ...string) float64 {
		out, err := simulate(t, append(more, "--servers", "40", "--days", "1", "--strategy", "ours", "--trace", lesson, "--output", "json")...)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Strategies map[string]struct {
				ServerHours float64 `json:"server_hours"`
			}
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		return got.Strategies["ours"].ServerHours
	}
	// Without, a tenth of the servers waits all day for a bell: 4 instead of 2.
	if with, without := hours("--trace.before", lesson), hours(); with > 0.7*without || with < 48 {
		t.Errorf("%.1f server-hours with the week before, %.1f without; want at least 48, and much less than without", with, without)
	}
}

func TestSeveralConfigurationsAreComparedUnderTheirNames(t *testing.T) {
	dir := t.TempDir()
	var args []string
	for _, name := range []string{"tight", "loose"} {
		path := filepath.Join(dir, name+".yml")
		if err := os.WriteFile(path, []byte("capacity: {min_active: 1}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config.file", path)
	}
	out, err := simulate(t, append(args, "--servers", "2", "--days", "1", "--strategy", "ours", "--trace", traceFile(t, "28800,2700,5,0\n"))...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ours:tight", "ours:loose", "bound"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %s:\n%s", want, out)
		}
	}
}
