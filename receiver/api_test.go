package receiver

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// ask sends a request from this host and returns the status and the answer.
func ask(h http.Handler, method, path, body string, change ...func(*http.Request)) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr, r.Host = "127.0.0.1:4711", "localhost:9745"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func from(addr string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = addr }
}

func TestOnlyWhoIsAllowedMayChangeSomething(t *testing.T) {
	withToken := func(d *Deps, c *Config) { c.Token = "tok-1" }
	withLogin := func(d *Deps, _ *Config) { d.LoginRequired = func() bool { return true } }
	nothing := func(*Deps, *Config) {}
	for name, test := range map[string]struct {
		setup  func(*Deps, *Config)
		change func(*http.Request)
		want   int
	}{
		"a program on this host":                 {nothing, from("127.0.0.1:1"), 200},
		"a program on this host, over IPv6":      {nothing, from("[::1]:1"), 200},
		"another host":                           {nothing, from("10.0.0.9:1"), 403},
		"another host behind a proxy on this":    {nothing, header("X-Forwarded-For", "10.0.0.9"), 403},
		"a name that was made to resolve here":   {nothing, func(r *http.Request) { r.Host = "evil.example" }, 403},
		"a page of another site":                 {nothing, header("Sec-Fetch-Site", "cross-site"), 403},
		"a page of another origin":               {nothing, header("Origin", "http://evil.example"), 403},
		"the token":                              {withToken, header("Authorization", "Bearer tok-1"), 200},
		"the token from another host":            {withToken, func(r *http.Request) { from("10.0.0.9:1")(r); r.Header.Set("Authorization", "Bearer tok-1") }, 200},
		"a wrong token":                          {withToken, header("Authorization", "Bearer tok-2"), 401},
		"this host without the token":            {withToken, from("127.0.0.1:1"), 401},
		"a login from another host":              {withLogin, from("10.0.0.9:1"), 200},
		"a login, led by a page of another site": {withLogin, header("Sec-Fetch-Site", "cross-site"), 403},
		"an empty token where none is set up":    {nothing, func(r *http.Request) { from("10.0.0.9:1")(r); r.Header.Set("Authorization", "Bearer ") }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			for _, change := range []struct{ method, path, body string }{
				{"POST", "/-/reload", ""},
				{"POST", "/api/v1/pauses", `{"reason":"exam","for":"1h"}`},
				{"POST", "/api/v1/release", `{"server":"bbb-1"}`},
				{"DELETE", "/api/v1/pauses", ""},
			} {
				d, c := deps(&memory{}), Defaults()
				test.setup(&d, &c)
				code, answer := ask(New(c, d), change.method, change.path, change.body, test.change)
				if ok := code < 300; ok != (test.want == 200) || (!ok && code != test.want) {
					t.Errorf("%s %s = %d %s, want %d", change.method, change.path, code, answer, test.want)
				}
			}
		})
	}
}

func TestReadingNeedsNoLoginOfItsOwn(t *testing.T) {
	h := handler(t, &memory{ready: true})
	for _, path := range []string{"/", "/assets/style.css", "/assets/uplot/uPlot.iife.min.js", "/api/v1/trend", "/-/healthy", "/-/ready", "/metrics", "/api/v1/alerts", "/api/v1/fleet", "/api/v1/journal"} {
		if code, answer := ask(h, "GET", path, "", from("10.0.0.9:1")); code != 200 {
			t.Errorf("GET %s = %d %s, want 200", path, code, answer)
		}
	}
}

func TestReadinessFollowsTheFirstWholeReadOfTheFleet(t *testing.T) {
	m := &memory{}
	h := handler(t, m)
	if code, _ := ask(h, "GET", "/-/ready", ""); code != 503 {
		t.Errorf("before: %d, want 503", code)
	}
	if code, _ := ask(h, "GET", "/-/healthy", ""); code != 200 {
		t.Errorf("healthy: %d, want 200", code)
	}
	m.ready = true
	if code, _ := ask(h, "GET", "/-/ready", ""); code != 200 {
		t.Errorf("after: %d, want 200", code)
	}
}

func TestAPauseHasAReasonAnEndAndAnAuthor(t *testing.T) {
	m := &memory{}
	h := handler(t, m)
	code, answer := ask(h, "POST", "/api/v1/pauses", `{"server":"bbb-1*","scale_in_only":true,"reason":"exam","by":"anna","for":"2h"}`)
	var p fleet.Pause
	if err := json.Unmarshal([]byte(answer), &p); err != nil || code != 201 {
		t.Fatalf("got %d %s", code, answer)
	}
	if p.ID != "p1" || p.Server != "bbb-1*" || !p.ScaleInOnly || p.Reason != "exam" || p.By != "anna" || !p.Until.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("paused as %+v", p)
	}
	if _, answer := ask(h, "GET", "/api/v1/fleet", ""); !strings.Contains(answer, `"id":"p1"`) {
		t.Errorf("the fleet does not show the pause: %s", answer)
	}
	if code, answer := ask(h, "DELETE", "/api/v1/pauses/p9", ""); code != 404 {
		t.Errorf("resuming p9 = %d %s, want 404", code, answer)
	}
	if code, answer := ask(h, "DELETE", "/api/v1/pauses/p1", ""); code != 204 || len(m.pauses) != 0 {
		t.Errorf("resuming p1 = %d %s, want 204", code, answer)
	}
}

