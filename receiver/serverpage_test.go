package receiver

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestThePageOfAServerSaysWhatItIsAndWhatBlocksIt(t *testing.T) {
	h := New(Defaults(), inAnOutage(t, 24).deps())
	for name, tt := range map[string]struct {
		path string
		want []string
	}{
		"overloaded": {"/servers/bbb-001", []string{"<h1>bbb-001</h1>", "in service: Scalelite sends new meetings to it", "<b>61\u00a0%</b><span>CPU</span>", "<b>48\u00a0%</b><span>memory</span>",
			"nothing is changed: the balancer refuses the credentials", "not cordoned and not shrunk before", "BBBServerCPUHigh</b> at 87\u00a0%", `href="https://example.org/runbooks#bbbservercpuhigh"`,
			"https://bbb-001.example.org/bigbluebutton/api", "10.0.0.1", "datacenter de-fra", `href="http://prometheus.example.org:9090/graph?`, `href="http://alertmanager.example.org:9093/#/alerts?filter=`,
			"the forecast needs 24 cores in total"}},
		"by its id":      {"/servers/9f6dd2dd-15ba-4ae1-8f6c-000000000001", []string{"<h1>bbb-002</h1>", "<b>31</b><span>people</span>", "<b>2</b><span>meetings</span>"}},
		"of a person":    {"/servers/bbb-004", []string{`data-release="bbb-004" data-state="manual"`, "<b>–</b><span>CPU</span>", "none is firing on it"}},
		"paused":         {"/servers/bbb-020", []string{"paused until", "exam"}},
		"with a percent": {"/servers/bbb%2D001", []string{"<h1>bbb-001</h1>"}},
	} {
		code, page := ask(h, "GET", tt.path, "")
		if code != http.StatusOK {
			t.Errorf("%s: %d %s", name, code, page)
		}
		for _, want := range tt.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
	}
	if code, answer := ask(h, "GET", "/servers/nope", ""); code != http.StatusNotFound || !strings.Contains(answer, `no server of the fleet has the name or id \"nope\"`) {
		t.Errorf("of no server: %d %s", code, answer)
	}
}

func TestTheAddressOfAServersPageNamesItPlainly(t *testing.T) {
	for name, want := range map[string]string{"bbb-1": "servers/bbb-1", "bbb 1/../x": "servers/id%2F1", "..": "servers/id%2F1", "": "servers/id%2F1", "<b>": "servers/id%2F1"} {
		s := fleet.ServerStatus{ID: "id/1", Name: name}
		if got := (row{Name: name, Page: pageName(s)}).Href(); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	m := morning()
	m.status.Servers[0].ID, m.status.Servers[0].Name = "id/1?#%zz", ".."
	if code, page := ask(handler(t, m), "GET", "/servers/id%2F1%3F%23%25zz", ""); code != http.StatusOK || !strings.Contains(page, "<h1>..</h1>") {
		t.Errorf("%d %.200s", code, page)
	}
}

func TestTheMeaningsOfTheStatesAreThoseOfTheGuide(t *testing.T) {
	text, err := os.ReadFile("../deploy/guides/states.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.*) \\| (.*) \\|$").FindAllStringSubmatch(string(text), -1)
	if len(rows) != len(fleet.States()) {
		t.Fatalf("the guide has %d states, want %d", len(rows), len(fleet.States()))
	}
	plain := strings.NewReplacer("`", "")
	for _, r := range rows {
		if got := meanings[fleet.State(r[1])]; got.is != plain.Replace(r[2]) || got.scaler != plain.Replace(r[3]) {
			t.Errorf("%s: %q and %q, the guide says %q and %q", r[1], got.is, got.scaler, r[2], r[3])
		}
	}
}

func TestAssetsAreKeptByBrowsersAndTemplatesAreNotServed(t *testing.T) {
	h := handler(t, morning())
	for path, want := range map[string]int{"style.css": 200, "page.js": 200, "uplot/uPlot.min.css": 200, "uplot/LICENSE": 200, "page.html": 404, "": 404, "uplot": 404, "../page.go": 404, "x.js": 404} {
		if code, _ := ask(h, "GET", "/assets/"+path, ""); code != want {
			t.Errorf("GET /assets/%s = %d, want %d", path, code, want)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/assets/style.css", nil))
	tag := w.Header().Get("ETag")
	if code, body := ask(h, "GET", "/assets/style.css", "", func(r *http.Request) { r.Header.Set("If-None-Match", tag) }); tag == "" || code != http.StatusNotModified || body != "" {
		t.Errorf("the same again, with the tag %s: %d with %d bytes, want 304 without", tag, code, len(body))
	}
}

func TestAReleaseIsForTheStateThatAPersonSaw(t *testing.T) {
	for state, want := range map[string]int{"manual": 204, "active": 409, "": 204} {
		m := morning()
		code, answer := ask(handler(t, m), "POST", "/api/v1/release", `{"server":"bbb-3","state":"`+state+`"}`)
		if code != want || (len(m.released) == 1) != (want == 204) {
			t.Errorf("state %q: %d %s, released %q, want %d", state, code, answer, m.released, want)
		}
		if want == 409 && !strings.Contains(answer, "server bbb-3 is manual now, not active any more: nothing was changed") {
			t.Errorf("the answer is %s", answer)
		}
	}
}

func TestThePageSaysWhoMayChangeSomething(t *testing.T) {
	far := from("10.0.0.9:1")
	for name, tt := range map[string]struct {
		setup func(*Deps, *Config)
		edit  []func(*http.Request)
		want  string
	}{
		"on the daemon's host": {nil, nil, `data-may="yes"`},
		"from elsewhere":       {nil, []func(*http.Request){far}, `data-may="no"`},
		"with a token":         {func(_ *Deps, c *Config) { c.Token = "secret" }, []func(*http.Request){far}, `data-may="token"`},
		"with logins":          {func(d *Deps, _ *Config) { d.LoginRequired = func() bool { return true } }, []func(*http.Request){far}, `data-may="yes"`},
	} {
		d, c := deps(morning()), Defaults()
		if tt.setup != nil {
			tt.setup(&d, &c)
		}
		_, page := ask(New(c, d), "GET", "/", "", tt.edit...)
		if !strings.Contains(page, tt.want) || strings.Contains(page, `id="pause"`) == strings.Contains(tt.want, "no") {
			t.Errorf("%s: the page lacks %s, or its form is wrong", name, tt.want)
		}
	}
}
