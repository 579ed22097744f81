package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for what it expects of the browser.
const patience = 60 * time.Second

// startBrowser starts Chromium, headless, with an empty profile.
func startBrowser(t testing.TB) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("these tests drive a real browser and find none: install Debian's package chromium (.ci/install browser)")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience)}
	for _, flag := range []string{"disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocated, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	browser, closeBrowser := chromedp.NewContext(allocated)
	if err := chromedp.Do(browser, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	t.Cleanup(func() { closeBrowser(); stop() })
	return browser
}

// tab is a page in the browser.
type tab struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string // errors of the console, exceptions and dialogs
}

// look is how a page is looked at.
type look struct {
	name          string
	width, height int64
	dark          bool
}

var desktop = look{"1400-light", 1400, 1000, false}

// openTab opens an address, and waits until the page's script runs.
func openTab(t testing.TB, browser context.Context, address string, l look) *tab {
	t.Helper()
	b := &tab{TB: t}
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithListener(b.note))
	t.Cleanup(closeTab)
	b.ctx = ctx
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // without a time limit, which would be the tab's
		t.Fatalf("opening a tab: %v", err)
	}
	call(b, log.Enable, cdp.Empty{})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	b.do(chromedp.EmulateViewport(l.width, l.height), chromedp.Navigate(address))
	b.until(`document.body.dataset.ready === '1'`)
	return b
}

// call runs a command of the protocol on the tab.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.Helper()
	ctx, done := context.WithTimeout(b.ctx, patience)
	defer done()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.Fatalf("in the browser: %v", err)
	}
	return result
}

// note keeps what must not happen on any page.
func (b *tab) note(event any) {
	text := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			text = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		text = fmt.Sprintf("exception %s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
	case *page.EventJavascriptDialogOpening:
		text = "dialog " + e.Message
	}
	if text == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, text)
}

// quiet checks that the browser had nothing to complain of but what is allowed.
func (b *tab) quiet(allowed ...string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		ok := false
		for _, a := range allowed {
			ok = ok || strings.Contains(p, a)
		}
		if !ok {
			b.Errorf("the browser reports: %s", p)
		}
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, done := context.WithTimeout(b.ctx, patience)
	defer done()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.Fatalf("in the browser: %v", err)
	}
}

// eval returns the value of an expression on the page.
func eval[T any](b *tab, expression string) T {
	b.Helper()
	ctx, done := context.WithTimeout(b.ctx, patience)
	defer done()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("evaluating %.200s: %v", expression, err)
	}
	return value
}

// until waits until an expression is true on the page.
func (b *tab) until(expression string) {
	b.Helper()
	for end := time.Now().Add(patience); !eval[bool](b, "!!("+expression+")"); {
		if time.Now().After(end) {
			b.Fatalf("waited for %v for %s; the page reads:\n%.3000s", patience, expression, eval[string](b, `document.body.innerText`))
		}
		eval[chromedp.Void](b, `new Promise(done => setTimeout(done, 50))`)
	}
}

// click clicks on an element.
func (b *tab) click(css string) {
	b.Helper()
	b.do(chromedp.ScrollIntoView(chromedp.CSS(css)))
	// A click goes to a place on the screen, so that nothing must move there any more.
	b.until(`(() => { const y = document.querySelector(` + quoted(css) + `).getBoundingClientRect().top, was = window.lastTop; window.lastTop = y; return y === was; })()`)
	b.do(chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
}

// write types a text into an element.
func (b *tab) write(css, text string) {
	b.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(css), text, chromedp.NodeVisible))
}

// axe returns what axe-core finds wrong with the page, one line each.
func (b *tab) axe() []string {
	b.Helper()
	text, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		b.Fatal(err)
	}
	eval[chromedp.Void](b, string(text))
	return eval[[]string](b, `axe.run({resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')))`)
}

// shoot keeps a picture of the page, which people look at: in bin/screenshots.
func (b *tab) shoot(name string, whole bool) {
	b.Helper()
	ctx, done := context.WithTimeout(b.ctx, patience)
	defer done()
	action := chromedp.CaptureScreenshot()
	if whole {
		action = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(ctx, action)
	if err != nil {
		b.Fatalf("taking a picture: %v", err)
	}
	dir := filepath.Join("..", "bin", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}

// serve serves a scene and returns its address; edit may change what the handler needs.
func serve(t testing.TB, s *scene, edit ...func(*Deps, *Config)) string {
	t.Helper()
	d, cfg := s.deps(), Defaults()
	for _, e := range edit {
		e(&d, &cfg)
	}
	server := httptest.NewUnstartedServer(nil)
	h := New(cfg, d)
	server.Config = Server(cfg, h, d.Log)
	server.Start()
	t.Cleanup(func() { h.Close(); server.Close() })
	return server.URL
}

// listenAgain listens on the address of a server that has stopped.
func listenAgain(t *testing.T, address string, h http.Handler) {
	t.Helper()
	l, err := net.Listen("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
}

// quoted returns a text as JavaScript.
func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return string(out)
}
