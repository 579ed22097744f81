package ionos

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// serve starts a cloud with TLS. It returns a configuration with its CA, and a counter
// of the opened connections.
func serve(t *testing.T, handle http.HandlerFunc) (Config, *atomic.Int32) {
	t.Helper()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(handle)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some handshakes must fail
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	c := valid()
	c.URL, c.CAFile = server.URL, filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(c.CAFile, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return c, &opened
}

func open(t *testing.T, c Config) *Client {
	t.Helper()
	got, err := New(c, outbound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func answerJSON(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`{}`))
}

func TestOneConnectionServesManyCalls(t *testing.T) {
	config, opened := serve(t, answerJSON)
	c := open(t, config)
	for range 20 {
		if err := operations()["list"](t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if got := opened.Load(); got != 1 {
		t.Errorf("20 calls opened %d connections, want 1", got)
	}
}

func TestCertificatesAreCheckedAgainstTheConfiguredAuthority(t *testing.T) {
	var calls atomic.Int32
	config, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { calls.Add(1); answerJSON(w, r) })
	config.CAFile = ""
	err := operations()["start"](t.Context(), open(t, config))
	if err == nil || calls.Load() != 0 || !strings.Contains(err.Error(), "ionos.ca_file") {
		t.Errorf("Start() = %v after %d calls, want an error that names ionos.ca_file before any", err, calls.Load())
	}
	config.CAFile = filepath.Join(t.TempDir(), "none.pem")
	if _, err := New(config, outbound.Options{}); err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Errorf("New() = %v, want an error that names the missing file", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	config, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	for name, run := range operations() {
		if err := run(t.Context(), open(t, config)); err == nil || elsewhere.Load() != 0 {
			t.Errorf("%s: %v, and %d calls elsewhere, want an error and none", name, err, elsewhere.Load())
		}
	}
}

func TestAnswersHaveAGreatestSize(t *testing.T) {
	config, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for chunk := make([]byte, 1<<20); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	err := operations()["list"](t.Context(), open(t, config))
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("Servers() = %v, want an error on the size", err)
	}
}

func TestTheEnvironmentChangesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"IONOS_TOKEN": "of-another", "IONOS_USERNAME": "u", "IONOS_PASSWORD": "p", "IONOS_API_URL": "https://evil.example",
		"IONOS_CONTRACT_NUMBER": "666", "IONOS_PINNED_CERT": "00:11", "IONOS_LOG_LEVEL": "trace",
	} {
		t.Setenv(name, text)
	}
	var header http.Header
	config, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { header = r.Header; answerJSON(w, r) })
	printed := capture(t, func() {
		if err := operations()["list"](t.Context(), open(t, config)); err != nil {
			t.Error(err)
		}
	})
	if header.Get("Authorization") != "Bearer tok-8472" || header.Values("X-Contract-Number") != nil || printed != "" {
		t.Errorf("sent %v and printed %q, want the configured token, no contract, and nothing", header, printed)
	}
}

// capture returns what f writes to standard output and standard error.
func capture(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = file, file
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	f()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestALoginIsSentAsConfigured(t *testing.T) {
	tests := []struct {
		name                string
		set                 func(*Config)
		auth, contractValue string
	}{
		{"a token", func(c *Config) {}, "Bearer tok-8472", ""},
		{"a token wins over a password", func(c *Config) { c.Username, c.Password = "u", "p" }, "Bearer tok-8472", ""},
		{"a user name and a password", func(c *Config) { c.Token, c.Username, c.Password = "", "u", "p:w" }, "Basic dTpwOnc=", ""},
		{"a contract", func(c *Config) { c.ContractNumber = 31960512 }, "Bearer tok-8472", "31960512"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := always(200, `{}`)
			operations()["list"](t.Context(), client(t, w, tt.set))
			h := w.calls[0].header
			if h.Get("Authorization") != tt.auth || h.Get("X-Contract-Number") != tt.contractValue || w.calls[0].close {
				t.Errorf("sent %v (close %v), want %q and %q", h, w.calls[0].close, tt.auth, tt.contractValue)
			}
		})
	}
}

func TestTheBaseAddressMayHaveThePathOrNot(t *testing.T) {
	for _, base := range []string{"https://h", "https://h/", "https://h/cloudapi/v6", "https://h/cloudapi/v6/"} {
		w := always(404, ``)
		operations()["request"](t.Context(), client(t, w, func(c *Config) { c.URL = base }))
		if got, want := w.calls[0].uri, "/cloudapi/v6/requests/r1/status?depth=0&pretty=false"; got != want {
			t.Errorf("%s: called %s, want %s", base, got, want)
		}
	}
}
