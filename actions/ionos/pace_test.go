package ionos

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// within reports whether got is at least want and at most 20 % longer, for the jitter.
func within(got, want time.Duration) bool { return got >= want && got <= want+want/5 }

func TestRetryAfterPausesAllCallsForThatLong(t *testing.T) {
	tests := []struct {
		name  string
		after func(now time.Time) string
	}{
		{"as seconds", func(time.Time) string { return "60" }},
		{"as an HTTP date", func(now time.Time) string { return now.Add(time.Minute).UTC().Format(http.TimeFormat) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				w := &wire{answer: func(n int, _ *http.Request) (*http.Response, error) {
					if n == 0 {
						return reply(429, ``, "Retry-After", tt.after(start)), nil
					}
					return reply(200, `{}`), nil
				}}
				c := client(t, w)
				var wg sync.WaitGroup
				wg.Go(func() { operations()["list"](t.Context(), c) })
				synctest.Wait()
				wg.Go(func() { operations()["start"](t.Context(), c) })
				wg.Wait()
				for i, call := range w.calls[1:] {
					if got := call.at.Sub(start); !within(got, time.Minute) {
						t.Errorf("call %d came after %v, want about a minute", i+2, got)
					}
				}
				if len(w.calls) != 3 {
					t.Errorf("%d calls, want 3", len(w.calls))
				}
			})
		})
	}
}

func TestAPauseBeyondTheDeadlineIsToldAtOnceWithoutACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := always(429, ``, "Retry-After", "60")
		c := client(t, w)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for range 2 {
			_, err := c.Start(ctx, fleet.ServerRef{Datacenter: "d1", ID: "s1"})
			if !errors.Is(err, fleet.ErrThrottled) || errors.Is(err, fleet.ErrUnknown) {
				t.Errorf("Start() = %v, want throttled", err)
			}
		}
		if len(w.calls) != 1 || time.Since(start) != 0 {
			t.Errorf("%d calls in %v, want 1 at once", len(w.calls), time.Since(start))
		}
	})
}

func TestRefusalsInARowPauseLongerAndASuccessEndsThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(says(429, ``), says(429, ``), says(429, ``), says(200, `{}`), says(429, ``), says(200, `{}`))
		c := client(t, w)
		operations()["list"](t.Context(), c)
		operations()["list"](t.Context(), c)
		for i, most := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 0, 2 * time.Second} {
			got := w.calls[i+1].at.Sub(w.calls[i].at)
			if got < most/2 || got > most+most/5 {
				t.Errorf("pause %d is %v, want from %v to a little over %v", i+1, got, most/2, most)
			}
		}
	})
}

// limited is a cloud with a rate limit: a token bucket that is refilled evenly. Each
// answer has the limit in its headers; an empty bucket gives 429.
func limited(perMinute, bucket int) *wire {
	tokens, last := float64(bucket), time.Now()
	var mu sync.Mutex
	return &wire{answer: func(int, *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		tokens = min(tokens+time.Since(last).Minutes()*float64(perMinute), float64(bucket))
		last = time.Now()
		status := 429
		if tokens >= 1 {
			status, tokens = 200, tokens-1
		}
		return reply(status, `{}`, "X-RateLimit-Limit", strconv.Itoa(perMinute), "X-RateLimit-Remaining", strconv.Itoa(int(tokens))), nil
	}}
}

func TestTheRateLimitOfTheHeadersIsKeptOverAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perMinute, bucket, calls = 60, 10, 100
		w := limited(perMinute, bucket)
		c := client(t, w)
		start := time.Now()
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() {
				if err := operations()["resize"](t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// The first calls are sent before any header is known; after that, none is refused.
		if refused := len(w.calls) - calls; refused > 3 {
			t.Errorf("%d of %d calls were refused, want at most one for each connection", refused, len(w.calls))
		}
		if got, want := time.Since(start), (calls-bucket)*time.Minute/perMinute; got < want || got > want+want/4 {
			t.Errorf("%d calls took %v, want about %v: neither too fast nor much slower than allowed", calls, got, want)
		}
	})
}

func TestARateThatLeavesNoCallBeforeTheDeadlineIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := always(200, `{}`, "X-RateLimit-Limit", "6", "X-RateLimit-Remaining", "0")
		c := client(t, w)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		operations()["list"](ctx, c)
		err := operations()["list"](ctx, c)
		if !errors.Is(err, fleet.ErrThrottled) || len(w.calls) != 1 {
			t.Errorf("second list = %v after %d calls, want throttled and 1", err, len(w.calls))
		}
	})
}

