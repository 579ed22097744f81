package ionos

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

var errMeeting = errors.New("a meeting runs on it")

// meetingFrom returns a context with a check that fails after the given time, when a
// meeting begins.
func meetingFrom(ctx context.Context, after time.Duration) context.Context {
	begins := time.Now().Add(after)
	return fleet.WithCheck(ctx, func(context.Context) error {
		if time.Now().Before(begins) {
			return nil
		}
		return errMeeting
	})
}

func TestAWriteIsCheckedBeforeEachAttempt(t *testing.T) {
	tests := []struct {
		name    string
		answer  func() (*http.Response, error)
		writes  []string
		unknown bool // whether the first attempt may have changed something
	}{
		{"refused for 20 s", says(429, ``, "Retry-After", "20"), []string{"start", "stop", "resize"}, false},
		{"refused without a time", says(429, ``), []string{"start", "stop", "resize"}, false},
		{"broken, where it may be repeated", says(502, ``), []string{"resize"}, true},
	}
	for _, tt := range tests {
		for _, name := range tt.writes {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := script(tt.answer, says(202, `{}`))
					err := operations()[name](meetingFrom(t.Context(), 100*time.Millisecond), client(t, w))
					if !errors.Is(err, errMeeting) || errors.Is(err, fleet.ErrUnknown) != tt.unknown || len(w.calls) != 1 {
						t.Errorf("%v after %d calls, want the check's error after 1, unknown %v", err, len(w.calls), tt.unknown)
					}
				})
			})
		}
	}
}

func TestAWriteThatItsCheckLetsThroughIsRepeatedAsEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(says(429, ``, "Retry-After", "20"), says(202, `{}`))
		if err := operations()["stop"](meetingFrom(t.Context(), time.Hour), client(t, w)); err != nil || len(w.calls) != 2 {
			t.Errorf("Stop() = %v after %d calls, want success at the second", err, len(w.calls))
		}
	})
}

func TestAWriteIsCheckedAfterItsWaits(t *testing.T) {
	tests := []struct {
		name  string
		block string // the call that makes the write wait
		set   func(*Config)
	}{
		{"for a connection", "contract", func(c *Config) { c.MaxConnections = 1 }},
		{"for other calls to its datacenter", "list", func(c *Config) { c.MaxConnections, c.Datacenters = 2, 2 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answer: func(int, *http.Request) (*http.Response, error) {
					time.Sleep(5 * time.Second)
					return reply(200, contractBody), nil
				}}
				c := client(t, w, tt.set)
				var wg sync.WaitGroup
				wg.Go(func() { operations()[tt.block](t.Context(), c) })
				synctest.Wait()
				err := operations()["stop"](meetingFrom(t.Context(), 3*time.Second), c)
				if !errors.Is(err, errMeeting) || len(w.calls) != 1 {
					t.Errorf("Stop() = %v after %d calls, want the check's error after the other call alone", err, len(w.calls))
				}
				wg.Wait()
			})
		})
	}
}

func TestAWriteIsCheckedAfterItsWaitForTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := always(202, `{}`, "X-RateLimit-Limit", "6", "X-RateLimit-Remaining", "0")
		c := client(t, w)
		operations()["list"](t.Context(), c)
		if err := operations()["stop"](meetingFrom(t.Context(), time.Second), c); !errors.Is(err, errMeeting) || len(w.calls) != 1 {
			t.Errorf("Stop() = %v after %d calls, want the check's error after the list alone", err, len(w.calls))
		}
	})
}

// The check reads the cloud itself. These reads must not wait for the turn of the
// write, and must not be checked themselves.
func TestACheckReadsTheCloudInTheTurnOfItsWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(_ int, req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return reply(200, `{"id":"s1"}`), nil
			}
			return reply(202, ``), nil
		}}
		c := client(t, w, func(c *Config) { c.MaxConnections = 1 })
		var checks atomic.Int32
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := operations()["stop"](fleet.WithCheck(ctx, func(ctx context.Context) error {
			checks.Add(1)
			return operations()["server"](ctx, c)
		}), c)
		if err != nil || checks.Load() != 1 || len(w.calls) != 2 || w.calls[0].method != http.MethodGet {
			t.Errorf("Stop() = %v after %d checks and the calls %v, want one check that reads, then the stop", err, checks.Load(), w.calls)
		}
	})
}

func TestAReadIsNotChecked(t *testing.T) {
	for _, name := range []string{"list", "server", "request"} {
		w := always(200, `{"id":"s1"}`)
		if err := operations()[name](meetingFrom(t.Context(), 0), client(t, w)); err != nil || len(w.calls) != 1 {
			t.Errorf("%s: %v after %d calls, want success", name, err, len(w.calls))
		}
	}
}
