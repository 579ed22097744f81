package calendar

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

const holiday = "DTSTART;VALUE=DATE:20260406\nSUMMARY:Ostermontag"

// read reads the only calendar of a client.
func read(t *testing.T, ctx context.Context, c fleet.Calendar) (fleet.Feed, error) {
	t.Helper()
	c.Name = "school"
	client, err := New([]fleet.Calendar{c}, outbound.Options{})
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return client.Read(ctx, "school", berlin, now)
}

func TestACalendarIsReadFromItsURLWithItsLogin(t *testing.T) {
	for name, c := range map[string]struct {
		calendar fleet.Calendar
		want     string
	}{
		"without a login":   {fleet.Calendar{}, ""},
		"with a password":   {fleet.Calendar{Username: "u", Password: "hush"}, "Basic dTpodXNo"},
		"a token, not both": {fleet.Calendar{Username: "u", Password: "p", BearerToken: "hush"}, "Bearer hush"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != c.want || r.Header.Get("User-Agent") != "bbb-scaler" {
				t.Errorf("%s: Authorization %q and User-Agent %q, want %q and bbb-scaler", name, got, r.Header.Get("User-Agent"), c.want)
			}
			_, _ = w.Write(calendarOf(holiday))
		}))
		c.calendar.URL = fleet.Secret(s.URL + "/private-hush/basic.ics")
		feed, err := read(t, t.Context(), c.calendar)
		if err != nil || len(feed.Events) != 1 || feed.Name != "school" || !feed.ReadAt.Equal(now) {
			t.Errorf("%s: Read() = %+v, %v; want the holiday", name, feed, err)
		}
		s.Close()
	}
}

func TestACalendarThatCannotBeReadSaysWhyAndNotItsURL(t *testing.T) {
	answer := func(f http.HandlerFunc) string {
		s := httptest.NewServer(f)
		t.Cleanup(s.Close)
		return s.URL + "/private-hush/basic.ics"
	}
	status := func(code int) string {
		return answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/other")
			w.WriteHeader(code)
		})
	}
	endless := answer(func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 1<<16); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	for name, c := range map[string]struct{ url, want string }{
		"not found":           {status(404), "404 Not Found; check url"},
		"refused":             {status(401), "401 Unauthorized; check username and password"},
		"a redirect":          {status(302), "redirects are not followed: set url to the address that it leads to"},
		"an error":            {status(500), "500 Internal Server Error"},
		"nobody listens":      {"http://127.0.0.1:1/private-hush/basic.ics", "no answer from 127.0.0.1:1"},
		"a body without end":  {endless, "more than 4194304 bytes"},
		"a page of a login":   {answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }), "begins with BEGIN:VCALENDAR"},
		"a server that hangs": {answer(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "no answer from"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := read(t, ctx, fleet.Calendar{URL: fleet.Secret(c.url)})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("Read() = %v, want an error that contains %q and not the path", err, c.want)
			}
		})
	}
}

func TestACalendarIsReadFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "school.ics")
	if _, err := read(t, t.Context(), fleet.Calendar{File: path}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("Read() of a missing file = %v, want an error", err)
	}
	if err := os.WriteFile(path, calendarOf(holiday), 0o600); err != nil {
		t.Fatal(err)
	}
	if feed, err := read(t, t.Context(), fleet.Calendar{File: path}); err != nil || len(feed.Events) != 1 {
		t.Errorf("Read() = %+v, %v; want the holiday", feed, err)
	}
	if err := os.Truncate(path, 8<<30); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, t.Context(), fleet.Calendar{File: path}); err == nil || !strings.Contains(err.Error(), "more than 4194304 bytes") {
		t.Errorf("Read() of 8 GiB = %v, want an error", err)
	}
}
