package deploy

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// A new server's script registers the server in Scalelite, once.
func TestANewServerRegistersItselfInScalelite(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the script needs %s: %v", program, err)
		}
	}
	const secret = `se"c\r$et`
	world := sim.New(sim.Config{Start: time.Now(), Servers: 1})
	var adds int
	api := scalelitetest.New(scalelitetest.Config{World: world, Secret: fleet.Secret(secret)})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/addServer") {
			adds++
		}
		api.ServeHTTP(w, r)
	}))
	defer server.Close()
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	run := func(host, with string) error {
		settings, err := json.Marshal(map[string]string{"host": host, "secret": with, "scalelite": strings.TrimPrefix(server.URL, "https://")})
		if err != nil {
			t.Fatal(err)
		}
		script := strings.ReplaceAll(read(t, terraform+"modules/bbb-fleet/register.sh"), "/etc/bbb-setup/settings.json", write("settings.json", settings))
		command := exec.CommandContext(t.Context(), write("register", []byte(script)))
		command.Env = append(os.Environ(), "CURL_CA_BUNDLE="+ca)
		out, err := command.CombinedOutput()
		if strings.Contains(string(out), secret) {
			t.Errorf("the script prints the secret: %s", out)
		}
		t.Logf("%s", out)
		return err
	}
	if err := run("bbb-1.example.org", "wrong"); err == nil {
		t.Error("a refused secret is not noticed, so that systemd does not try again")
	}
	adds = 0
	for range 2 {
		if err := run("bbb-1.example.org", secret); err != nil {
			t.Fatal(err)
		}
	}
	if adds != 1 {
		t.Errorf("registered %d times, want once", adds)
	}
	if err := run("bbb-2.example.org", secret); err != nil || adds != 2 {
		t.Errorf("a second server: %v, registered %d times", err, adds)
	}
}
