package client_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// scaler is a Scaler of two servers, bbb-1 and bbb-2.
type scaler struct {
	pauses   []fleet.Pause
	released []string
}

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

func (f *scaler) Notify([]fleet.Alert) (int, error) { return 0, nil }
func (f *scaler) Ready() bool                       { return true }
func (f *scaler) Alerts() []fleet.Alert {
	return []fleet.Alert{{Name: "A", Labels: map[string]string{"instance": "bbb-1:9100"}, StartsAt: noon}, {Name: "B"}}
}
func (f *scaler) Status() fleet.Status {
	return fleet.Status{Fleet: "school", At: noon, Pauses: f.pauses, Servers: []fleet.ServerStatus{{ID: "1", Name: "bbb-1"}, {ID: "2", Name: "bbb-2"}}}
}

func (f *scaler) RememberedCores(from, until time.Time) []fleet.CoresAt { return nil }

func (f *scaler) Journal(limit int, server string) ([]fleet.Entry, error) {
	var all []fleet.Entry
	for seq := uint64(250); seq > 0 && len(all) < limit; seq-- {
		if name := fmt.Sprintf("bbb-%d", 1+seq%2); server == "" || server == name {
			all = append(all, fleet.Entry{Seq: seq, Step: fleet.Step{Server: name}})
		}
	}
	return all, nil
}

func (f *scaler) Pause(p fleet.Pause) (fleet.Pause, error) {
	p.ID = fmt.Sprintf("p%d", len(f.pauses)+1)
	f.pauses = append(f.pauses, p)
	return p, nil
}

func (f *scaler) Resume(id string) error {
	if id == "" {
		f.pauses = nil
		return nil
	}
	for i, p := range f.pauses {
		if p.ID == id {
			f.pauses = append(f.pauses[:i], f.pauses[i+1:]...)
			return nil
		}
	}
	return fmt.Errorf("pause %q %w", id, fleet.ErrGone)
}

func (f *scaler) Release(server string) error {
	if server != "bbb-1" {
		return fmt.Errorf("server %q %w", server, fleet.ErrGone)
	}
	f.released = append(f.released, server)
	return nil
}

// handler is the daemon's real handler over f.
func handler(f *scaler, cfg receiver.Config) http.Handler {
	return receiver.New(cfg, receiver.Deps{
		Scaler: f, Reload: func() ([]string, error) { return nil, nil },
		LoginRequired: func() bool { return false }, Warnings: func() []string { return nil },
		Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
	})
}

