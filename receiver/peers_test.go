package receiver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// standsBy returns a server that passes requests on to a URL; "": it knows no leader.
func standsBy(t *testing.T, leader string) *httptest.Server {
	t.Helper()
	d := deps(&memory{})
	d.Leader = func() *url.URL {
		if leader == "" {
			return nil
		}
		u, err := url.Parse(leader)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	s := httptest.NewServer(New(Defaults(), d))
	t.Cleanup(s.Close)
	return s
}

// request returns the status and the body of an answer.
func request(t *testing.T, method, url, body string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth("prometheus", "secret")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), resp.Header
}

func TestRequestsAboutTheFleetArePassedOnWithTheLogin(t *testing.T) {
	var got []string
	leader := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+user+" "+string(body))
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusTeapot)
	}))
	defer leader.Close()
	follower := standsBy(t, leader.URL)
	for _, c := range []struct {
		method, path, body string
		passed             bool
	}{
		{"POST", "/webhook", "{}", true}, {"GET", "/", "", true}, {"GET", "/api/v1/fleet", "", true}, {"POST", "/api/v1/pauses", "{}", true},
		{"GET", "/metrics", "", false}, {"GET", "/-/healthy", "", false}, {"GET", "/-/ready", "", false}, {"POST", "/-/step-down", "", false},
		{"GET", "/unknown", "", false},
	} {
		got = nil
		code, _, header := request(t, c.method, follower.URL+c.path, c.body)
		if passed := code == http.StatusTeapot; passed != c.passed {
			t.Errorf("%s %s: %d, passed on: %v, want %v", c.method, c.path, code, passed, c.passed)
		}
		if want := c.method + " " + c.path + " prometheus " + c.body; c.passed && (len(got) != 1 || got[0] != want) {
			t.Errorf("the leader got %q, want %q", got, want)
		}
		if n := len(header.Values("Cache-Control")); c.passed && n != 1 {
			t.Errorf("%s %s: Cache-Control %d times", c.method, c.path, n)
		}
	}
}

func TestLeaderThatDoesNotAnswer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	follower := standsBy(t, gone.URL)
	if code, text, _ := request(t, "POST", follower.URL+"/webhook", "{}"); code != http.StatusServiceUnavailable || !strings.Contains(text, "send it again") {
		t.Errorf("webhook: %d %s, want 503", code, text)
	}
	if code, text, _ := request(t, "GET", follower.URL+"/api/v1/alerts", ""); code != http.StatusOK {
		t.Errorf("alerts: %d %s, want 200 from what the follower knows", code, text)
	}
}

func TestTwoDaemonsThatTakeEachOtherForTheLeaderAnswer(t *testing.T) {
	var second *httptest.Server
	d := deps(&memory{})
	d.Leader = func() *url.URL { u, _ := url.Parse(second.URL); return u }
	first := httptest.NewServer(New(Defaults(), d))
	defer first.Close()
	second = standsBy(t, first.URL)
	if code, text, _ := request(t, "GET", first.URL+"/api/v1/alerts", ""); code != http.StatusOK {
		t.Errorf("alerts: %d %s, want 200", code, text)
	}
}

func TestPageSaysWhoLeads(t *testing.T) {
	for name, l := range map[string]fleet.Leadership{
		"the daemon itself":                {Leads: true, Self: "scaler-1", Holder: "scaler-1", Since: noon},
		"another one that does not answer": {Self: "scaler-2", Holder: "scaler-1", Since: noon},
	} {
		s := httptest.NewServer(New(Defaults(), deps(&memory{status: fleet.Status{Fleet: "bbb", At: noon, Leadership: &l}})))
		code, text, _ := request(t, "GET", s.URL+"/", "")
		s.Close()
		if code != http.StatusOK || !strings.Contains(text, "leader scaler-1, since") {
			t.Errorf("%s: %d %.300s, want the leader on the page", name, code, text)
		}
	}
}
