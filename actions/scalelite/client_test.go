package scalelite

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func TestEachCallSendsExactlyThis(t *testing.T) {
	type want struct{ method, path, query, body, contentType string }
	tests := map[string]want{
		"getServers":    {"GET", "/scalelite/api/getServers", "checksum=" + sum("getServerslb-8472"), "", ""},
		"getServerInfo": {"GET", "/scalelite/api/getServerInfo", "id=s1&checksum=" + sum("getServerInfoid=s1lb-8472"), "", ""},
		"updateServer": {"POST", "/scalelite/api/updateServer", "checksum=" + sum("updateServerlb-8472"),
			`{"id":"s1","server":{"state":"cordon"}}`, "application/json"},
	}
	for name, run := range operations() {
		w := script(inJSON(200, `{"id":"s1","state":"cordoned"}`))
		if name == "getServers" {
			w = script(inJSON(200, `[]`))
		}
		if err := run(t.Context(), client(t, w)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c := w.calls[0]
		got := want{c.method, c.path, c.query, c.body, c.header.Get("Content-Type")}
		if got != tests[name] || len(w.calls) != 1 {
			t.Errorf("%s sent %+v in %d calls, want %+v in 1", name, got, len(w.calls), tests[name])
		}
	}
}

func TestStatesAreSentAsVerbsAndReadAsAdjectives(t *testing.T) {
	for state, verb := range map[fleet.BalancerState]string{"enabled": "enable", "cordoned": "cordon", "disabled": "disable"} {
		w := script(inJSON(200, fmt.Sprintf(`{"id":"s1","state":%q}`, state)))
		err := client(t, w).SetState(t.Context(), "s1", state)
		if want := fmt.Sprintf(`{"id":"s1","server":{"state":%q}}`, verb); err != nil || w.calls[0].body != want {
			t.Errorf("SetState(%s) = %v, sent %s, want %s", state, err, w.calls[0].body, want)
		}
	}
	w := script(inJSON(200, `{}`))
	if err := client(t, w).SetState(t.Context(), "s1", "panic"); err == nil || len(w.calls) != 0 {
		t.Errorf("SetState(panic) = %v in %d calls, want a refusal without any", err, len(w.calls))
	}
	if err := client(t, script(inJSON(200, `{"id":"s1","state":"enabled"}`))).SetState(t.Context(), "s1", fleet.Cordoned); err == nil {
		t.Error("SetState(cordoned) = nil although the answer says enabled")
	}
}

func TestTheListIsReadInAllItsForms(t *testing.T) {
	body := `[
{"id":"a","url":"http://127.0.0.1:9001/bigbluebutton/api","secret":"bbbsecret","tag":"gold","bbb_version":"","state":"disabled","load":"unavailable","load_multiplier":"2.5","online":"offline"},
{"id":"b.example.org","url":"https://b/bigbluebutton/api","secret":"s","tag":null,"bbb_version":"3.0.4","state":"enabled","load":84.0,"load_multiplier":1,"online":"online"},
{"id":"c","state":"cordoned","load":"3.5","load_multiplier":null,"online":"online","new":{"field":[]}},
{"id":"d","tag":["gold"],"bbb_version":3,"state":"enabled","load":null,"online":null},
{"id":"e","tag":"","state":"enabled","load":-1,"online":true},
{"url":"without an id"}]`
	_, err := client(t, script(inJSON(200, body))).Servers(t.Context())
	if err == nil {
		t.Error("a list whose online is no text was taken")
	}
	body = strings.Replace(body, `"online":true`, `"online":"online"`, 1)
	got, err := client(t, script(inJSON(200, body))).Servers(t.Context())
	want := []fleet.BalancerServer{
		{ID: "a", URL: "http://127.0.0.1:9001/bigbluebutton/api", Secret: "bbbsecret", Tag: "gold", State: fleet.Disabled},
		{ID: "b.example.org", URL: "https://b/bigbluebutton/api", Secret: "s", State: fleet.Enabled, Online: true, Load: 84, LoadKnown: true},
		{ID: "c", State: fleet.Cordoned, Online: true, Load: 3.5, LoadKnown: true},
		{ID: "d", State: fleet.Enabled},
		{ID: "e", State: fleet.Enabled, Online: true},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Servers() = %+v, %v, want %+v", got, err, want)
	}
}

func TestOnlyScalelitesOwnWordsMeanThatItHasNoServers(t *testing.T) {
	none := inJSON(404, `{"error":"No servers are configured"}`)
	if got, err := client(t, script(none)).Servers(t.Context()); len(got) != 0 || err != nil {
		t.Errorf("Servers() = %v, %v, want none", got, err)
	}
	for name, a := range map[string]answer{
		"a proxy's 404":   {404, "text/html", "<html>", nil},
		"an empty 404":    {404, "", "", nil},
		"another 404":     inJSON(404, `{"status":404}`),
		"a null":          inJSON(200, `null`),
		"an object":       inJSON(200, `{}`),
		"nothing":         inJSON(200, ``),
		"a page":          {200, "text/html", "<html>", nil},
		"a cut list":      inJSON(200, `[{"id":"a"}`),
		"a list of texts": inJSON(200, `["a"]`),
	} {
		if got, err := client(t, script(a)).Servers(t.Context()); err == nil {
			t.Errorf("%s: Servers() = %v, want an error", name, got)
		}
	}
}

func TestChecksumsOfAllAlgorithmsHaveTheirLength(t *testing.T) {
	for algorithm, length := range map[outbound.Checksum]int{outbound.SHA1: 40, outbound.SHA256: 64, outbound.SHA512: 128} {
		w := script(inJSON(200, `[]`))
		operations()["getServers"](t.Context(), client(t, w, func(c *Config) { c.Checksum = algorithm }))
		if got := strings.TrimPrefix(w.calls[0].query, "checksum="); len(got) != length || got != strings.ToLower(got) {
			t.Errorf("%s: checksum %q, want %d lower-case digits", algorithm, got, length)
		}
	}
}

func TestTheAddressMayHaveThePathOrNotAndAHostOfItsOwn(t *testing.T) {
	tests := []struct{ url, host, wantPath, wantHost string }{
		{"http://h:3000", "", "/scalelite/api/getServers", "h:3000"},
		{"http://h:3000/", "lb.example.org", "/scalelite/api/getServers", "lb.example.org"},
		{"http://h/scalelite/api", "", "/scalelite/api/getServers", "h"},
		{"http://h/sub/scalelite/api/", "", "/sub/scalelite/api/getServers", "h"},
	}
	for _, tt := range tests {
		w := script(inJSON(200, `[]`))
		operations()["getServers"](t.Context(), client(t, w, func(c *Config) { c.URL, c.HostHeader = tt.url, tt.host }))
		if c := w.calls[0]; c.path != tt.wantPath || c.host != tt.wantHost {
			t.Errorf("%s, %q: called %s on %s, want %s on %s", tt.url, tt.host, c.path, c.host, tt.wantPath, tt.wantHost)
		}
	}
}

func TestAnIDIsEscapedAndTheChecksumCoversTheBytesThatAreSent(t *testing.T) {
	w := script(inJSON(200, `{"id":"a&checksum=x é"}`))
	client(t, w).Server(t.Context(), "a&checksum=x é")
	query, checksum, _ := strings.Cut(w.calls[0].query, "&checksum=")
	if want := "id=a%26checksum%3Dx+%C3%A9"; query != want || checksum != sum("getServerInfo"+want+"lb-8472") {
		t.Errorf("sent %q, want %q with the checksum over it", w.calls[0].query, want)
	}
}

func TestWritesGoOneAfterTheOtherAndReadsDoNotWaitForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writing, most atomic.Int32
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return inJSON(200, `[]`).reply()
			}
			if n := writing.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			writing.Add(-1)
			return inJSON(200, `{"id":"s1","state":"cordoned"}`).reply()
		}))
		start := time.Now()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := operations()["updateServer"](t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if err := operations()["getServers"](t.Context(), c); err != nil || time.Since(start) != 0 {
			t.Errorf("a read beside writes took %v, %v, want no wait", time.Since(start), err)
		}
		wg.Wait()
		if most.Load() != 1 || time.Since(start) != 5*time.Second {
			t.Errorf("%d writes at once in %v, want 1 in 5s", most.Load(), time.Since(start))
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func BenchmarkGetServersOf745(b *testing.B) {
	item := `{"id":"bfbba1b5-c8dc-4330-9d96-%012d","url":"https://bbb-%d.example.org/bigbluebutton/api","secret":"0123456789abcdef0123456789abcdef","tag":"","bbb_version":"3.0","state":"enabled","load":84.0,"load_multiplier":"1.0","online":"online"}`
	items := make([]string, 745)
	for i := range items {
		items[i] = fmt.Sprintf(item, i, i)
	}
	config := valid()
	c, err := New(config, outbound.Options{Transport: script(inJSON(200, "["+strings.Join(items, ",")+"]"))})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if servers, err := c.Servers(b.Context()); err != nil || len(servers) != 745 {
			b.Fatalf("%d servers, %v", len(servers), err)
		}
	}
}
