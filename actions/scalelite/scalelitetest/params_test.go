package scalelitetest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// send sends a signed call of a client that accepts JSON.
func send(h http.Handler, method, path, query, kind, body string) *httptest.ResponseRecorder {
	action, _, _ := strings.Cut(strings.Trim(path, "/"), ".")
	url := scalelitetest.BasePath + path + "?" + query + "&checksum=" + sum256(action+query+secret)
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// isJSON reports whether an answer equals JSON, in any order of its fields.
func isJSON(rec *httptest.ResponseRecorder, want string) bool {
	var a, b any
	return strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") &&
		json.Unmarshal(rec.Body.Bytes(), &a) == nil && json.Unmarshal([]byte(want), &b) == nil && reflect.DeepEqual(a, b)
}

// change is a call of updateServer for the server ID, with the expected answer and the
// expected server. Before, the server is enabled, has no tag and the secret bbb-secret-1.
type change struct {
	name, query, kind, body string
	status                  int
	says                    string
	state                   fleet.BalancerState
	secret                  fleet.Secret
	tag                     string
	multiplier              float64
}

func changes() []change {
	return []change{
		{name: "no server at all changes nothing", body: `{"id":"ID"}`, status: 200},
		{name: "an empty server is refused", body: `{"id":"ID","server":{}}`, status: 400, says: "param is missing"},
		{name: "a server that is none is refused", body: `{"id":"ID","server":"cordon"}`, status: 400, says: "error"},
		{name: "fields beside the id count as the server's", body: `{"id":"ID","state":"cordon"}`, status: 200, state: fleet.Cordoned},
		{name: "an empty secret is ignored", body: `{"id":"ID","server":{"secret":""}}`, status: 200},
		{name: "a secret is taken", body: `{"id":"ID","server":{"secret":"new"}}`, status: 200, secret: "new"},
		{name: "a tag is taken", body: `{"id":"ID","server":{"tag":"gold"}}`, status: 200, tag: "gold"},
		{name: "an empty tag is no tag", body: `{"id":"ID","server":{"tag":""}}`, status: 200},
		{name: "an empty state is ignored", body: `{"id":"ID","server":{"state":"","tag":"gold"}}`, status: 200, tag: "gold"},
		{name: "a multiplier is a number or a text", body: `{"id":"ID","server":{"load_multiplier":"2.5"}}`, status: 200, multiplier: 2.5},
		{name: "a multiplier of 0 is refused", body: `{"id":"ID","server":{"load_multiplier":"0"}}`, status: 400, says: "Load-multiplier must be a non-zero number"},
		{name: "a multiplier that is a word is refused", body: `{"id":"ID","server":{"load_multiplier":"much"}}`, status: 400, says: "Load-multiplier must be a non-zero number"},
		{name: "the id in the query wins", query: "id=ID", body: `{"id":"nope","server":{"state":"cordon"}}`, status: 200, state: fleet.Cordoned},
		{name: "also when that is the wrong one", query: "id=nope", body: `{"id":"ID","server":{"state":"cordon"}}`, status: 404, says: "Couldn't find server with id=nope"},
		{name: "the server is looked for first", query: "id=nope", body: `{"server":{}}`, status: 404, says: "Couldn't find server with id=nope"},
		{name: "the query alone can do it", query: "id=ID&server[state]=cordon", status: 200, state: fleet.Cordoned},
		{name: "text/x-json is JSON", kind: "text/x-json", body: `{"id":"ID","server":{"state":"cordon"}}`, status: 200, state: fleet.Cordoned},
		{name: "a form is not", kind: "application/x-www-form-urlencoded", body: `id=ID`, status: 200, says: "unsupportedContentType"},
	}
}

func TestUpdateServerReadsWhatRailsReads(t *testing.T) {
	for _, tt := range changes() {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.New(sim.Config{Servers: 1, Running: 1})
			if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: 1e12, Participants: 5}); err != nil {
				t.Fatal(err)
			}
			id := w.Servers()[0].BalancerID
			in := strings.NewReplacer("ID", id)
			kind := tt.kind
			if kind == "" {
				kind = "application/json"
			}
			rec := send(serve(w), "POST", "updateServer", in.Replace(tt.query), kind, in.Replace(tt.body))
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.says) {
				t.Errorf("updateServer = %d %s; want %d with %q", rec.Code, rec.Body, tt.status, tt.says)
			}
			m, err := w.Member(id)
			got := []any{m.State, m.Secret, m.Tag, m.Multiplier}
			want := []any{orElse(tt.state, fleet.Enabled), orElse(tt.secret, "bbb-secret-1"), tt.tag, orElse(tt.multiplier, 1)}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("the server is %v, %v; want %v", got, err, want)
			}
		})
	}
}

