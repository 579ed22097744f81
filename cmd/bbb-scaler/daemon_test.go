package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// log collects what a daemon prints.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// process is a daemon that runs in this one.
type process struct {
	t      *testing.T
	dir    string
	out    *log
	url    string
	client *http.Client
	auth   func(*http.Request)
	stop   context.CancelFunc
	ended  chan error
}

// start boots a daemon on a port of its own, with its files in dir.
func start(t *testing.T, dir, config string, args ...string) *process {
	t.Helper()
	file := filepath.Join(dir, "bbb-scaler.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{t: t, dir: dir, out: &log{}, client: http.DefaultClient, auth: func(*http.Request) {}, stop: cancel, ended: make(chan error, 1)}
	args = append([]string{"--config.file=" + file, "--storage.path=" + filepath.Join(dir, "state"),
		"--web.listen-address=127.0.0.1:0", "--log.level=debug"}, args...)
	go func() {
		p.ended <- daemon.Run(ctx, args, nil, p.out, p.out)
	}()
	eventually(t, "listening", func() bool {
		found := regexp.MustCompile(`"Listening on" address=(\S+)`).FindStringSubmatch(p.out.String())
		if found != nil {
			p.url = "http://" + found[1]
		}
		select {
		case err := <-p.ended:
			t.Fatalf("the daemon ended: %v\n%s", err, p.out)
		default:
		}
		return found != nil
	})
	t.Cleanup(p.end)
	return p
}

// end stops the daemon as a signal does.
func (p *process) end() {
	if p.stop == nil {
		return
	}
	p.stop()
	p.stop = nil
	if err := <-p.ended; err != nil {
		p.t.Errorf("the daemon ended with %v", err)
	}
}

// send sends a request and returns its status and body; 0 without an answer.
func (p *process) send(method, path, body string) (int, string) {
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	p.auth(r)
	resp, err := p.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

func (p *process) ready() {
	p.t.Helper()
	eventually(p.t, "ready", func() bool {
		code, _ := p.send("GET", "/-/ready", "")
		return code == http.StatusOK
	})
}

func (p *process) fleet() (st fleet.Status) {
	p.t.Helper()
	if _, text := p.send("GET", "/api/v1/fleet", ""); json.Unmarshal([]byte(text), &st) != nil {
		p.t.Fatalf("the fleet is %s", text)
	}
	return st
}

// notify sends one alert as Alertmanager does.
func (p *process) notify(alert, instance, value string) int {
	code, _ := p.send("POST", "/webhook", fmt.Sprintf(`{"version":"4","status":"firing","alerts":[{"status":"firing",
"labels":{"alertname":%q,"instance":%q},"annotations":{"value":%q,"threshold":"0.35","cpu":%q,"memory":"0.2"},
"startsAt":"2026-01-01T00:00:00Z","fingerprint":"%s-%s"}]}`, alert, instance, value, value, alert, instance))
	return code
}

func TestANotificationChangesTheFleet(t *testing.T) {
	simulated := newFleet(t, 4, 2)
	p := start(t, t.TempDir(), simulated.notifiedOnly())
	p.ready()
	if code := p.notify(rules.FleetCPUHigh, "", "0.7"); code != http.StatusOK {
		t.Fatalf("the webhook answered %d", code)
	}
	eventually(t, "a sleeping server is started and enabled", func() bool {
		steps := simulated.sim.Figures().Steps
		return steps[fleet.Start] > 0 && steps[fleet.Enable] > 0
	})
	eventually(t, "the journal has it", func() bool {
		_, text := p.send("GET", "/api/v1/journal", "")
		return strings.Contains(text, `"kind":"start"`) && strings.Contains(text, `"outcome":"done"`) && strings.Contains(text, rules.FleetCPUHigh)
	})
	_, page := p.send("GET", "/", "")
	_, metrics := p.send("GET", "/metrics", "")
	if !strings.Contains(page, rules.FleetCPUHigh) {
		t.Error("the page does not name the alert")
	}
	for _, want := range []string{`bbb_scaler_steps_total{fleet="bbb",outcome="done",step="start"} `, `bbb_scaler_server_state{`, `bbb_scaler_fleet_read_timestamp_seconds{fleet="bbb"} `,
		`bbb_scaler_config_last_reload_successful{fleet="bbb"} 1`, "bbb_scaler_build_info{"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func TestADryRunChangesNothingAndSaysWhatItWould(t *testing.T) {
	simulated := newFleet(t, 4, 2)
	p := start(t, t.TempDir(), simulated.notifiedOnly(), "--dry-run")
	p.ready()
	p.notify(rules.FleetCPUHigh, "", "0.7")
	eventually(t, "the journal has a start", func() bool {
		_, text := p.send("GET", "/api/v1/journal", "")
		return strings.Contains(text, `"kind":"start"`) && strings.Contains(text, `"dry_run":true`)
	})
	if steps := simulated.sim.Figures().Steps; len(steps) > 0 {
		t.Errorf("steps came true: %v", steps)
	}
	if _, page := p.send("GET", "/", ""); !strings.Contains(page, "dry run") {
		t.Error("the page does not say that it is a dry run")
	}
}

func TestWithoutScaleliteServersAreOnlyStartedAndThePageSaysWhy(t *testing.T) {
	simulated := newFleet(t, 4, 2)
	config := strings.Replace(simulated.notifiedOnly(), "scalelite: {url: ", "scalelite: {url: \"\", host_header: ", 1)
	p := start(t, t.TempDir(), strings.Replace(config, "min_active: 1", "min_active: 3", 1))
	p.ready()
	p.notify(rules.FleetWorkloadLow, "", "0.01")
	eventually(t, "a server is started to the floor", func() bool { return simulated.sim.Figures().Steps[fleet.Start] == 1 })
	if _, page := p.send("GET", "/", ""); !strings.Contains(page, "scalelite.url is not set: servers are started and grown, and never drained") {
		t.Error("the page does not say so")
	}
	if !strings.Contains(p.out.String(), "scalelite.url is not set") {
		t.Error("the log does not say so")
	}
	at := p.fleet().At
	eventually(t, "further cycles", func() bool { return p.fleet().At.Sub(at) > 2*time.Second })
	if steps := simulated.sim.Figures().Steps; len(steps) != 1 {
		t.Errorf("steps = %v, want the start alone", steps)
	}
}

func TestAReloadTakesOverAGoodFileAndKeepsTheOldOneAfterABadOne(t *testing.T) {
	simulated := newFleet(t, 2, 2)
	dir := t.TempDir()
	p := start(t, dir, simulated.config())
	p.ready()
	write := func(config string) {
		if err := os.WriteFile(filepath.Join(dir, "bbb-scaler.yml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hangUp := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(simulated.config(), "min_active: 1", "min_active: 2", 1))
	hangUp()
	eventually(t, "a floor of 2", func() bool { return p.fleet().Floor == 2 })

	write(strings.Replace(simulated.config(), "min_active: 1", "min_active: none", 1))
	code, answer := p.send("POST", "/-/reload", "")
	if code != http.StatusBadRequest || !strings.Contains(answer, "the old configuration stays") || !strings.Contains(answer, "capacity.min_active") {
		t.Errorf("a bad reload was answered with %d %s", code, answer)
	}
	hangUp()
	eventually(t, "the log says so twice", func() bool {
		return strings.Count(p.out.String(), "reload failed, the old configuration stays") == 2
	})
	if _, metrics := p.send("GET", "/metrics", ""); !strings.Contains(metrics, `bbb_scaler_config_last_reload_successful{fleet="bbb"} 0`) {
		t.Error("the metrics do not tell of the failed reload")
	}
	if got := p.fleet().Floor; got != 2 {
		t.Errorf("the floor is %d after a bad reload, want 2", got)
	}

	write(strings.Replace(simulated.config(), "min_active: 1", "headroom: 0.3", 1))
	if code, answer := p.send("POST", "/-/reload", ""); code != http.StatusOK || !strings.Contains(answer, "genrules") {
		t.Errorf("a reload that changes the rules was answered with %d %s; want a word about genrules", code, answer)
	}
	write(strings.Replace(simulated.config(), ionosToken, "another", 1))
	if code, answer := p.send("POST", "/-/reload", ""); code != http.StatusOK {
		t.Fatalf("a good reload was answered with %d %s", code, answer)
	}
	eventually(t, "the new, wrong token is in use", func() bool {
		for _, s := range p.fleet().Sources {
			if strings.Contains(s.Error, "credentials refused") {
				return true
			}
		}
		return false
	})
}

func TestAChangedConfigurationFileIsTakenOverByItself(t *testing.T) {
	simulated := newFleet(t, 2, 2)
	dir := t.TempDir()
	p := start(t, dir, simulated.config(), "--config.auto-reload-interval=20ms")
	p.ready()
	// As editors and Kubernetes do, a new file replaces the old one.
	write := func(floor string) {
		path := filepath.Join(dir, "bbb-scaler.yml")
		config := strings.Replace(simulated.config(), "min_active: 1", "min_active: "+floor, 1)
		if err := errors.Join(os.WriteFile(path+".new", []byte(config), 0o600), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	write("2")
	eventually(t, "a floor of 2", func() bool { return p.fleet().Floor == 2 })
	write("none")
	eventually(t, "the log says what is wrong", func() bool { return strings.Contains(p.out.String(), "reload failed, the old configuration stays") })
	if got := p.fleet().Floor; got != 2 {
		t.Errorf("the floor is %d with a bad file, want 2", got)
	}
	write("1")
	eventually(t, "a floor of 1", func() bool { return p.fleet().Floor == 1 })
	if n := strings.Count(p.out.String(), "reload failed"); n != 1 {
		t.Errorf("the bad file was read %d times, want once", n)
	}
}

func TestWhatWasStoredIsThereAfterARestart(t *testing.T) {
	simulated := newFleet(t, 2, 2)
	dir := t.TempDir()
	config := simulated.notifiedOnly()
	p := start(t, dir, config)
	p.ready()
	p.notify(rules.ServerCPUHigh, "127.0.1.1:9100", "0.4")
	if code, answer := p.send("POST", "/api/v1/pauses", `{"reason":"exam","for":"1h"}`); code != http.StatusCreated {
		t.Fatalf("pausing: %d %s", code, answer)
	}
	p.end()

	p = start(t, dir, config)
	p.ready()
	if _, alerts := p.send("GET", "/api/v1/alerts", ""); !strings.Contains(alerts, rules.ServerCPUHigh) {
		t.Errorf("the alerts are %s", alerts)
	}
	if pauses := p.fleet().Pauses; len(pauses) != 1 || pauses[0].Reason != "exam" {
		t.Errorf("the pauses are %v", pauses)
	}
}

func TestADamagedStoreIsKeptAsideAndSaidSo(t *testing.T) {
	simulated := newFleet(t, 2, 2)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "state", "bbb-scaler.db"), bytes.Repeat([]byte("damage"), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, simulated.config())
	p.ready()
	if !strings.Contains(p.out.String(), "the store is damaged") {
		t.Errorf("the log does not tell of the damage:\n%s", p.out)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "state", "bbb-scaler.db.damaged-*"))
	if err != nil || len(kept) != 1 {
		t.Errorf("kept aside: %v, %v", kept, err)
	}
}

// Everything that the daemon prints and serves, while everything goes wrong,
// and what its commands print.
func TestNoSecretIsEverShown(t *testing.T) {
	secrets := []string{ionosToken, balancerPass, serverSecret, promToken, alertPass, webToken}
	simulated := newFleet(t, 3, 3)
	dir := t.TempDir()
	config := simulated.config() + "web: {token: " + webToken + "}\n"
	p := start(t, dir, config)
	p.auth = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+webToken) }
	p.ready()
	var shown bytes.Buffer
	showAll := func() {
		for _, path := range []string{"/", "/metrics", "/api/v1/alerts", "/api/v1/fleet", "/api/v1/journal", "/-/ready", "/nowhere", "/debug/pprof/"} {
			_, text := p.send("GET", path, "")
			shown.WriteString(text)
		}
	}
	showAll()
	for _, f := range []sim.Fault{
		{Kind: sim.CloudAnswers, Status: http.StatusUnauthorized}, {Kind: sim.BalancerFail}, {Kind: sim.BBBFails}, {Kind: sim.BBBCrashed},
	} {
		lift := simulated.sim.Inject(f)
		p.notify(rules.ServerDown, "127.0.1.2:9100", "1")
		p.notify(rules.FleetCPUHigh, "", "0.7")
		at := p.fleet().At
		eventually(t, "another cycle", func() bool { return p.fleet().At.After(at) })
		showAll()
		lift()
	}
	_, text := p.send("POST", "/webhook", `{"version":"`+alertPass[:3]+`"}`)
	shown.WriteString(text)
	_, text = p.send("POST", "/-/reload", "")
	shown.WriteString(text)
	if err := os.WriteFile(filepath.Join(dir, "bbb-scaler.yml"), []byte(config+"colour: blue\nsizes: ["+ionosToken+"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, text = p.send("POST", "/-/reload", "")
	shown.WriteString(text)
	good := filepath.Join(dir, "good.yml")
	if err := os.WriteFile(good, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"BBB_SCALER_WEB_TOKEN=" + webToken}
	for _, args := range [][]string{{"check", "--config.file=" + good}, {"status", "--output=json", "--url=" + p.url}, {"explain", "bbb-server1", "--url=" + p.url},
		{"resume", "x", "--url=" + p.url}} {
		if err := daemon.Run(t.Context(), args, environ, &shown, &shown); err != nil {
			fmt.Fprintln(&shown, err)
		}
	}
	p.end()
	shown.WriteString(p.out.String())
	if shown.Len() < 20_000 || !strings.Contains(shown.String(), "reload failed") {
		t.Fatalf("only %d bytes were shown, so that this proves little", shown.Len())
	}
	for _, s := range secrets {
		if i := strings.Index(shown.String(), s); i >= 0 {
			t.Errorf("%s is shown: …%s…", s, shown.String()[max(0, i-200):i+len(s)])
		}
	}
}
