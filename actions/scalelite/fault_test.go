package scalelite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

// failing is an answer of Scalelite, with the sentinels that the error must match for
// reads and writes, the number of attempts, and the hint that the error must contain.
type failing struct {
	name        string
	answer      answer
	read, write error
	attempts    int
	help        string
}

var errOther = errors.New("none of the sentinels")

func faults() []failing {
	return []failing{
		{"a wrong checksum", inXML("checksumError", "You did not pass the checksum security check"), fleet.ErrAuth, fleet.ErrAuth, 1, "check scalelite.secret (LOADBALANCER_SECRET of Scalelite)"},
		{"an older Scalelite", inXML("unsupportedRequest", "This request is not supported."), errOther, errOther, 1, "Scalelite is 1.5.1 or later"},
		{"another refusal", inXML("internalError", "no"), errOther, errOther, 1, "internalError: no"},
		{"XML that is not Scalelite's", answer{200, "application/xml", "<html/>", nil}, errOther, errOther, 1, "check scalelite.url"},
		{"a page of something else", answer{200, "text/html", "<html/>", nil}, errOther, errOther, 1, "check scalelite.url"},
		{"a redirect", answer{301, "text/html", "<html/>", nil}, errOther, errOther, 1, "redirects are not followed"},
		{"a bad state", inJSON(400, `{"error":"Invalid state parameter: enabled"}`), errOther, errOther, 1, "Invalid state parameter"},
		{"a concurrent change", inJSON(400, `{"error":"Servers list concurrently modified"}`), fleet.ErrBusy, fleet.ErrBusy, 5, "concurrently modified"},
		{"a login asked for in front", answer{401, "text/html", "", nil}, fleet.ErrAuth, fleet.ErrAuth, 1, "in front of Scalelite"},
		{"a wrong host", answer{403, "text/html", "", nil}, fleet.ErrAuth, fleet.ErrAuth, 1, `does not serve the host "scalelite.example.org": set scalelite.host_header to its URL_HOST`},
		{"a proxy's 404", answer{404, "text/html", "<html/>", nil}, errOther, errOther, 1, "check scalelite.url"},
		{"too many requests", answer{429, "text/html", "", nil}, fleet.ErrThrottled, fleet.ErrThrottled, 1, "429"},
		{"an empty 500", answer{500, "text/html", "", nil}, errOther, fleet.ErrUnknown, 5, "500 Internal Server Error"},
		{"a 500 in JSON", inJSON(500, `{"status":500,"error":"Internal Server Error"}`), errOther, fleet.ErrUnknown, 5, "500"},
		{"a proxy without Scalelite", answer{502, "text/html", "<html>secret page</html>", nil}, errOther, fleet.ErrUnknown, 5, "text/html"},
		{"a broken connection", answer{err: io.ErrUnexpectedEOF}, errOther, fleet.ErrUnknown, 5, "unexpected EOF"},
		{"nobody listening", answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}, errOther, errOther, 5, "connection refused"},
	}
}

func checkKind(t *testing.T, err, want error) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %v", want)
	}
	for _, kind := range outbound.Sentinels() {
		if got := errors.Is(err, kind); got != (kind == want) {
			t.Errorf("%v: matches %q: %v, want %v", err, kind, got, kind == want)
		}
	}
}

func TestEveryFaultOfEveryCallIsTheRightErrorAfterTheRightCalls(t *testing.T) {
	for _, f := range faults() {
		for name, run := range operations() {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, want := script(f.answer), f.read
					if name == "updateServer" {
						want = f.write
					}
					err := run(t.Context(), client(t, w))
					checkKind(t, err, want)
					if len(w.calls) != f.attempts {
						t.Errorf("%d calls, want %d", len(w.calls), f.attempts)
					}
					if err != nil && (!strings.Contains(err.Error(), f.help) || strings.Contains(err.Error(), "secret page")) {
						t.Errorf("error %q, want one with %q", err, f.help)
					}
				})
			})
		}
	}
}

