package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// guarded is a daemon with the web configuration of deploy: TLS, and a login for
// everything.
type guarded struct {
	dir    string // of the configuration, the certificate and the password
	addr   string
	fleet  *fakeFleet
	client http.Client
}

func startGuarded(t *testing.T, program string, f *fakeFleet) *guarded {
	t.Helper()
	g := &guarded{dir: t.TempDir(), addr: freeAddr(t), fleet: f}
	pool := guard(t, "deploy/web.yml", g.dir, []string{"127.0.0.1"})
	g.trust(t, pool)
	start(t, program, "--config.file="+g.config(t, "password"), "--storage.path="+t.TempDir(),
		"--web.listen-address="+g.addr, "--web.config.file="+filepath.Join(g.dir, "web.yml"))
	until(t, time.Minute, "the daemon to be ready", func() bool {
		_, status := g.get("/-/ready")
		return status == http.StatusOK
	})
	return g
}

func (g *guarded) trust(t *testing.T, pool *x509.CertPool) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	g.client = http.Client{Transport: transport, Timeout: 5 * time.Second}
}

// config writes the configuration whose generated receiver logs in with the password in
// a file of the directory.
func (g *guarded) config(t *testing.T, password string) (path string) {
	t.Helper()
	login := fmt.Sprintf("username: alertmanager, password_file: %q, ca_file: %q", filepath.Join(g.dir, password), filepath.Join(g.dir, "cert.pem"))
	s := settings{Fleet: g.fleet, MinActive: 2, MemoryMin: 0.001, MemoryMax: 0.999, Webhook: "https://" + g.addr + "/webhook", Login: login}
	return writeFile(t, g.dir, password+".yml", s.text(t))
}

// get reads a page of the daemon with the right login.
func (g *guarded) get(path string) (body string, status int) {
	request, err := http.NewRequest(http.MethodGet, "https://"+g.addr+path, nil)
	if err != nil {
		return "", 0
	}
	request.SetBasicAuth("alertmanager", "example")
	resp, err := g.client.Do(request)
	if err != nil {
		return "", 0
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text), resp.StatusCode
}

// alertmanager runs an Alertmanager with the generated receiver and returns its address.
func (g *guarded) alertmanager(t *testing.T, s stack, generator, password string) string {
	t.Helper()
	dir := t.TempDir()
	generate(t, generator, g.config(t, password), dir)
	return startAlertmanager(t, s, freeAddr(t), filepath.Join(dir, "alertmanager.yml"))
}

// fire tells an Alertmanager, as Prometheus does, that an alert of the fleet fires.
func fire(t *testing.T, alertmanager, alert string) {
	t.Helper()
	body, err := json.Marshal([]map[string]any{{
		"labels":      map[string]string{rules.LabelAlert: alert, rules.LabelFleet: "bbb", "scaler": "bbb"},
		"annotations": map[string]string{rules.AnnotationValue: "0.5"},
		"startsAt":    time.Now().UTC(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post("http://"+alertmanager+"/api/v2/alerts", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST /api/v2/alerts = %s", resp.Status)
	}
}

// refused reports whether notifications of an Alertmanager failed at its webhook.
func refused(alertmanager string) bool {
	metrics, _ := fetch("http://" + alertmanager + "/metrics")
	return regexp.MustCompile(`(?m)^alertmanager_notifications_failed_total\{[^}]*integration="webhook"[^}]*\} [1-9]`).MatchString(metrics)
}

// The receiver that the generator writes logs in at a daemon that deploy's web
// configuration guards, and one with a wrong password is refused.
func TestAlertmanagerNotifiesOverTLSWithTheRightPasswordOnly(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 15, 2, 2)
	program, generator := build(t, "bbb-scaler"), build(t, "genrules")
	for name, s := range stacks() {
		t.Run(name, func(t *testing.T) {
			g := startGuarded(t, program, f)
			writeFile(t, g.dir, "wrong", "another\n")
			wrong, right := g.alertmanager(t, s, generator, "wrong"), g.alertmanager(t, s, generator, "password")
			known := func(alert string) bool {
				body, _ := g.get("/api/v1/alerts")
				return strings.Contains(body, alert)
			}
			fire(t, wrong, rules.FleetCPUHigh)
			until(t, 3*time.Minute, "a refused notification", func() bool { return refused(wrong) })
			fire(t, right, rules.FleetWorkloadLow)
			until(t, 3*time.Minute, "the alert to be known", func() bool { return known(rules.FleetWorkloadLow) })
			if known(rules.FleetCPUHigh) || refused(right) {
				t.Errorf("the alert with the wrong password is known: %t; the right password is refused: %t", known(rules.FleetCPUHigh), refused(right))
			}
			_, status := fetch("http://" + g.addr + "/api/v1/alerts")
			if status != http.StatusBadRequest {
				t.Errorf("without TLS: status %d, want %d", status, http.StatusBadRequest)
			}
		})
	}
}
