package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var noEnv []string

func TestWithoutFlagsItPrintsTheRules(t *testing.T) {
	var out bytes.Buffer
	if err := run(nil, noEnv, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"DO NOT EDIT", "sha256:", "record: instance:bbb_cpu_workload:ratio", "alert: BBBFleetCPUHigh"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q", want)
		}
	}
}

func TestCheckComparesAndWritesNothing(t *testing.T) {
	dir := t.TempDir() + "/"
	if err := run([]string{"--output", dir}, noEnv, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"--output", dir, "--check"}, noEnv, &bytes.Buffer{}); err != nil {
		t.Errorf("check of what was just written: %v", err)
	}
	path := filepath.Join(dir, "bbb-rules.yml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(text, []byte("for: 15m"), []byte("for: 9m"), 1)
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run([]string{"--output", dir, "--check"}, noEnv, &out); !errors.Is(err, errOutOfDate) {
		t.Errorf("check of an edited file = %v, want %v", err, errOutOfDate)
	}
	if got := out.String(); !strings.Contains(got, "-        for: 9m") || !strings.Contains(got, "+        for: 15m") {
		t.Errorf("diff = %q, want both lines", got)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, edited) {
		t.Error("check changed the file")
	}
}

func TestAFileTakesOneFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "route.yml")
	if err := run([]string{"--format", "alertmanager", "--output", path}, noEnv, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); !bytes.Contains(text, []byte("webhook_configs")) {
		t.Errorf("%s = %q, want a route", path, text)
	}
}

func TestWhatIsWrongIsRefusedWithItsKeyAndNothingIsWritten(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"thresholds that cross":               {"thresholds: {cpu: {min: 0.7, max: 0.3}}", "thresholds.cpu"},
		"a label name that is not one":        {"rules: {labels: {fleet: a-b}}", `rules.labels.fleet: "a-b": must match`},
		"a duration of 0":                     {"rules: {for: {BBBServerDown: 0s}}", "rules.for.BBBServerDown"},
		"an unknown variant of jobs":          {"rules: {exporters: {variant: docker}}", "rules.exporters.variant"},
		"an unknown key":                      {"rules: {labls: {}}", "rules.labls"},
		"an unknown action":                   {"rules: {asks: {mine: explode}}", "rules.asks.mine"},
		"a hysteresis wider than half a band": {"rules: {hysteresis: 0.4}", "rules.hysteresis"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "bbb-scaler.yml")
			if err := os.WriteFile(path, []byte(c.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			err := run([]string{"--config.file", path, "--output", filepath.Join(dir, "out") + "/"}, noEnv, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want %q in it", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
				t.Error("something was written")
			}
		})
	}
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, args := range [][]string{{"--check"}, {"--format", "yaml"}, {"--config.file", "/nowhere.yml"}} {
		if err := run(args, noEnv, &bytes.Buffer{}); err == nil {
			t.Errorf("run(%q) succeeded", args)
		}
	}
}

func TestTheFilesInDeployAreCurrent(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"--config.file", "../../deploy/bbb-scaler.yml", "--output", "../../deploy/rules/", "--check"}, noEnv, &out); err != nil {
		t.Errorf("%v; run make generate\n%s", err, out.String())
	}
}
