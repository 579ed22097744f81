package receiver

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// wire carries TCP connections to a target until it is cut or hangs.
type wire struct {
	target string

	mu     sync.Mutex
	cut    bool
	passes chan struct{} // closed unless the wire hangs
	open   []net.Conn
}

// newWire returns a wire to the address of a server, and its own address.
func newWire(t *testing.T, address string) (w *wire, own string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w = &wire{target: strings.TrimPrefix(address, "http://"), passes: make(chan struct{})}
	close(w.passes)
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go w.join(c)
		}
	}()
	t.Cleanup(func() { l.Close(); w.mend(); w.end() })
	return w, "http://" + l.Addr().String()
}

// join carries one connection both ways.
func (w *wire) join(from net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to, err := net.Dial("tcp", w.target)
	if err != nil || w.cut {
		from.Close()
		return
	}
	w.open = append(w.open, from, to)
	go w.carry(to, from)
	go w.carry(from, to)
}

func (w *wire) carry(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		passes := w.passes
		w.mu.Unlock()
		<-passes
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// refuse ends all connections and takes no others, hang lets nothing through.
func (w *wire) refuse() {
	w.mu.Lock()
	w.cut = true
	w.mu.Unlock()
	w.end()
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		c.Close()
	}
	w.open = nil
}

func (w *wire) hang() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passes = make(chan struct{})
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
	select {
	case <-w.passes:
	default:
		close(w.passes)
	}
}

// cutForAnHour is a page of a daemon that runs on, and is not reached for an hour.
type cutForAnHour struct {
	*scene
	*tab
	wire    *wire
	handler *Handler
	asked   chan struct{} // gets a value for each request of the chart that is not answered
	mu      sync.Mutex
	silent  bool // the chart is not answered
}

func openAcrossWire(t *testing.T, browser context.Context) *cutForAnHour {
	c := &cutForAnHour{scene: served(t, 24), asked: make(chan struct{}, 100)}
	d := c.deps()
	d.Now = func() time.Time { return c.Status().At.Add(3 * time.Second) }
	c.handler = New(Defaults(), d)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		silent := c.silent
		c.mu.Unlock()
		if silent && r.URL.Path == api.PathTrend {
			c.asked <- struct{}{}
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return
		}
		c.handler.ServeHTTP(w, r)
	}))
	wire, address := newWire(t, server.URL)
	t.Cleanup(func() { c.handler.Close(); server.CloseClientConnections(); server.Close() })
	c.wire, c.tab = wire, openTab(t, browser, address, desktop)
	c.until(`document.querySelectorAll('#trend canvas').length === 3 && document.querySelector('.verdict.ok')`)
	c.click("#trend-table > summary")
	return c
}

// silence has the page ask for the chart, and no answer come.
func (c *cutForAnHour) silence() {
	c.mu.Lock()
	c.silent = true
	c.mu.Unlock()
	c.change(func(st *fleet.Status) { st.At = st.At.Add(trendEvery) })
	<-c.asked
	c.mu.Lock()
	c.silent = false
	c.mu.Unlock()
}

// pass lets an hour pass for the page, and for the daemon more versions than it keeps.
func (c *cutForAnHour) pass() {
	for i := range feedKept + 5 {
		c.change(func(st *fleet.Status) { st.Servers[0].Load = float64(100 + i) })
		c.handler.feed.mu.Lock()
		c.handler.feed.at = time.Time{}
		c.handler.feed.mu.Unlock()
		if _, err := c.handler.feed.present(); err != nil {
			c.Fatal(err)
		}
	}
	c.change(func(st *fleet.Status) {
		st.At, st.Ready = st.At.Add(time.Hour), false
		st.Servers[0].Load, st.Servers[0].Reason, st.Servers = 4321, "an hour later", st.Servers[:23]
		c.day.Note(*st, trend.NoLoad())
	})
	eval[chromedp.Void](c.tab, `(() => { const real = Date.now; Date.now = () => real() + 3600e3; })()`)
}

// old checks that the page says that it is old, and nothing on it is green.
func (c *cutForAnHour) old() {
	c.Helper()
	c.until(`!document.getElementById('lost').hidden && document.title.startsWith('?')`)
	if got := eval[string](c.tab, `getComputedStyle(document.querySelector('main')).filter`); got != "grayscale(1)" {
		c.Errorf("the old page is shown with the filter %q, want no colors", got)
	}
}

// fresh waits until the page is that of now, without being loaded again.
func (c *cutForAnHour) fresh() {
	c.Helper()
	c.until(`document.getElementById('lost').hidden && !document.title.startsWith('?') && !document.querySelector('.verdict.ok')`)
	c.until(`document.querySelector('#servers tbody').rows.length === 23 && document.querySelector('#servers tbody').textContent.includes('an hour later')`)
	points := c.day.Points()
	c.until(`document.getElementById('chart-people').ariaLabel.startsWith('Chart: ` + fleet.Fixed(points[len(points)-1].People, 0) + ` people now')`)
	if !eval[bool](c.tab, `document.getElementById('trend-table').open && !document.getElementById('outdated')`) {
		c.Error("what was open was folded, or the page takes the same daemon for another version")
	}
}

// comesBackAfterAnHour cuts a page off from a daemon that runs on.
func comesBackAfterAnHour(t *testing.T, browser context.Context) {
	t.Run("the link loses every packet", func(t *testing.T) {
		c := openAcrossWire(t, browser)
		c.silence()
		c.wire.hang()
		c.pass()
		c.old()
		c.wire.mend()
		c.fresh()
	})
	t.Run("connections are refused", func(t *testing.T) {
		c := openAcrossWire(t, browser)
		c.wire.refuse()
		c.pass()
		c.old()
		c.wire.mend()
		c.fresh()
	})
	t.Run("nobody looks, and then the link loses every packet", func(t *testing.T) {
		c := openAcrossWire(t, browser)
		seen := `(hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden }); document.dispatchEvent(new Event('visibilitychange')); })`
		eval[chromedp.Void](c.tab, seen+`(true)`)
		c.wire.hang()
		c.pass()
		eval[chromedp.Void](c.tab, seen+`(false)`)
		c.old()
		c.wire.mend()
		c.fresh()
	})
}
