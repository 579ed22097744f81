package receiver

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

const (
	// maxStreams is how many pages are kept up to date at once.
	maxStreams = 200
	// beatEvery is how long a stream is silent at most: proxies close connections
	// that are silent for a minute, and a page that hears nothing says so.
	beatEvery = 15 * time.Second
	// retryAfter is how long a browser waits before it connects again.
	retryAfter = 3 * time.Second
)

// streams counts the open streams, and ends them all.
type streams struct {
	mu     sync.Mutex
	open   int
	closed bool
	done   chan struct{} // closed with closed
	gauge  prometheus.Gauge
}

func newStreams(reg prometheus.Registerer) *streams {
	s := &streams{done: make(chan struct{}), gauge: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "bbb_scaler_page_streams", Help: "Number of open pages that are kept up to date.",
	})}
	reg.MustRegister(s.gauge)
	return s
}

// enter counts one more stream, unless there are too many.
func (s *streams) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= maxStreams {
		return false
	}
	s.open++
	s.gauge.Set(float64(s.open))
	return true
}

func (s *streams) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.gauge.Set(float64(s.open))
}

func (s *streams) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
}

// events streams the updates of the page as server-sent events: "update" with a
// change, "beat" with the daemon's time when there is none for a while. A browser
// that connects again tells the version that it has as Last-Event-ID.
func (s *server) events(c echo.Context) error {
	if !s.streams.enter() {
		c.Response().Header().Set(echo.HeaderRetryAfter, "30")
		return fail(http.StatusServiceUnavailable, "%d pages are open and kept up to date, which is the most", maxStreams)
	}
	defer s.streams.leave()
	w, err := newEventWriter(c, s.cfg.WriteTimeout)
	if err != nil {
		return err
	}
	version := cmp.Or(c.Request().Header.Get("Last-Event-ID"), c.QueryParam(api.QuerySince))
	tick := time.NewTicker(feedEvery / 2)
	defer tick.Stop()
	silent := time.Now()
	for {
		updates, now, err := s.feed.since(version)
		if err != nil {
			s.Log.Error("update of the page failed", "error", err)
		}
		switch {
		case len(updates) > 0:
			err, silent = w.updates(s.feed, updates), time.Now()
			version = now
		case time.Since(silent) >= beatEvery:
			err, silent = w.send(fmt.Sprintf("event: beat\ndata: %d\n\n", s.Now().UnixMilli())), time.Now()
		}
		if err != nil {
			return nil // the browser has gone, and will come again if it wants to
		}
		select {
		case <-tick.C:
		case <-s.streams.done:
			return nil
		case <-c.Request().Context().Done():
			return nil
		}
	}
}

// eventWriter writes server-sent events.
type eventWriter struct {
	response *echo.Response
	control  *http.ResponseController
	timeout  time.Duration // of each write
}

// newEventWriter begins the answer. The time limits of a connection are those of
// one request and answer, and would cut off a stream: instead, each write has one.
func newEventWriter(c echo.Context, timeout time.Duration) (*eventWriter, error) {
	w := &eventWriter{response: c.Response(), control: http.NewResponseController(c.Response()), timeout: timeout}
	if err := w.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fmt.Errorf("stream of events: %w", err)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	c.Response().WriteHeader(http.StatusOK)
	return w, w.send(fmt.Sprintf("retry: %d\n\n", retryAfter.Milliseconds()))
}

func (w *eventWriter) send(text string) error {
	if err := w.control.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.response.Write([]byte(text)); err != nil {
		return err
	}
	return w.control.Flush()
}

// updates writes updates in one go.
func (w *eventWriter) updates(f *feed, updates []delta) error {
	var text []byte
	for _, u := range updates {
		text = fmt.Appendf(text, "id: %s\nevent: update\ndata: %s\n\n", f.version(u.n), u.data)
	}
	return w.send(string(text))
}
