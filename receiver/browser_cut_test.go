package receiver

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/link"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// cutForAnHour is a page of a daemon that runs on, and is not reached for an hour.
type cutForAnHour struct {
	*scene
	*tab
	link    *link.Link
	handler *Handler
	asked   chan struct{} // gets a value for each request of the chart that is not answered
	mu      sync.Mutex
	silent  bool // the chart is not answered
}

func openAcrossLink(t *testing.T, browser context.Context) *cutForAnHour {
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
	t.Cleanup(func() { c.handler.Close(); server.CloseClientConnections(); server.Close() })
	var err error
	if c.link, err = link.New(strings.TrimPrefix(server.URL, "http://")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.link.Close() })
	c.tab = openTab(t, browser, "http://"+c.link.Addr(), desktop)
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
		c := openAcrossLink(t, browser)
		c.silence()
		c.link.Hang()
		c.pass()
		c.old()
		c.link.Mend()
		c.fresh()
	})
	t.Run("connections are refused", func(t *testing.T) {
		c := openAcrossLink(t, browser)
		c.link.Cut()
		c.pass()
		c.old()
		c.link.Mend()
		c.fresh()
	})
	t.Run("nobody looks, and then the link loses every packet", func(t *testing.T) {
		c := openAcrossLink(t, browser)
		seen := `(hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden }); document.dispatchEvent(new Event('visibilitychange')); })`
		eval[chromedp.Void](c.tab, seen+`(true)`)
		c.link.Hang()
		c.pass()
		eval[chromedp.Void](c.tab, seen+`(false)`)
		c.old()
		c.link.Mend()
		c.fresh()
	})
}
