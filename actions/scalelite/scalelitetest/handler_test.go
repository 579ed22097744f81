package scalelitetest_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

const secret = "load-balancer-secret"

// ask sends a request with a checksum over the action, the query and key.
func ask(t *testing.T, h http.Handler, method, action, query, body, key string, sum func(string) string) *httptest.ResponseRecorder {
	t.Helper()
	checksum := "checksum=" + sum(action+query+key)
	if query != "" {
		checksum = query + "&" + checksum
	}
	r := httptest.NewRequest(method, "http://lb.example.org"+scalelitetest.BasePath+action+"?"+checksum, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func sum1(s string) string   { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
func sum256(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
func sum512(s string) string { h := sha512.Sum512([]byte(s)); return hex.EncodeToString(h[:]) }

func serve(w *sim.World) http.Handler {
	return scalelitetest.New(scalelitetest.Config{World: w, Secret: secret})
}

func TestGetServersTellsLoadAsANumberOrUnavailable(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1})
	if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: 30}); err != nil {
		t.Fatal(err)
	}
	w.Run(10 * time.Minute)
	rec := ask(t, serve(w), "GET", "getServers", "", "", secret, sum256)
	var list []map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &list); err != nil || len(list) != 2 {
		t.Fatalf("getServers = %d %s", rec.Code, rec.Body)
	}
	if list[0]["load"] != 31.0 || list[0]["state"] != "enabled" || list[0]["online"] != "online" || list[0]["load_multiplier"] != "1.0" {
		t.Errorf("enabled server = %v; want a load of 30 people and a moderator once more", list[0])
	}
	if list[1]["load"] != "unavailable" || list[1]["state"] != "disabled" || list[1]["online"] != "offline" {
		t.Errorf("server that is off = %v", list[1])
	}
	if !strings.Contains(rec.Body.String(), `"load":31.0`) {
		t.Errorf("load is not written as Ruby writes a float: %s", rec.Body)
	}
}

func TestUpdateServerTakesTheVerbsAndTellsTheStates(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	h, id := serve(w), w.Servers()[0].BalancerID
	if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: 30}); err != nil {
		t.Fatal(err)
	}
	for verb, state := range map[string]fleet.BalancerState{"cordon": fleet.Cordoned, "disable": fleet.Disabled, "enable": fleet.Enabled} {
		rec := ask(t, h, "POST", "updateServer", "", `{"id":"`+id+`","server":{"state":"`+verb+`"}}`, secret, sum1)
		if want := `"state":"` + string(state) + `"`; rec.Code != 200 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d %s; want 200 with %s", verb, rec.Code, rec.Body, want)
		}
		if got := w.Servers()[0].State; got != state {
			t.Errorf("after %s the server is %s; want %s", verb, got, state)
		}
	}
}

func TestAServerIsAddedDisabledAndCanBeListedTwice(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	h, url := serve(w), w.Servers()[0].URL
	body := `{"server":{"url":"` + url + `","secret":"s","load_multiplier":2.5,"tag":"gold"}}`
	rec := ask(t, h, "POST", "addServer", "", body, secret, sum512)
	var added map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &added); err != nil || rec.Code != http.StatusCreated {
		t.Fatalf("addServer = %d %s", rec.Code, rec.Body)
	}
	if added["state"] != "disabled" || added["load_multiplier"] != "2.5" || added["tag"] != "gold" || added["online"] != "offline" {
		t.Errorf("added = %v", added)
	}
	w.Run(2 * time.Minute)
	m, err := w.Member(added["id"].(string))
	if err != nil || !m.Online || m.URL != url {
		t.Errorf("after a poll: %+v, %v; want the duplicate online", m, err)
	}
	if rec := ask(t, h, "POST", "deleteServer", "", `{"id":"`+m.ID+`"}`, secret, sum512); rec.Code != 200 {
		t.Errorf("deleteServer = %d %s", rec.Code, rec.Body)
	}
	if rec := ask(t, h, "GET", "getServerInfo", "id="+m.ID, "", secret, sum512); rec.Code != 404 {
		t.Errorf("getServerInfo of the deleted = %d; want 404", rec.Code)
	}
}

