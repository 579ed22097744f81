package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// webConfig writes a certificate, its key and the web configuration that deploy
// shows, with the user alertmanager, whose password is "example", and returns the
// latter's path.
func webConfig(t *testing.T, dir string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile("../../deploy/web.yml")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		"web.yml":  shown,
		"password": []byte("example\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "web.yml")
}

// The same file that the node exporters take gives the daemon TLS and users;
// who logged in may change something, and everything else needs the login too.
func TestTheExportersWebConfigurationGuardsEverything(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, newFleet(t, 2, 2).notifiedOnly(), "--web.config.file="+webConfig(t, dir))
	p.url = strings.Replace(p.url, "http://", "https://", 1)
	pool := x509.NewCertPool()
	text, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate", err)
	}
	p.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}

	for _, path := range []string{"/", "/metrics", "/api/v1/fleet", "/sd/node-exporter", "/sd/bbb-exporter", "/-/healthy"} {
		if code, _ := p.send("GET", path, ""); code != http.StatusUnauthorized {
			t.Errorf("GET %s without login = %d, want 401", path, code)
		}
	}
	if code := p.notify(rules.FleetCPUHigh, "", "0.7"); code != http.StatusUnauthorized {
		t.Errorf("a notification without login = %d, want 401", code)
	}
	p.auth = func(r *http.Request) { r.SetBasicAuth("alertmanager", "example") }
	p.ready()
	if code := p.notify(rules.FleetCPUHigh, "", "0.7"); code != http.StatusOK {
		t.Errorf("a notification with login = %d, want 200", code)
	}
	var out log
	if err := daemon.Run(t.Context(), []string{"healthy", "--url=" + strings.Replace(p.url, "https://", "http://", 1)}, nil, &out, &out); err != nil {
		t.Errorf("the health check of a container whose port has TLS and users: %v", err)
	}
	err = daemon.Run(t.Context(), []string{"pause", "--url=" + p.url, "--user=alertmanager", "--password-file=" + filepath.Join(dir, "password"),
		"--ca-file=" + filepath.Join(dir, "cert.pem"), "--reason=exam", "--for=1h"}, nil, &out, &out)
	if err != nil || !strings.Contains(out.String(), "paused the whole fleet") {
		t.Errorf("pause: %v %s", err, out.String())
	}
	eventually(t, "the pause bears the login's name", func() bool {
		pauses := p.fleet().Pauses
		return len(pauses) == 1 && pauses[0].By == "alertmanager"
	})
}