func TestAWrongHostIsNotTakenForAWrongSecret(t *testing.T) {
	for name, run := range operations() {
		err := run(t.Context(), client(t, script(answer{403, "text/html; charset=utf-8", "", nil}), func(c *Config) { c.HostHeader = "lb.example.org" }))
		if !errors.Is(err, ErrHost) || !strings.Contains(err.Error(), `the host "lb.example.org"`) || strings.Contains(err.Error(), "credentials") {
			t.Errorf("%s: %v, want an error about the host lb.example.org, none about credentials", name, err)
		}
		err = run(t.Context(), client(t, script(inXML("checksumError", "You did not pass the checksum security check"))))
		if errors.Is(err, ErrHost) || !strings.Contains(err.Error(), "scalelite.secret") {
			t.Errorf("%s with a wrong secret: %v, want an error about the secret, none about the host", name, err)
		}
	}
}

func TestAScaleliteBefore151IsToldByItsAnswerToAWrite(t *testing.T) {
	refusal := inJSON(422, `{"status":422,"error":"Unprocessable Entity"}`)
	if err := operations()["updateServer"](t.Context(), client(t, script(refusal))); err == nil || !strings.Contains(err.Error(), "Scalelite is 1.5.1 or later") {
		t.Errorf("updateServer = %v, want an error that names the least version", err)
	}
}

func TestAnUnknownServerIsGone(t *testing.T) {
	for _, name := range []string{"getServerInfo", "updateServer"} {
		err := operations()[name](t.Context(), client(t, script(inJSON(404, `{"error":"Couldn't find server with id=s1"}`))))
		checkKind(t, err, fleet.ErrGone)
	}
}

func TestErrorsSayWhatWasTriedOnWhat(t *testing.T) {
	want := map[string]string{
		"getServers":    "listing the servers of Scalelite: busy with another change: 400 Bad Request: x concurrently modified (5 attempts)",
		"getServerInfo": "reading server s1 of Scalelite: busy with another change: 400 Bad Request: x concurrently modified (5 attempts)",
		"updateServer":  "setting server s1 of Scalelite to cordoned: busy with another change: 400 Bad Request: x concurrently modified (5 attempts)",
	}
	for name, run := range operations() {
		synctest.Test(t, func(t *testing.T) {
			err := run(t.Context(), client(t, script(inJSON(400, `{"error":"x\nconcurrently modified"}`))))
			if err == nil || err.Error() != want[name] {
				t.Errorf("%s: error %q, want %q", name, err, want[name])
			}
		})
	}
}

func TestWhatMayBeRepeatedSucceedsAtLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(inJSON(400, `{"error":"Servers list concurrently modified"}`), answer{500, "text/html", "", nil},
			answer{err: io.EOF}, inJSON(200, `{"id":"s1","state":"cordoned"}`))
		start := time.Now()
		if err := operations()["updateServer"](t.Context(), client(t, w)); err != nil || len(w.calls) != 4 {
			t.Errorf("updateServer: %v after %d calls, want success at the fourth", err, len(w.calls))
		}
		// 200, 400 and 800 ms; the jitter reduces each by up to half.
		if took := time.Since(start); took < 700*time.Millisecond || took > 1400*time.Millisecond {
			t.Errorf("took %v, want from 0.7 to 1.4 s", took)
		}
	})
}

func TestAHangingScaleliteIsGivenUpInTime(t *testing.T) {
	for name, run := range operations() {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				calls++
				<-req.Context().Done()
				return nil, req.Context().Err()
			}))
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			start := time.Now()
			err := run(ctx, c)
			if err == nil || calls != 2 || time.Since(start) > 15*time.Second {
				t.Errorf("%s: %v after %d calls in %v, want an error after 2 within 15s", name, err, calls, time.Since(start))
			}
			if got, want := errors.Is(err, fleet.ErrUnknown), name == "updateServer"; got != want {
				t.Errorf("%s: %v: unknown = %v, want %v", name, err, got, want)
			}
		})
	}
}