func TestErrorsComeInThreeShapes(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	id := w.Servers()[0].BalancerID
	cordon := `{"id":"` + id + `","server":{"state":"cordon"}}`
	tests := []struct {
		name   string
		fault  sim.FaultKind
		do     func(t *testing.T, h http.Handler) *httptest.ResponseRecorder
		status int
		body   string
	}{
		{name: "a wrong secret", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "GET", "getServers", "", "", "wrong", sum256)
		}, status: 200, body: "<messageKey>checksumError</messageKey>"},
		{name: "a checksum over the body, too", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "POST", "updateServer", "", cordon, cordon+secret, sum256)
		}, status: 200, body: "<messageKey>checksumError</messageKey>"},
		{name: "the wrong method", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "GET", "updateServer", "", "", secret, sum256)
		}, status: 200, body: "<messageKey>unsupportedRequest</messageKey>"},
		{name: "addServer with no server", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "POST", "addServer", "", `{}`, secret, sum256)
		}, status: 200, body: "<messageKey>internalError</messageKey>"},
		{name: "another content type", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			r := httptest.NewRequest("POST", scalelitetest.BasePath+"updateServer?checksum="+sum256("updateServer"+secret), strings.NewReader(cordon))
			r.Header.Set("Content-Type", "text/plain")
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			return rec
		}, status: 200, body: "<messageKey>unsupportedContentType</messageKey>"},
		{name: "an unknown id", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "GET", "getServerInfo", "id=nope", "", secret, sum256)
		}, status: 404, body: `{"error":"Couldn't find server with id=nope"}`},
		{name: "a state that is none", do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "POST", "updateServer", "", `{"id":"`+id+`","server":{"state":"enabled"}}`, secret, sum256)
		}, status: 400, body: `{"error":"Invalid state parameter: enabled"}`},
		{name: "contention", fault: sim.BalancerBusy, do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "POST", "updateServer", "", cordon, secret, sum256)
		}, status: 400, body: `{"error":"Servers list concurrently modified"}`},
		{name: "an unhandled exception", fault: sim.BalancerFail, do: func(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
			return ask(t, h, "GET", "getServers", "", "", secret, sum256)
		}, status: 500, body: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.fault != "" {
				defer w.Inject(sim.Fault{Kind: tt.fault})()
			}
			rec := tt.do(t, serve(w))
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.body) || tt.body == "" && rec.Body.Len() > 0 {
				t.Errorf("answer = %d %s; want %d %s", rec.Code, rec.Body, tt.status, tt.body)
			}
			if got := w.Servers()[0].State; got != fleet.Enabled {
				t.Errorf("the server is %s; want it untouched", got)
			}
		})
	}
}

func TestAnEmptyListIsAnError(t *testing.T) {
	rec := ask(t, serve(sim.New(sim.Config{})), "GET", "getServers", "", "", secret, sum256)
	if rec.Code != 404 || !strings.Contains(rec.Body.String(), `{"error":"No servers are configured"}`) {
		t.Errorf("getServers of none = %d %s", rec.Code, rec.Body)
	}
}

func TestOnlyTheConfiguredHostAndAlgorithmsPass(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1})
	h := scalelitetest.New(scalelitetest.Config{World: w, Secret: secret, Host: "other.example.org"})
	if rec := ask(t, h, "GET", "getServers", "", "", secret, sum256); rec.Code != 403 || rec.Body.Len() > 0 ||
		rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("another host: %d %q %s; want 403 with an empty page", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
	}
	h = scalelitetest.New(scalelitetest.Config{World: w, Secret: secret, Host: "LB.example.org"})
	if rec := ask(t, h, "GET", "getServers", "", "", secret, sum256); rec.Code != 200 {
		t.Errorf("the host in capitals: %d; want 200", rec.Code)
	}
	h = scalelitetest.New(scalelitetest.Config{World: w, Secret: secret, Host: "lb.example.org", Algorithms: []string{"SHA512"}})
	if rec := ask(t, h, "GET", "getServers", "", "", secret, sum256); !strings.Contains(rec.Body.String(), "checksumError") {
		t.Errorf("SHA256 where SHA512 is forced: %s; want a checksumError", rec.Body)
	}
	if rec := ask(t, h, "GET", "getServers", "", "", secret, sum512); rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), "[") {
		t.Errorf("SHA512: %d %s; want the list", rec.Code, rec.Body)
	}
}

func TestVersionsBefore151HaveNoSuchAPI(t *testing.T) {
	h := scalelitetest.New(scalelitetest.Config{World: sim.New(sim.Config{Servers: 1}), Secret: secret, Before15: true})
	if rec := ask(t, h, "GET", "getServers", "", "", secret, sum256); !strings.Contains(rec.Body.String(), "unsupportedRequest") {
		t.Errorf("getServers = %s; want unsupportedRequest", rec.Body)
	}
	if rec := send(h, "POST", "updateServer", "", "application/json", `{"id":"x"}`); rec.Code != 422 || !isJSON(rec, `{"error":"Unprocessable Entity","status":422}`) {
		t.Errorf("updateServer = %d %s; want 422 in JSON", rec.Code, rec.Body)
	}
}

func TestWhenTheBalancerIsDownConnectionsBreak(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1})
	w.Inject(sim.Fault{Kind: sim.BalancerDown})
	server := httptest.NewServer(serve(w))
	defer server.Close()
	resp, err := http.Get(server.URL + scalelitetest.BasePath + "getServers?checksum=" + sum256("getServers"+secret))
	if err == nil {
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		t.Errorf("getServers = %d %s; want no answer at all", resp.StatusCode, body)
	}
}
