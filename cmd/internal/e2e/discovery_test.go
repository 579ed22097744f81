package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// A real Prometheus runs the generated scrape jobs as they are, with the daemon as its
// only list of servers: it scrapes the servers that are on, and one that starts. Their
// node exporters have the web configuration of deploy, with TLS and a login.
func TestPrometheusScrapesTheServersThatTheDaemonLists(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 12, 3, 2)
	dir, addr := t.TempDir(), freeAddr(t)
	pool := guard(t, "deploy/exporters/web.yml", dir, f.hosts)
	given := settings{
		Fleet: f, MinActive: 2, MemoryMin: 0.001, MemoryMax: 0.999, Webhook: "http://" + addr + "/webhook",
		NodePort: nodeExporter(t, f.hosts, "--web.config.file="+filepath.Join(dir, "web.yml")),
		Scrape:   fmt.Sprintf(`{targets: http, scaler: %q, password_file: %q, ca_file: %q}`, addr, filepath.Join(dir, "password"), filepath.Join(dir, "cert.pem")),
	}
	loginNeeded(t, pool, "https://"+f.hosts[0]+":"+given.NodePort+"/metrics")
	config := writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	generate(t, build(t, "genrules"), config, dir)
	d := startDaemon(t, build(t, "bbb-scaler"), addr, config)
	m := runPrometheus(t, stacks()["current servers"], filepath.Join(dir, "prometheus.yml"), 2*time.Second)

	scraped := func() (all []string) {
		for _, s := range m.samples(`up{job="bbb-node"} == 1`) {
			all = append(all, s.Metric["instance"]+" "+s.Metric["server"]+" "+s.Metric["server_id"]+" "+s.Metric["datacenter"]+" "+s.Metric["fleet"])
		}
		slices.Sort(all)
		return all
	}
	line := func(i int) string {
		s := f.server(t, i)
		return fmt.Sprintf("%s:%s %s %s %s bbb", f.hosts[i-1], given.NodePort, s.Name, s.ID, s.Datacenter)
	}
	want := line(1) + "\n" + line(2)
	until(t, 2*time.Minute, "Prometheus to scrape two servers:\n"+want, func() bool { return strings.Join(scraped(), "\n") == want })
	if off := m.samples(`up{job="bbb-node"} == 0`); len(off) > 0 {
		t.Errorf("targets that are down: %v; want none, since the third server is off", off)
	}

	given.MinActive = 3
	writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "server 3 to start", func() bool { return f.is(t, 3, fleet.PowerOn, fleet.Enabled) })
	want += "\n" + line(3)
	until(t, 2*time.Minute, "Prometheus to scrape three servers:\n"+want, func() bool { return strings.Join(scraped(), "\n") == want })
}

// guard writes a web configuration of deploy with a certificate for the hosts, and the
// password that it shows, into dir.
func guard(t *testing.T, webConfig, dir string, hosts []string) *x509.CertPool {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bbb"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	for _, host := range hosts {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(host))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	web, err := os.ReadFile(filepath.Join(root(t), webConfig))
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	writeFile(t, dir, "cert.pem", string(text))
	writeFile(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	writeFile(t, dir, "web.yml", string(web))
	writeFile(t, dir, "password", "example\n")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}

// loginNeeded checks that a page is served over TLS to the user of the shown web
// configuration only.
func loginNeeded(t *testing.T, pool *x509.CertPool, url string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	for password, want := range map[string]int{"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized, "example": http.StatusOK} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if password != "" {
			request.SetBasicAuth("prometheus", password)
		}
		resp, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s with the password %q = %d, want %d", url, password, resp.StatusCode, want)
		}
	}
}
