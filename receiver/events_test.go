package receiver

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// browser is a ResponseWriter that keeps what was flushed to it.
type browser struct {
	*httptest.ResponseRecorder
	mu   sync.Mutex
	seen string
}

func (b *browser) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = b.Body.String()
}

func (b *browser) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen
}

// open opens a stream in a bubble of synctest, and returns what it gets and how to
// leave it.
func open(t *testing.T, h http.Handler, lastID string) (b *browser, leave func(), done chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, api.PathEvents, nil)
	r.Header.Set("Last-Event-ID", lastID)
	b, done = &browser{ResponseRecorder: httptest.NewRecorder()}, make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(b, r)
	}()
	synctest.Wait()
	return b, cancel, done
}

func TestAStreamTellsWhatChangesUntilThePageIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := morning()
		h := handler(t, m)
		b, leave, done := open(t, h, "")
		if got := b.text(); !strings.HasPrefix(got, "retry: 3000\n\nid: ") || strings.Count(got, "event: update\n") != 1 || !strings.Contains(got, `"whole":true`) {
			t.Errorf("the stream begins with %.200s, want the whole page", got)
		}
		if got := b.Header().Get("Content-Type"); got != "text/event-stream" {
			t.Errorf("Content-Type: %s", got)
		}
		before := len(b.text())
		m.load(0, 85)
		time.Sleep(2 * feedEvery)
		if got := b.text()[before:]; strings.Count(got, "event: update\n") != 1 || !strings.Contains(got, `"rows":{"1":[6,"85"]}`) {
			t.Errorf("a change of a load is sent as %q", got)
		}
		before = len(b.text())
		time.Sleep(beatEvery + feedEvery)
		if got, want := b.text()[before:], fmt.Sprintf("event: beat\ndata: %d\n\n", noon.UnixMilli()); got != want {
			t.Errorf("while nothing changes: %q, want %q", got, want)
		}
		leave()
		<-done
	})
}

func TestAStreamGoesOnFromTheVersionOfThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := morning()
		h := New(Defaults(), deps(m))
		_, page := ask(h, "GET", "/", "")
		_, version, _ := strings.Cut(page, `data-version="`)
		version, _, _ = strings.Cut(version, `"`)
		b, leave, done := open(t, h, version)
		if got := b.text(); strings.Contains(got, "event:") {
			t.Errorf("a page of now is sent %.100s", got)
		}
		leave()
		<-done
	})
}

func TestStreamsEndWhenTheServerShutsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Defaults(), deps(morning()))
		_, _, first := open(t, h, "")
		h.Close()
		h.Close()
		<-first
		_, _, late := open(t, h, "")
		<-late
	})
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Defaults(), deps(morning()))
		var last chan struct{}
		var leave func()
		for range maxStreams {
			_, leave, last = open(t, h, "")
		}
		if code, body := ask(h, "GET", api.PathEvents, ""); code != http.StatusServiceUnavailable || !strings.Contains(body, "200 pages are open") {
			t.Errorf("one stream more: %d %s, want 503", code, body)
		}
		leave()
		<-last
		b, _, _ := open(t, h, "")
		if b.Code != http.StatusOK || b.text() == "" {
			t.Errorf("after one has gone: %d, want 200", b.Code)
		}
		h.Close()
	})
}

// The time limits of the server are those of one request. A stream outlasts them,
// and Shutdown does not wait for it.
func TestAStreamOutlastsTheTimeLimitsOfTheServer(t *testing.T) {
	cfg := Defaults()
	cfg.ReadTimeout, cfg.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	m := morning()
	s := Server(cfg, New(cfg, deps(m)), slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	defer s.Close()
	begin := time.Now()
	resp, err := http.Get("http://" + l.Addr().String() + api.PathEvents + "?since=x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	updates := func(n int) {
		t.Helper()
		for n > 0 && lines.Scan() {
			if lines.Text() == "event: update" {
				n--
			}
		}
		if n > 0 {
			t.Fatalf("the stream ended after %v: %v", time.Since(begin), lines.Err())
		}
	}
	updates(1)
	m.mu.Lock()
	m.table = nil // no alert is left, which the next rendering shows
	m.mu.Unlock()
	updates(1) // comes after the limits
	if took := time.Since(begin); took < cfg.WriteTimeout {
		t.Fatalf("the update came after %v: the test shows nothing", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
}