func TestAWriterWhoseTimeIsOverHasSentNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := script(inJSON(200, `{}`))
	err := operations()["updateServer"](ctx, client(t, w))
	if !errors.Is(err, context.Canceled) || errors.Is(err, fleet.ErrUnknown) || len(w.calls) != 0 {
		t.Errorf("updateServer = %v in %d calls, want canceled and none", err, len(w.calls))
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	w := &wire{answer: func(n int) (*http.Response, error) {
		if n > 0 {
			return inJSON(200, `[]`).reply()
		}
		resp, err := answer{307, "text/html", "", nil}.reply()
		resp.Header.Set("Location", "https://evil.example/")
		return resp, err
	}}
	if _, err := client(t, w).Servers(t.Context()); err == nil || len(w.calls) != 1 {
		t.Errorf("Servers() = %v after %d calls, want an error after the first", err, len(w.calls))
	}
}

func TestNothingPrintedLoggedOrEncodedShowsASecret(t *testing.T) {
	secrets := []string{"lb-8472", "bbb-5923", fmt.Sprintf("%x", "lb-8472"), fmt.Sprintf("%x", "bbb-5923"),
		sum("getServerslb-8472"), sum("updateServerlb-8472"), sum("getServerInfoid=s1lb-8472")}
	outboundtest.CheckSecrets(t, secrets, valid())
	servers, err := client(t, script(inJSON(200, `[{"id":"a","secret":"bbb-5923"}]`))).Servers(t.Context())
	if err != nil || servers[0].Secret.Reveal() != "bbb-5923" {
		t.Fatalf("Servers() = %v, %v", servers, err)
	}
	outboundtest.CheckSecrets(t, secrets, servers, servers[0], &servers[0])
	broken := []answer{inJSON(200, `[{"id":1,"secret":"bbb-5923"}]`), inJSON(200, `[{"secret":"bbb-5923"`), inJSON(200, `["bbb-5923"]`),
		inJSON(200, `{"id":7,"secret":"bbb-5923"}`), {200, "text/html", "bbb-5923", nil}, inXML("x", "y")}
	for _, f := range faults() {
		broken = append(broken, f.answer)
	}
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		for _, a := range broken {
			c, err := New(valid(), outbound.Options{Transport: script(a), Log: log})
			if err != nil {
				t.Fatal(err)
			}
			outboundtest.CheckSecrets(t, secrets, c, *c)
			for _, run := range operations() {
				err := run(t.Context(), c)
				outboundtest.CheckSecrets(t, secrets, err, errors.Unwrap(err))
			}
		}
		for _, secret := range secrets {
			if strings.Contains(logged.String(), secret) || logged.Len() == 0 {
				t.Errorf("the log shows %q, or is empty: %s", secret, logged.String())
			}
		}
	})
}

// FuzzAnswers checks that no answer makes a call panic, that errors have one line, and
// that servers are only returned from a JSON list.
func FuzzAnswers(f *testing.F) {
	for _, seed := range faults() {
		f.Add(seed.answer.status, seed.answer.kind, []byte(seed.answer.body))
	}
	f.Add(200, "application/json", []byte(`[{"id":"a","load":84.0,"load_multiplier":"1","state":"enabled","online":"online"},{"id":"b","load":"unavailable"}]`))
	f.Add(200, "application/json", []byte(`{"id":"s1","state":"cordoned","load":1e400}`))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		if status < 200 || status >= 500 || bytes.Contains(body, []byte("concurrently")) {
			return // would be repeated after a wait
		}
		c := client(t, script(answer{status, kind, string(body), nil}))
		for name, run := range operations() {
			if err := run(t.Context(), c); err != nil && (len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\r\n\x00")) {
				t.Errorf("%s: error does not fit on a line: %q", name, err)
			}
		}
		if servers, _ := c.Servers(t.Context()); len(servers) > 0 && bytes.TrimSpace(body)[0] != '[' {
			t.Errorf("%d servers out of %q", len(servers), body)
		}
	})
}
