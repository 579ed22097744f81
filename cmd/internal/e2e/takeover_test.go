package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// twins is two daemons on one fleet, with one configuration file and a store in
// PostgreSQL.
type twins struct {
	f       *fakeFleet
	config  string
	daemons [2]*daemon
}

// startTwins starts two daemons on a fleet of three servers, of which two are in service.
// net is that of newFleet; both daemons get the flags.
func startTwins(t *testing.T, net int, flags ...string) *twins {
	t.Helper()
	return startTwinsOver(t, newFleet(t, net, 3, 2), postgrestest.Start(t).Database("scaler", ""), flags...)
}

// startTwinsOver starts two daemons with the flags on a fleet whose first two servers are
// in service, with a store at the URL.
func startTwinsOver(t *testing.T, f *fakeFleet, url string, flags ...string) *twins {
	t.Helper()
	tw := &twins{f: f}
	tw.config = writeFile(t, t.TempDir(), "bbb-scaler.yml", tw.settings(2))
	path := build(t, "bbb-scaler")
	for i := range tw.daemons {
		d := &daemon{path: path, config: tw.config, addr: freeAddr(t)}
		d.process = start(t, path, append(flags, "--config.file="+tw.config, "--storage.url="+url, "--web.listen-address="+d.addr, "--log.level=debug")...)
		d.ready(t, d.url("/-/ready"))
		tw.daemons[i] = d
	}
	return tw
}

func (tw *twins) settings(minActive int) string {
	var text strings.Builder
	_ = configuration.Execute(&text, settings{Fleet: tw.f, MinActive: minActive, MemoryMin: 0.001, MemoryMax: 0.9})
	return text.String()
}

// raise lets both daemons want so many servers in service.
func (tw *twins) raise(t *testing.T, minActive int) {
	t.Helper()
	for _, d := range tw.daemons {
		if !d.ended() {
			tw.raiseOne(t, d, minActive)
		}
	}
}

// raiseOne lets one daemon want so many servers in service.
func (tw *twins) raiseOne(t *testing.T, d *daemon, minActive int) {
	t.Helper()
	if err := os.WriteFile(tw.config, []byte(tw.settings(minActive)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, body := d.post(t, "/-/reload", ""); code != http.StatusOK {
		t.Fatalf("POST /-/reload: %d %s", code, body)
	}
}

// post sends a JSON body, and returns the status of the answer, or 0 for none.
func (d *daemon) post(t *testing.T, path, body string) (code int, answer string) {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Post(d.url(path), "application/json", strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(resp.Body)
	return resp.StatusCode, text.String()
}

// leads reports whether the daemon's metrics say that it leads.
func (d *daemon) leads() bool {
	text, _ := fetch(d.url("/metrics"))
	return strings.Contains(text, "\n"+rules.MetricLeader+"{fleet=\"bbb\"} 1") || strings.Contains(text, "\n"+rules.MetricLeader+" 1")
}

// notification is one of a server's alert.
func notification(instance string) string {
	return fmt.Sprintf(`{"version": "4", "status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": %q, "instance": %q},
		"annotations": {}, "startsAt": %q, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": %q}]}`,
		rules.ServerMemoryLow, instance, time.Now().UTC().Format(time.RFC3339), "f-"+instance)
}

// started returns how many starts were sent for the third server.
func (tw *twins) started(t *testing.T) int {
	return len(tw.f.writes.matching(tw.f.power(tw.f.server(t, 3), "start")))
}

func TestFollowerActsWithinFifteenSecondsOfAKill9(t *testing.T) {
	t.Parallel()
	tw := startTwins(t, 41)
	first, second := tw.daemons[0], tw.daemons[1]
	if !first.leads() || second.leads() {
		t.Fatalf("leads: %v, %v; want the first", first.leads(), second.leads())
	}
	if text, _ := fetch(second.url("/metrics")); strings.Contains(text, rules.MetricServerState) {
		t.Error("the follower exports the states of servers")
	}
	for i, d := range tw.daemons {
		if code, body := d.post(t, "/webhook", notification(tw.f.hosts[i])); code != http.StatusOK {
			t.Errorf("webhook of daemon %d: %d %s", i, code, body)
		}
	}
	for i, d := range tw.daemons {
		for _, host := range tw.f.hosts[:2] {
			if text, code := fetch(d.url("/api/v1/alerts")); code != http.StatusOK || !strings.Contains(text, host) {
				t.Errorf("daemon %d lists the alerts %d %s, want that of %s", i, code, text, host)
			}
		}
		if text, code := fetch(d.url("/api/v1/fleet")); code != http.StatusOK || !strings.Contains(text, `"leads":true`) || !strings.Contains(text, "http://"+first.addr) {
			t.Errorf("daemon %d answers for the fleet %d %s, want the leader's answer", i, code, text)
		}
	}

	first.end(syscall.SIGKILL)
	killed := time.Now()
	tw.raise(t, 3)
	until(t, time.Minute, "the first step of the follower", func() bool { return tw.started(t) > 0 })
	t.Logf("the first step came after %v; on an idle machine it is less than 15s", time.Since(killed))
	if text, _ := fetch(second.url("/api/v1/alerts")); !strings.Contains(text, tw.f.hosts[0]) {
		t.Errorf("the follower took over without the alerts: %s", text)
	}
	until(t, time.Minute, "the server to run", func() bool { return second.leads() && tw.f.server(t, 3).State == fleet.Enabled })
	if n := tw.started(t); n != 1 {
		t.Errorf("%d starts, want 1", n)
	}
}

func TestSIGTERMAndStepDownHandOverAtOnce(t *testing.T) {
	t.Parallel()
	tw := startTwins(t, 42, "--storage.lease-duration=40s")
	first, second := tw.daemons[0], tw.daemons[1]
	if code, body := second.post(t, "/-/step-down", ""); code != http.StatusConflict {
		t.Errorf("step-down of the follower: %d %s, want 409", code, body)
	}
	if code, body := first.post(t, "/-/step-down", ""); code != http.StatusOK {
		t.Fatalf("step-down: %d %s", code, body)
	}
	until(t, 35*time.Second, "the second daemon to lead", second.leads) // before the lease would have ended
	until(t, time.Minute, "the first daemon to pass requests on", func() bool {
		text, _ := fetch(first.url("/api/v1/fleet"))
		return strings.Contains(text, `"leads":true`)
	})
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, 2*time.Minute, "the first daemon to lead again", first.leads) // it holds back for the length of a lease
}
