package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestRetryAfterIsReadInEveryForm(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	tests := map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "NaN": 0, "60": time.Minute, "1.5": 1500 * time.Millisecond,
		"601": 10 * time.Minute, "1e300": 10 * time.Minute, "Inf": 10 * time.Minute,
		"Mon, 02 Mar 2026 08:01:30 GMT": 90 * time.Second,
		"Mon, 02 Mar 2026 07:00:00 GMT": 0,
		"Mon, 02 Mar 2099 08:00:00 GMT": 10 * time.Minute,
	}
	for text, want := range tests {
		if got := RetryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("RetryAfter(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestBackoffDoublesUpToItsMost(t *testing.T) {
	b := Backoff{Base: time.Second, Max: 10 * time.Second}
	for failed, most := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 1000: 10 * time.Second} {
		for range 50 {
			if got := b.After(failed); got < most/2 || got > most {
				t.Fatalf("After(%d) = %v, want from %v to %v", failed, got, most/2, most)
			}
		}
	}
}

func TestSleepDoesNotBeginWhatItCannotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if Sleep(ctx, time.Minute) || time.Since(start) != 0 {
			t.Errorf("Sleep up to the deadline took %v, want a refusal at once", time.Since(start))
		}
		if !Sleep(ctx, 30*time.Second) || time.Since(start) != 30*time.Second {
			t.Errorf("Sleep of 30s took %v", time.Since(start))
		}
		time.AfterFunc(time.Second, cancel)
		if Sleep(ctx, 10*time.Second) || time.Since(start) != 31*time.Second {
			t.Errorf("Sleep ended %v after the start, want at the cancellation after 31s", time.Since(start))
		}
	})
}

func TestABodyHasAGreatestSize(t *testing.T) {
	tests := []struct {
		name     string
		size     int
		declared int64
		want     error
	}{
		{"empty", 0, -1, nil}, {"at the limit", 100, 100, nil}, {"at the limit, not declared", 100, -1, nil},
		{"beyond", 101, -1, ErrTooLarge}, {"declared beyond", 0, 101, ErrTooLarge},
	}
	for _, tt := range tests {
		resp := &http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", tt.size))), ContentLength: tt.declared}
		if got, err := ReadBody(resp, 100); !errors.Is(err, tt.want) || err == nil && len(got) != tt.size {
			t.Errorf("%s: ReadBody() = %d bytes, %v, want %d, %v", tt.name, len(got), err, tt.size, tt.want)
		}
	}
}

func TestBriefIsAlwaysOneShortLine(t *testing.T) {
	if got := Brief(" a\tb\r\nc\x00\x1b[31md  "); got != "a b c [31md" {
		t.Errorf("Brief() = %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		got := Brief(rapid.String().Draw(t, "text"))
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 201 || strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Errorf("Brief() = %q", got)
		}
	})
}

func TestWhatCannotHaveArrivedIsNotUnknown(t *testing.T) {
	get, _ := http.NewRequest(http.MethodGet, "https://h/x?checksum=5ec2e7", nil)
	post, _ := http.NewRequest(http.MethodPost, "https://h/x?checksum=5ec2e7", nil)
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	tests := []struct {
		name            string
		req             *http.Request
		err             error
		repeatable      bool
		repeat, unknown bool
	}{
		{"a read", get, io.EOF, true, true, false},
		{"a read that the caller does not repeat", get, io.EOF, false, false, false},
		{"a write that may be repeated", post, io.EOF, true, true, true},
		{"a write that may not", post, io.EOF, false, false, true},
		{"a write that found nobody", post, dial, false, true, false},
		{"an answer too large", get, ErrTooLarge, true, false, false},
	}
	for _, tt := range tests {
		got := NoAnswer(tt.req, tt.err, tt.repeatable, "x.ca_file")
		if got.Repeat != tt.repeat || errors.Is(got, fleet.ErrUnknown) != tt.unknown || !errors.Is(got, tt.err) || strings.Contains(got.Error(), "5ec2e7") {
			t.Errorf("%s: %+v, want repeat %v, unknown %v, and no signature", tt.name, got, tt.repeat, tt.unknown)
		}
	}
}

func TestAnAuthorityFileThatIsNoneIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + ".missing"} {
		if _, err := (Connections{CAFile: name}).Transport(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Transport() = %v, want an error that names %s", err, name)
		}
	}
}

func TestASecondClientCountsOn(t *testing.T) {
	reg := prometheus.NewRegistry()
	for range 2 {
		NewMetrics(reg, "cloud").Observe("list", "ok", time.Now())
	}
	NewMetrics(nil, "cloud").Observe("list", "ok", time.Now())
	if got := testutil.ToFloat64(NewMetrics(reg, "cloud").requests.WithLabelValues("list", "ok")); got != 2 {
		t.Errorf("bbb_scaler_cloud_requests_total = %v, want 2", got)
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) != 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
}