func TestALoginNamesTheAuthorOfAPause(t *testing.T) {
	m := &memory{}
	d := deps(m)
	d.LoginRequired = func() bool { return true }
	ask(New(Defaults(), d), "POST", "/api/v1/pauses", `{"reason":"exam","by":"anna","for":"2h"}`,
		func(r *http.Request) { r.SetBasicAuth("bert", "x") })
	if len(m.pauses) != 1 || m.pauses[0].By != "bert" {
		t.Errorf("pauses = %+v, want one by bert", m.pauses)
	}
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		method, path, body string
		code               int
		want               string
	}{
		"a pause without reason":       {"POST", "/api/v1/pauses", `{"for":"1h"}`, 400, "reason: missing"},
		"a pause without end":          {"POST", "/api/v1/pauses", `{"reason":"x"}`, 400, "until: a pause needs an end"},
		"a pause until yesterday":      {"POST", "/api/v1/pauses", `{"reason":"x","until":"2020-01-01T00:00:00Z"}`, 400, "in the future"},
		"a pause of no duration":       {"POST", "/api/v1/pauses", `{"reason":"x","for":"soon"}`, 400, `for: \"soon\" is not a duration`},
		"a pause with two ends":        {"POST", "/api/v1/pauses", `{"reason":"x","for":"1h","until":"2040-01-01T00:00:00Z"}`, 400, "either for or until"},
		"a pause of a broken pattern":  {"POST", "/api/v1/pauses", `{"reason":"x","for":"1h","server":"bbb-["}`, 400, "server: "},
		"an unknown field":             {"POST", "/api/v1/pauses", `{"reason":"x","for":"1h","sevrer":"a"}`, 400, "sevrer"},
		"no JSON":                      {"POST", "/api/v1/release", `bbb-1`, 400, "not JSON"},
		"no server":                    {"POST", "/api/v1/release", `{}`, 400, "server: missing"},
		"a server that does not exist": {"POST", "/api/v1/release", `{"server":"nope"}`, 404, "does not exist"},
		"a limit of none":              {"GET", "/api/v1/journal?limit=0", "", 400, "limit: "},
		"a limit that is no number":    {"GET", "/api/v1/journal?limit=all", "", 400, `limit: \"all\"`},
		"a path that is none":          {"GET", "/api/v2/fleet", "", 404, "Not Found"},
		"a method that is none":        {"PUT", "/api/v1/pauses", "", 405, "Method Not Allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			code, answer := ask(handler(t, m), test.method, test.path, test.body)
			if code != test.code || !strings.Contains(answer, test.want) || !json.Valid([]byte(answer)) {
				t.Errorf("%s %s %s = %d %s, want %d with %s", test.method, test.path, test.body, code, answer, test.code, test.want)
			}
			if len(m.pauses)+len(m.released) != 0 {
				t.Error("something was changed")
			}
		})
	}
}

func TestAFailedReloadSaysWhyAndThatTheOldConfigurationStays(t *testing.T) {
	d := deps(&memory{})
	d.Reload = func() ([]string, error) { return nil, errors.New("sizes.step.cores: 0 is not at least 1") }
	code, answer := ask(New(Defaults(), d), "POST", "/-/reload", "")
	if code != 400 || !strings.Contains(answer, "the old configuration stays: sizes.step.cores") {
		t.Errorf("got %d %s", code, answer)
	}
}

func TestAReloadAnswersWithWhatIsLeftToDo(t *testing.T) {
	d := deps(&memory{})
	d.Reload = func() ([]string, error) { return []string{"generate the rules", "restart the daemon"}, nil }
	code, answer := ask(New(Defaults(), d), "POST", "/-/reload", "")
	if want := "reloaded\ngenerate the rules\nrestart the daemon\n"; code != 200 || answer != want {
		t.Errorf("got %d %q, want 200 %q", code, answer, want)
	}
}

func TestTheJournalIsFilteredAndLimited(t *testing.T) {
	m := &memory{journal: []fleet.Entry{
		{Seq: 3, Step: fleet.Step{Server: "a"}}, {Seq: 2, Step: fleet.Step{Server: "b"}}, {Seq: 1, Step: fleet.Step{Server: "a"}},
	}}
	var got []fleet.Entry
	_, answer := ask(handler(t, m), "GET", "/api/v1/journal?server=a&limit=1", "")
	if err := json.Unmarshal([]byte(answer), &got); err != nil || len(got) != 1 || got[0].Seq != 3 {
		t.Errorf("got %s, want the entry 3", answer)
	}
}

func TestNothingToShowIsAnEmptyList(t *testing.T) {
	h := handler(t, &memory{})
	for _, path := range []string{"/api/v1/alerts", "/api/v1/journal"} {
		if _, answer := ask(h, "GET", path, ""); strings.TrimSpace(answer) != "[]" {
			t.Errorf("GET %s = %s, want []", path, answer)
		}
	}
	if _, answer := ask(h, "GET", "/api/v1/fleet", ""); strings.Contains(answer, "null") && !strings.Contains(answer, `"counts":null`) {
		t.Errorf("GET /api/v1/fleet = %s", answer)
	}
}

func TestAPanicIsOneFailedRequest(t *testing.T) {
	d := deps(&memory{})
	d.Reload = func() ([]string, error) { panic("boom") }
	code, answer := ask(New(Defaults(), d), "POST", "/-/reload", "")
	if code != 500 || strings.Contains(answer, "boom") {
		t.Errorf("got %d %s, want 500 without details", code, answer)
	}
}