// dial serves h and returns a client of it; edit may change the configuration.
func dial(t *testing.T, h http.Handler, edit func(*client.Config)) *client.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	cfg := client.Config{URL: server.URL + "/"}
	if edit != nil {
		edit(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestReadsReturnWhatTheScalerHolds(t *testing.T) {
	f := &scaler{}
	c := dial(t, handler(f, receiver.Defaults()), nil)
	if st, err := c.Fleet(t.Context()); err != nil || st.Fleet != "school" || !st.At.Equal(noon) || len(st.Servers) != 2 || st.Servers[1].Name != "bbb-2" {
		t.Errorf("Fleet() = %+v, %v, want the scaler's status", st, err)
	}
	alerts, err := c.Alerts(t.Context())
	if err != nil || len(alerts) != 2 || alerts[0].Labels["instance"] != "bbb-1:9100" || alerts[1].Name != "B" {
		t.Errorf("Alerts() = %+v, %v, want A and B", alerts, err)
	}
}

func TestTheJournalIsNewestFirstAndLimited(t *testing.T) {
	c := dial(t, handler(&scaler{}, receiver.Defaults()), nil)
	for name, test := range map[string]struct {
		query  client.JournalQuery
		want   int
		newest uint64
	}{
		"without a limit":               {client.JournalQuery{}, api.DefaultJournal, 250},
		"the last three":                {client.JournalQuery{Limit: 3}, 3, 250},
		"of one server":                 {client.JournalQuery{Server: "bbb-2", Limit: 10}, 10, 249},
		"everything":                    {client.JournalQuery{Limit: api.MaxJournal}, 250, 250},
		"of a server without a journal": {client.JournalQuery{Server: "a&b=c"}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Journal(t.Context(), test.query)
			if err != nil || len(got) != test.want {
				t.Fatalf("Journal(%+v) = %d entries, %v, want %d", test.query, len(got), err, test.want)
			}
			if test.want > 0 && got[0].Seq != test.newest {
				t.Errorf("Journal(%+v) begins with entry %d, want %d", test.query, got[0].Seq, test.newest)
			}
		})
	}
	if _, err := c.Journal(t.Context(), client.JournalQuery{Limit: api.MaxJournal + 1}); codeOf(err) != http.StatusBadRequest {
		t.Errorf("a limit above the maximum: %v, want an Error with code 400", err)
	}
}

func TestAPauseIsAddedAndEnded(t *testing.T) {
	f := &scaler{}
	c := dial(t, handler(f, receiver.Defaults()), nil)
	p, err := c.Pause(t.Context(), api.PauseRequest{Server: "bbb-1*", ScaleInOnly: true, Reason: "exam", By: "anna", For: "2h"})
	if err != nil || p.ID != "p1" || p.Server != "bbb-1*" || !p.ScaleInOnly || p.Reason != "exam" || p.By != "anna" || !p.Until.Equal(noon.Add(2*time.Hour)) {
		t.Fatalf("Pause() = %+v, %v", p, err)
	}
	if _, err := c.Pause(t.Context(), api.PauseRequest{Reason: "maintenance", Until: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := c.Resume(t.Context(), "p9"); codeOf(err) != http.StatusNotFound {
		t.Errorf("Resume of an unknown pause: %v, want an Error with code 404", err)
	}
	if err := c.Resume(t.Context(), ""); err == nil || len(f.pauses) != 2 {
		t.Errorf("Resume without an id: %v with %d pauses left, want an error and 2", err, len(f.pauses))
	}
	if err := c.Resume(t.Context(), p.ID); err != nil || len(f.pauses) != 1 || f.pauses[0].Reason != "maintenance" {
		t.Errorf("Resume(%q) = %v, left %+v, want the maintenance", p.ID, err, f.pauses)
	}
	if err := c.ResumeAll(t.Context()); err != nil || len(f.pauses) != 0 {
		t.Errorf("ResumeAll() = %v with %d pauses left, want none", err, len(f.pauses))
	}
}

func TestAServerIsReleased(t *testing.T) {
	f := &scaler{}
	c := dial(t, handler(f, receiver.Defaults()), nil)
	if err := c.Release(t.Context(), "bbb-1"); err != nil || len(f.released) != 1 {
		t.Errorf("Release(bbb-1) = %v, released %q", err, f.released)
	}
	if err := c.Release(t.Context(), "bbb-9"); codeOf(err) != http.StatusNotFound || !strings.Contains(err.Error(), `POST /api/v1/release: server "bbb-9" does not exist`) {
		t.Errorf("Release(bbb-9) = %v, want an Error with code 404 that names the call and the server", err)
	}
}

func codeOf(err error) int {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return e.Code
	}
	return 0
}

func TestATokenPermitsChangesAndALoginTakesPrecedence(t *testing.T) {
	cfg := receiver.Defaults()
	cfg.Token = "tok-1"
	for name, test := range map[string]struct {
		edit func(*client.Config)
		want int
	}{
		"without a token":           {nil, http.StatusUnauthorized},
		"with the token":            {func(c *client.Config) { c.Token = "tok-1" }, 0},
		"with another token":        {func(c *client.Config) { c.Token = "tok-2" }, http.StatusUnauthorized},
		"with a login and no token": {func(c *client.Config) { c.User, c.Password = "anna", "hush" }, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			err := dial(t, handler(&scaler{}, cfg), test.edit).ResumeAll(t.Context())
			if codeOf(err) != test.want || (test.want == 0) != (err == nil) {
				t.Errorf("ResumeAll() = %v, want code %d", err, test.want)
			}
		})
	}
	var user, password string
	c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ = r.BasicAuth()
		fmt.Fprint(w, "{}")
	}), func(c *client.Config) { c.User, c.Password, c.Token = "anna", "hush", "tok-1" })
	if _, err := c.Fleet(t.Context()); err != nil || user != "anna" || password != "hush" {
		t.Errorf("logged in as %q with %q, %v, want anna with hush", user, password, err)
	}
}

func TestResponsesThatAreNotTheDaemonsAreErrors(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":         {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "not a response of bbb-scaler"},
		"a proxy's page": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\nroute", http.StatusBadGateway) }, "502 Bad Gateway: no route"},
		"an empty error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "403 Forbidden"},
		"a redirect":     {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, "302 Found"},
		"a broken body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			fmt.Fprint(w, "{")
		}, "reading the response"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dial(t, test.answer, nil).Fleet(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "GET /api/v1/fleet: ") {
				t.Errorf("Fleet() = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestCredentialsStayWithTheirAddress(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	c := dial(t, http.RedirectHandler(other.URL, http.StatusTemporaryRedirect), func(c *client.Config) { c.Token = "tok-1" })
	if err := c.ResumeAll(t.Context()); codeOf(err) != http.StatusTemporaryRedirect || reached {
		t.Errorf("ResumeAll() = %v, other address reached: %t, want code 307 and false", err, reached)
	}
}

func TestTheAuthorityOfTheCertificateCanBeGiven(t *testing.T) {
	server := httptest.NewTLSServer(handler(&scaler{}, receiver.Defaults()))
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{"": false, authority: true} {
		c, err := client.New(client.Config{URL: server.URL, CAFile: file})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Fleet(t.Context()); (err == nil) != want {
			t.Errorf("with the authorities in %q: %v, want success: %t", file, err, want)
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]client.Config{
		"no address":             {},
		"a name instead":         {URL: "nowhere"},
		"another scheme":         {URL: "ftp://localhost"},
		"no file of authorities": {URL: "http://localhost", CAFile: filepath.Join(t.TempDir(), "none")},
		"a file without any":     {URL: "http://localhost", CAFile: notPEM},
	} {
		if _, err := client.New(cfg); err == nil {
			t.Errorf("%s: New(%+v) is no error", name, cfg)
		}
	}
}

func TestAResponseThatDoesNotComeIsAnErrorAfterTheTimeout(t *testing.T) {
	c := dial(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		func(c *client.Config) { c.Timeout = 20 * time.Millisecond })
	if _, err := c.Fleet(t.Context()); err == nil || !strings.Contains(err.Error(), "is the daemon running there?") {
		t.Errorf("Fleet() = %v, want an error that asks whether the daemon runs", err)
	}
}
