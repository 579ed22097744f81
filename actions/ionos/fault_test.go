package ionos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

const told = `{"httpStatus":0,"messages":[{"errorCode":"200","message":"[VDC-11-2222] Operation cannot be executed since the server is BUSY"}]}`
const toldOther = `{"httpStatus":0,"messages":[{"errorCode":"100","message":"[(root).properties.ram] must be a multiple of 256"}]}`

// failing is an answer of the cloud, with the sentinels that the error must match for
// GET, PATCH and POST, and the number of attempts of each.
type failing struct {
	name              string
	answer            func() (*http.Response, error)
	read, patch, post error
	attempts          [3]int
}

var errOther = errors.New("none of the sentinels")

func faults() []failing {
	auth, gone, busy, unknown, throttled := fleet.ErrAuth, fleet.ErrGone, fleet.ErrBusy, fleet.ErrUnknown, fleet.ErrThrottled
	once, repeated, allButPost := [3]int{1, 1, 1}, [3]int{5, 5, 5}, [3]int{5, 5, 1}
	return []failing{
		{"301 elsewhere", says(301, ``, "Location", "https://evil.example/"), errOther, errOther, errOther, once},
		{"400", says(400, toldOther), errOther, errOther, errOther, once},
		{"401", says(401, ``), auth, auth, auth, once},
		{"403", says(403, ``), auth, auth, auth, once},
		{"404", says(404, ``), gone, gone, gone, once},
		{"409", says(409, ``), busy, busy, busy, once},
		{"422 that says busy", says(422, told), busy, busy, busy, once},
		{"422 that gives no reason", says(422, ``), busy, busy, busy, once},
		{"422 about the request", says(422, toldOther), errOther, errOther, errOther, once},
		{"423", says(423, ``), busy, busy, busy, once},
		{"429", says(429, ``), throttled, throttled, throttled, repeated},
		{"429 with a date that is none", says(429, ``, "Retry-After", "soon"), throttled, throttled, throttled, repeated},
		{"500", says(500, ``), errOther, unknown, unknown, allButPost},
		{"502 as a proxy's page", says(502, `<html>secret page</html>`, "Content-Type", "text/html"), errOther, unknown, unknown, allButPost},
		{"503", says(503, ``), errOther, unknown, unknown, allButPost},
		{"504", says(504, ``), errOther, unknown, unknown, allButPost},
		{"a connection that breaks", breaks(io.ErrUnexpectedEOF), errOther, unknown, unknown, allButPost},
		{"a reset", breaks(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), errOther, unknown, unknown, allButPost},
		{"nobody listening", breaks(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), errOther, errOther, errOther, repeated},
	}
}

// checkKind fails if err matches other sentinels than the wanted one.
func checkKind(t *testing.T, name string, err, want error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %v", name, want)
		return
	}
	for _, kind := range outbound.Sentinels() {
		if got := errors.Is(err, kind); got != (kind == want) {
			t.Errorf("%s: %v: matches %q: %v, want %v", name, err, kind, got, kind == want)
		}
	}
}

func TestEveryFaultOfEveryOperationIsTheRightErrorAfterTheRightCalls(t *testing.T) {
	for _, f := range faults() {
		for name, run := range operations() {
			want, attempts := f.read, f.attempts[0]
			switch name {
			case "resize":
				want, attempts = f.patch, f.attempts[1]
			case "start", "stop":
				want, attempts = f.post, f.attempts[2]
			case "request":
				if f.name == "404" {
					continue // a request that does not exist counts as done
				}
			}
			t.Run(f.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := script(f.answer)
					err := run(t.Context(), client(t, w))
					checkKind(t, name, err, want)
					if got := len(w.calls); got != attempts {
						t.Errorf("%s: %d calls, want %d (%v)", name, got, attempts, err)
					}
				})
			})
		}
	}
}

func TestErrorsSayWhatWasTriedOnWhatAndWhatToDo(t *testing.T) {
	tests := []struct {
		operation string
		answer    func() (*http.Response, error)
		want      string
	}{
		{"start", says(422, told), "starting server s1 in datacenter d1: busy with another change: 422 Unprocessable Entity: [VDC-11-2222] Operation cannot be executed since the server is BUSY (code 200)"},
		{"resize", says(422, toldOther), "resizing to 6 cores, 10240 MiB server s1 in datacenter d1: 422 Unprocessable Entity: [(root).properties.ram] must be a multiple of 256 (code 100)"},
		{"list", says(401, ``), "listing the servers of datacenter d1: credentials refused: 401 Unauthorized; check ionos.token, or ionos.username and ionos.password"},
		{"list", says(404, ``), "listing the servers of datacenter d1: does not exist: 404 Not Found; check fleet.datacenters"},
		{"stop", says(502, `<html><b>long page</b></html>`, "Content-Type", "text/html"), `stopping server s1 in datacenter d1: outcome unknown: 502 Bad Gateway, with a body of type "text/html": not from the API, perhaps from a proxy`},
		{"contract", says(302, ``), "reading the contract: 302 Found; redirects are not followed, because they would get the credentials; check ionos.url"},
		{"list", says(500, ``), "listing the servers of datacenter d1: 500 Internal Server Error (5 attempts)"},
		{"list", says(200, `<html>`, "Content-Type", "text/html"), "listing the servers of datacenter d1: unreadable answer: undefined response type for content text/html"},
		{"request", breaks(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), "reading request r1: no answer from api.ionos.com: dial tcp: connection refused (5 attempts)"},
		{"start", breaks(io.ErrUnexpectedEOF), "starting server s1 in datacenter d1: outcome unknown: no answer from api.ionos.com: unexpected EOF"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			err := operations()[tt.operation](t.Context(), client(t, script(tt.answer)))
			if err == nil || err.Error() != tt.want {
				t.Errorf("%s: error\n%v, want\n%s", tt.operation, err, tt.want)
			}
		})
	}
}

