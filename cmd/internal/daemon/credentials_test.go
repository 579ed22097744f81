package daemon

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// alertmanagerWith is an Alertmanager without alerts behind a login.
func alertmanagerWith(token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "[]")
	})
}

// rotating is a set of links whose secrets are in files, and the hosts that take
// only the new ones.
type rotating struct {
	links *links
	world *sim.World
	dir   string
}

func newRotating(t *testing.T) *rotating {
	t.Helper()
	r := &rotating{dir: t.TempDir(), world: sim.New(sim.Config{Servers: 1, Running: 1})}
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	r.write(t, "old")
	path := filepath.Join(r.dir, "bbb-scaler.yml")
	text := fmt.Sprintf(`
fleet: {datacenters: [%s]}
ionos: {url: %s, token_file: token}
scalelite: {url: %s, secret_file: secret}
alertmanager: {urls: [%s], bearer_token_file: login}
`, r.world.Datacenters()[0],
		serve(ionostest.New(ionostest.Config{World: r.world, Token: "token-new"})),
		serve(scalelitetest.New(scalelitetest.Config{World: r.world, Secret: "secret-new"})),
		serve(alertmanagerWith("login-new")))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.links, err = connect(file, prometheus.NewRegistry(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return r
}

// write replaces the secrets in all files.
func (r *rotating) write(t *testing.T, version string) {
	t.Helper()
	for _, name := range []string{"token", "secret", "login"} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(name+"-"+version+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCredentialsThatAreRefusedAreReadFromTheirFilesAgain(t *testing.T) {
	r := newRotating(t)
	dc := r.world.Datacenters()[0]
	for name, read := range map[string]func() error{
		"ionos":        func() error { _, err := cloud{r.links}.Servers(t.Context(), dc); return err },
		"scalelite":    func() error { _, err := balancer{r.links}.Servers(t.Context()); return err },
		"alertmanager": func() error { _, err := alerts{r.links}.Alerts(t.Context()); return err },
	} {
		r.write(t, "old")
		if err := r.links.replace(r.reread(t)); err != nil {
			t.Fatal(err)
		}
		if err := read(); !refused(err) {
			t.Errorf("%s: reading with the old credentials: %v, want a refusal", name, err)
		}
		r.write(t, "new")
		if err := read(); err != nil {
			t.Errorf("%s: reading after the file was replaced: %v, want no error", name, err)
		}
	}
}

// reread is the links' configuration with what is in the files now.
func (r *rotating) reread(t *testing.T) config.File {
	t.Helper()
	f := r.links.file
	if _, err := f.RereadSecrets(); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAWriteWithReplacedCredentialsIsDecidedAnewAndBlocksNothing(t *testing.T) {
	r := newRotating(t)
	server := r.world.Servers()[0]
	stop := func() error {
		_, err := cloud{r.links}.Stop(t.Context(), fleet.ServerRef{Datacenter: server.Datacenter, ID: server.ID})
		return err
	}
	if err := stop(); !errors.Is(err, fleet.ErrAuth) {
		t.Errorf("stopping with the old credentials: %v, want them refused", err)
	}
	r.write(t, "new")
	if err := stop(); !errors.Is(err, fleet.ErrBusy) || errors.Is(err, fleet.ErrAuth) {
		t.Errorf("stopping after the file was replaced: %v, want a step to decide anew", err)
	}
	if got := r.world.Servers()[0]; got.Busy || got.Power != fleet.PowerOn {
		t.Errorf("the server is %+v, want it untouched: the safety check was for the first attempt", got)
	}
	if err := stop(); err != nil {
		t.Errorf("stopping in the next cycle: %v, want no error", err)
	}
}

func TestASecretFileThatIsGoneLeavesTheSecretAsItWas(t *testing.T) {
	r := newRotating(t)
	if err := os.Remove(filepath.Join(r.dir, "token")); err != nil {
		t.Fatal(err)
	}
	if _, err := (cloud{r.links}).Servers(t.Context(), r.world.Datacenters()[0]); !errors.Is(err, fleet.ErrAuth) {
		t.Errorf("reading without the file: %v, want the refusal", err)
	}
	if got := r.links.file.IONOS.Token.Reveal(); got != "token-old" {
		t.Errorf("the token is %q, want the old one", got)
	}
}
