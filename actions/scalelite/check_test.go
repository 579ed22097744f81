package scalelite

import (
	"context"
	"errors"
	"net/http"
	"sync"
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

func TestAChangeOfStateIsCheckedBeforeEachAttempt(t *testing.T) {
	tests := []struct {
		name    string
		first   answer
		unknown bool
	}{
		{"a concurrent change", inJSON(400, `{"error":"Servers list concurrently modified"}`), false},
		{"a proxy without Scalelite", answer{502, "text/html", "", nil}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := script(tt.first, inJSON(200, `{}`))
				err := client(t, w).SetState(meetingFrom(t.Context(), 10*time.Millisecond), "s1", fleet.Disabled)
				if !errors.Is(err, errMeeting) || errors.Is(err, fleet.ErrUnknown) != tt.unknown || len(w.calls) != 1 {
					t.Errorf("SetState() = %v after %d calls, want the check's error after 1, unknown %v", err, len(w.calls), tt.unknown)
				}
			})
		})
	}
}

func TestAChangeOfStateIsCheckedAfterItsWaitForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(int) (*http.Response, error) {
			time.Sleep(5 * time.Second)
			return inJSON(200, `{}`).reply()
		}}
		c := client(t, w)
		var wg sync.WaitGroup
		wg.Go(func() { c.SetState(t.Context(), "s2", fleet.Enabled) })
		synctest.Wait()
		err := c.SetState(meetingFrom(t.Context(), 3*time.Second), "s1", fleet.Disabled)
		if !errors.Is(err, errMeeting) || len(w.calls) != 1 {
			t.Errorf("SetState() = %v after %d calls, want the check's error after the other call alone", err, len(w.calls))
		}
		wg.Wait()
	})
}

func TestACheckReadsScaleliteWhileItsWriteWaits(t *testing.T) {
	w := script(inJSON(200, `{"id":"s1","state":"cordoned"}`))
	c := client(t, w)
	err := c.SetState(fleet.WithCheck(t.Context(), func(ctx context.Context) error {
		_, err := c.Server(ctx, "s1")
		return err
	}), "s1", fleet.Cordoned)
	if err != nil || len(w.calls) != 2 || w.calls[0].method != http.MethodGet || w.calls[1].method != http.MethodPost {
		t.Errorf("SetState() = %v with the calls %v, want a read, then the change", err, w.calls)
	}
}