func orElse[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func TestAddServerRefusesInAllShapes(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		xml        string // messageKey
		json       string
	}{
		{name: "nothing", body: `{}`, status: 200, xml: "internalError"},
		{name: "an empty server", body: `{"server":{}}`, status: 200, xml: "internalError"},
		{name: "a server that is null", body: `{"server":null}`, status: 200, xml: "internalError"},
		{name: "a server that is a text", body: `{"server":"bbb"}`, status: 500, json: `{"status":500,"error":"Internal Server Error"}`},
		{name: "broken JSON", body: `{"server":`, status: 400, json: `{"status":400,"error":"Bad Request"}`},
		{name: "JSON and more", body: `{} {}`, status: 400, json: `{"status":400,"error":"Bad Request"}`},
		{name: "a text", body: `"bbb"`, status: 400, json: `{"error":"Server needs a URL and a secret"}`},
		{name: "no secret", body: `{"server":{"url":"http://bbb/"}}`, status: 400, json: `{"error":"Server needs a URL and a secret"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.New(sim.Config{})
			rec := send(serve(w), "POST", "addServer", "", "application/json", tt.body)
			ok := tt.xml != "" && strings.Contains(rec.Body.String(), "<messageKey>"+tt.xml+"</messageKey>") || tt.json != "" && isJSON(rec, tt.json)
			if rec.Code != tt.status || !ok {
				t.Errorf("addServer %s = %d %s; want %d %s%s", tt.body, rec.Code, rec.Body, tt.status, tt.xml, tt.json)
			}
			if members, _ := w.Members(); len(members) > 0 {
				t.Errorf("%d servers were added", len(members))
			}
		})
	}
	rec := send(serve(sim.New(sim.Config{})), "POST", "addServer", "", "application/json", `{"url":"http://bbb/","secret":"s","load_multiplier":"0"}`)
	if rec.Code != 201 || !bytes.Contains(rec.Body.Bytes(), []byte(`"load_multiplier":"1.0"`)) {
		t.Errorf("addServer without \"server\" around its fields = %d %s; want 201 and a multiplier of 1", rec.Code, rec.Body)
	}
}

func TestPathsMayEndInASlashOrAnExtension(t *testing.T) {
	h := serve(sim.New(sim.Config{Servers: 1}))
	for path, listed := range map[string]bool{
		"getServers": true, "getServers/": true, "getServers.json": true, "/getServers": true,
		"getServers.": false, "getServers.json.gz": false, "getServer": false, "getServers/all": false,
	} {
		rec := send(h, "GET", path, "", "", "")
		if got := strings.HasPrefix(rec.Body.String(), "["); rec.Code != 200 || got != listed {
			t.Errorf("%s = %d %s; want the list: %v", path, rec.Code, rec.Body, listed)
		}
	}
}

func TestTheRootIsTheHealthCheck(t *testing.T) {
	h := scalelitetest.New(scalelitetest.Config{World: sim.New(sim.Config{}), Secret: secret, Host: "lb.example.org"})
	for url, want := range map[string]string{
		"http://lb.example.org/": "success", "http://lb.example.org/health_check": "success", "http://10.0.0.1/health_check": "success",
		"http://lb.example.org/bigbluebutton/api": "<version>2.0</version>", "http://lb.example.org/bigbluebutton/api/": "<version>2.0</version>",
		"http://lb.example.org/nothing": "unsupportedRequest",
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", url, nil))
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("GET %s = %d %s; want 200 with %q", url, rec.Code, rec.Body, want)
		}
	}
}

func TestWithoutAcceptAnExceptionIsAnEmptyPage(t *testing.T) {
	rec := ask(t, serve(sim.New(sim.Config{})), "POST", "addServer", "", `{"server":`, secret, sum256)
	if rec.Code != 400 || rec.Body.Len() > 0 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
		t.Errorf("broken JSON = %d %q %s; want 400 with an empty page", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
	}
}

func TestTheVersionOfBigBlueButtonIsToldOnceItIsPolled(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1})
	var list []map[string]any
	if err := json.Unmarshal(send(serve(w), "GET", "getServers", "", "", "").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if list[0]["bbb_version"] != "3.0.4" || list[1]["bbb_version"] != "" {
		t.Errorf("bbb_version = %v of a server that answers, %v of one that is off; want 3.0.4 and none", list[0]["bbb_version"], list[1]["bbb_version"])
	}
}