func TestALongMessageIsCutToOneLine(t *testing.T) {
	body := fmt.Sprintf(`{"messages":[{"message":"line\none%s"}]}`, strings.Repeat("x", 1<<16))
	_, err := client(t, always(400, body)).Start(t.Context(), fleet.ServerRef{ID: "s"})
	if got := err.Error(); len(got) > 400 || strings.Contains(got, "\n") {
		t.Errorf("error of %d bytes: %q, want one short line", len(got), got)
	}
}

func TestAChangeThatMayHaveHappenedStaysUnknownWhateverComesAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(says(502, ``), says(423, ``))
		_, err := client(t, w).Resize(t.Context(), fleet.ServerRef{ID: "s"}, fleet.Size{Cores: 1, RAM: 1024})
		if !errors.Is(err, fleet.ErrBusy) || !errors.Is(err, fleet.ErrUnknown) || len(w.calls) != 2 {
			t.Errorf("Resize() = %v in %d calls, want busy and unknown after 2", err, len(w.calls))
		}
	})
}

func TestWhatMayBeRepeatedSucceedsAtLast(t *testing.T) {
	for _, name := range []string{"list", "resize"} {
		synctest.Test(t, func(t *testing.T) {
			w := script(says(503, ``), breaks(io.EOF), says(429, ``), says(200, `{}`))
			if err := operations()[name](t.Context(), client(t, w)); err != nil || len(w.calls) != 4 {
				t.Errorf("%s: %v after %d calls, want success at the fourth", name, err, len(w.calls))
			}
			for _, c := range w.calls[1:] {
				if c.body != w.calls[0].body {
					t.Errorf("%s: repeated with body %q, want %q", name, c.body, w.calls[0].body)
				}
			}
		})
	}
}

func TestRepetitionsWaitLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := always(500, ``)
		operations()["list"](t.Context(), client(t, w))
		most := 500 * time.Millisecond
		for i, c := range w.calls[1:] {
			if got := c.at.Sub(w.calls[i].at); got < most/2 || got > most {
				t.Errorf("wait %d is %v, want from %v to %v", i+1, got, most/2, most)
			}
			most *= 2
		}
	})
}

func TestAnAttemptThatHangsIsCutOffAndRepeatedOnlyIfItMayBe(t *testing.T) {
	hang := &wire{answer: func(_ int, req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}}
	for name, want := range map[string]int{"list": 2, "resize": 2, "start": 1} {
		synctest.Test(t, func(t *testing.T) {
			hang.calls = nil
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			start := time.Now()
			err := operations()[name](ctx, client(t, hang))
			if len(hang.calls) != want || time.Since(start) > 20*time.Second {
				t.Errorf("%s: %d calls in %v (%v), want %d within 20s", name, len(hang.calls), time.Since(start), err, want)
			}
			if got, want := errors.Is(err, fleet.ErrUnknown), name != "list"; got != want {
				t.Errorf("%s: unknown = %v (%v), want %v", name, got, err, want)
			}
		})
	}
}

func TestACallerThatGivesUpWhileWaitingHasSentNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := always(202, ``)
		_, err := client(t, w).Start(ctx, fleet.ServerRef{ID: "s"})
		if !errors.Is(err, context.Canceled) || errors.Is(err, fleet.ErrUnknown) || len(w.calls) != 0 {
			t.Errorf("Start() = %v in %d calls, want canceled and none", err, len(w.calls))
		}
	})
}

func TestOperationsAreNamedInMetrics(t *testing.T) {
	for name, run := range operations() {
		synctest.Test(t, func(t *testing.T) {
			var got []string
			w := &wire{}
			w.answer = func(_ int, req *http.Request) (*http.Response, error) {
				got = append(got, operation(req))
				return reply(404, ``), nil
			}
			_ = run(t.Context(), client(t, w))
			if !slices.Equal(got, []string{name}) {
				t.Errorf("%s is named %q", name, got)
			}
		})
	}
}
