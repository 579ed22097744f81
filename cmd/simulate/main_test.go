package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func simulate(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(t.Context(), args, func(string) string { return "" }, &out, &errs)
	if errs.Len() > 0 && err == nil {
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
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--servers=-1"}, "--servers -1 is not from 1 to 2000"},
		{[]string{"--live", "--servers", "900"}, "--servers 900 is not from 1 to 250"},
		{[]string{"--days", "0"}, "--days 0 is not from 1 to 366"},
		{[]string{"--seed", "10..1"}, `--seed "10..1" is not a number or a range`},
		{[]string{"--seed", "one"}, `--seed "one" is not a number or a range`},
		{[]string{"--strategy", "ours,best"}, `--strategy "best" is not one of static, bbb_scaler`},
		{[]string{"--fault", "fire@bbb-server1"}, `there is no fault "fire"; there are start-hangs`},
		{[]string{"--trace", bad}, "trace.csv: trace, line 2: webcams"},
		{[]string{"--trace", late, "--trace.before", bad}, "trace.csv: trace, line 2: webcams"},
		{[]string{"--trace", late, "--trace.before", late}, "a meeting starts 604800 s after its Monday: only one week, of 604800 s, comes before the trace"},
		{[]string{"--trace.before", late}, "--trace.before needs --trace"},
		{[]string{"--config.file", "/nowhere.yml"}, "nowhere.yml"},
		{[]string{"--live", "--speed", "9999"}, "--speed 9999 is not from 1 to 240"},
		{[]string{"--output", "xml"}, "xml"},
	}
	for _, tt := range tests {
		if out, err := simulate(t, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) || out != "" {
			t.Errorf("simulate %s = %q, %v; want nothing and an error with %q", strings.Join(tt.args, " "), out, err, tt.want)
		}
	}
}

func TestJSONHasEveryFigureOfEveryStrategyAndTheSameBytesTwice(t *testing.T) {
	args := []string{"--servers", "4", "--days", "1", "--seed", "1..2", "--strategy", "static,bbb_scaler,infra-autoscaler,bound", "--output", "json"}
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
	for _, name := range []string{"static", "bbb_scaler", "infra-autoscaler", "bound"} {
		for _, key := range []string{
			"server_hours", "core_hours", "ram_gib_hours", "cost", "overload_participant_minutes", "participant_minutes", "meetings",
			"meetings_ended_early", "meetings_refused", "capacity_delay_p95_seconds", "cloud_calls", "balancer_calls", "flaps",
		} {
			if _, ok := got.Strategies[name][key].(float64); !ok {
				t.Errorf("strategies.%s.%s is missing", name, key)
			}
		}
	}
	if got, want := got.Strategies["static"]["server_hours"], 2*4*24.0; got != want {
		t.Errorf("four servers on for two days = %v server-hours, want %v", got, want)
	}
	if len(got.BySeed) != 2 || reflect.DeepEqual(got.BySeed["1"]["bbb_scaler"], got.BySeed["2"]["bbb_scaler"]) {
		t.Errorf("by_seed = %v; want two seeds that differ", got.BySeed)
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
	out, err := simulate(t, append(args, "--servers", "2", "--days", "1", "--strategy", "ours", "--trace", traceFile(t, ""))...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ours:tight", "ours:loose", "bound"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %s:\n%s", want, out)
		}
	}
}
