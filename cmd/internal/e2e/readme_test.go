package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// readmeSteps returns the command lines of the README that build the programs, generate
// the files, check, and start the daemon in dry run, in their order and as they stand.
func readmeSteps(t *testing.T, readme string) (steps []string) {
	t.Helper()
	step := regexp.MustCompile(`^(make build|(go run \./cmd/|bin/)?(genrules|bbb-scaler) )`)
	build := "make build" // also where a sentence has it
	for _, block := range regexp.MustCompile("(?ms)^```\\w*\n(.*?)^```").FindAllStringSubmatch(readme, -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
			if !step.MatchString(line) || line == build {
				continue
			}
			steps = append(steps, strings.TrimSpace(line))
			if strings.Contains(line, "--dry-run") {
				return append([]string{build}, steps...)
			}
		}
	}
	t.Fatalf("the README's blocks of commands have no step with --dry-run: %q", steps)
	return nil
}

// reader types the README's steps in a clone of this repository.
type reader struct {
	t   *testing.T
	dir string
}

// types runs a step as a shell in the clone does, and returns what it printed.
func (r reader) types(step string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "bash", "-euo", "pipefail", "-c", step)
	cmd.Dir, cmd.Env = r.dir, append(os.Environ(), "PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(step, "bbb-scaler check") { // which finds Prometheus's rules missing before they are loaded
		r.t.Fatalf("%s: %v\n%s", step, err, out)
	}
	return string(out)
}

// clone returns a reader with a fresh clone of the last commit.
func clone(t *testing.T) reader {
	t.Helper()
	r := reader{t, filepath.Join(t.TempDir(), "bbb-scaler")}
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "--quiet", root(t), r.dir).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v\n%s", err, out)
	}
	return r
}

func TestTheReadmesStepsLeadToAFirstDecisionInDryRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds all programs, and runs Prometheus and Alertmanager")
	}
	const daemon = "127.0.0.1:9745" // the README's
	if l, err := net.Listen("tcp", daemon); err != nil {
		t.Fatalf("the README's daemon cannot listen: %v", err)
	} else {
		l.Close()
	}
	begun := time.Now()
	f := newFleet(t, 14, 4, 1)
	alertmanager, r := freeAddr(t), clone(t)
	text, err := os.ReadFile(filepath.Join(r.dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, r.dir, "bbb-scaler.yml", shipped(t, f, alertmanager, daemon, func(c *config.File) { c.Actions.Capacity.MinActive = 2 }))
	steps := readmeSteps(t, string(text))
	for _, step := range steps[:len(steps)-1] {
		if out := r.types(step); strings.Contains(step, "--format=alertmanager") && !strings.Contains(step, ">") {
			writeFile(t, r.dir, "alertmanager.yml", out)
		}
	}
	startAlertmanager(t, stacks()["current servers"], alertmanager, filepath.Join(r.dir, "alertmanager.yml"))
	nodes, names := f.simulatedExporters(t)
	scraping{
		every: time.Second, nodes: nodes, instances: names, daemon: daemon,
		rules: filepath.Join(r.dir, "bbb-rules.yml"), alertmanagers: []string{alertmanager},
	}.start(t, stacks()["current servers"])
	r.dryRun(steps[len(steps)-1])

	until(t, 2*time.Minute, "a first decision in the journal", func() bool {
		return strings.Contains(r.types("bbb-scaler journal --kind=start --limit=1 || true"), "(dry run)")
	})
	if status := r.types("bbb-scaler status || true"); !strings.Contains(status, "dry run: nothing is changed") {
		t.Errorf("status does not tell of the dry run:\n%s", status)
	}
	if n := f.world.Figures().Steps["start"]; n != 0 {
		t.Errorf("the dry run started %d servers", n)
	}
	if took := time.Since(begun); took > 10*time.Minute {
		t.Errorf("the steps took %s, want at most ten minutes", took.Round(time.Second))
	}
}

// dryRun starts the daemon, which runs until the test ends.
func (r reader) dryRun(step string) {
	cmd := exec.Command("bash", "-c", "exec "+step)
	cmd.Dir, cmd.Env = r.dir, append(os.Environ(), "PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"))
	log := &logBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		r.t.Fatalf("%s: %v", step, err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if r.t.Failed() {
			r.t.Logf("%s wrote:\n%s", step, log)
		}
	})
}