func TestNoMoreCallsAtOnceThanConfiguredOrAllowed(t *testing.T) {
	tests := []struct {
		name          string
		max           int
		burst         string
		first, beyond int32 // maximum number of concurrent calls, before and after the first answers
	}{
		{"the configured number", 3, "", 3, 3},
		{"fewer, when the cloud allows fewer", 6, "2", 6, 2},
		{"one, when the cloud allows one", 3, "1", 3, 1},
		{"the configured number, when the cloud allows more", 3, "100", 3, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// The first calls may still be in progress while others begin.
				var nowFirst, nowBeyond, first, beyond atomic.Int32
				w := &wire{answer: func(n int, _ *http.Request) (*http.Response, error) {
					now, most := &nowBeyond, &beyond
					if n < tt.max {
						now, most = &nowFirst, &first
					}
					if at := now.Add(1); at > most.Load() {
						most.Store(at)
					}
					time.Sleep(time.Second)
					now.Add(-1)
					return reply(200, `{}`, "X-RateLimit-Burst", tt.burst), nil
				}}
				c := client(t, w, func(c *Config) { c.MaxConnections, c.Datacenters = tt.max, 1 })
				var wg sync.WaitGroup
				for range 30 {
					wg.Go(func() { operations()["list"](t.Context(), c) })
				}
				wg.Wait()
				if first.Load() != tt.first || beyond.Load() != tt.beyond {
					t.Errorf("at once: %d, then %d, want %d, then %d", first.Load(), beyond.Load(), tt.first, tt.beyond)
				}
			})
		})
	}
}

func TestHeadersOutOfRangeAreIgnored(t *testing.T) {
	for _, text := range []string{"-1", "0", "1e9", "99999999999999999999", "x", ""} {
		synctest.Test(t, func(t *testing.T) {
			w := always(200, `{}`, "X-RateLimit-Limit", text, "X-RateLimit-Burst", text, "X-RateLimit-Remaining", text, "Retry-After", "600")
			c := client(t, w)
			start := time.Now()
			for range 20 {
				if err := operations()["list"](t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			if time.Since(start) != 0 {
				t.Errorf("%q: 20 calls took %v, want no wait", text, time.Since(start))
			}
		})
	}
}

func TestADatacenterWhoseCallsHangDoesNotDelayTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(_ int, req *http.Request) (*http.Response, error) {
			if datacenterOf(req.URL.Path) == "d1" {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return reply(200, `{}`), nil
		}}
		c := client(t, w)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { c.Start(ctx, fleet.ServerRef{Datacenter: "d1", ID: "s"}) })
		}
		synctest.Wait()
		for _, datacenter := range []string{"d2", "d2"} {
			if _, err := c.Servers(ctx, datacenter); err != nil || time.Since(start) != 0 {
				t.Errorf("Servers(%s) took %v, %v, want no wait", datacenter, time.Since(start), err)
			}
		}
		wg.Wait()
	})
}

func TestLanesAreAsWideAsTheConnectionsAllow(t *testing.T) {
	for _, tt := range []struct{ connections, datacenters, want int }{{3, 1, 3}, {3, 2, 2}, {3, 3, 1}, {3, 7, 1}, {1, 2, 1}, {3, 0, 3}} {
		if got := newLanes(tt.connections, tt.datacenters).width; got != int64(tt.want) {
			t.Errorf("newLanes(%d, %d): width %d, want %d", tt.connections, tt.datacenters, got, tt.want)
		}
	}
}

func TestACallThatWaitsForItsConnectionHeedsARefusalThatComesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := &wire{answer: func(n int, _ *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			if n == 0 {
				return reply(429, ``, "Retry-After", "60"), nil
			}
			return reply(200, `{}`), nil
		}}
		c := client(t, w, func(c *Config) { c.MaxConnections = 1 })
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { operations()["contract"](t.Context(), c) })
		}
		wg.Wait()
		for i, call := range w.calls[1:] {
			if got := call.at.Sub(start); got < 61*time.Second {
				t.Errorf("call %d came after %v, want none within a minute of the refusal", i+2, got)
			}
		}
	})
}

func TestAnUnavailableCloudThatNamesATimeIsLeftAloneUntilThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(says(503, ``, "Retry-After", "60"), says(200, `{}`))
		c := client(t, w)
		if err := operations()["list"](t.Context(), c); err != nil {
			t.Error(err)
		}
		if got := w.calls[1].at.Sub(w.calls[0].at); !within(got, time.Minute) {
			t.Errorf("repeated after %v, want about a minute", got)
		}
	})
}
