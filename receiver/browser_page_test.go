package receiver

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestThePageInABrowser(t *testing.T) {
	browser := startBrowser(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"looks right": looksRight,
		"what is open stays open while it is updated":  staysOpen,
		"a pause by click reaches the API":             pausesByClick,
		"a refusal is told":                            tellsRefusals,
		"a server is released from its page":           releases,
		"a token is asked for":                         asksForTheToken,
		"who may not change anything sees no controls": hidesControls,
		"a stream that was cut comes back":             comesBack,
		"a stream that was cut for an hour comes back": comesBackAfterAnHour,
		"servers are found among 745":                  findsServers,
		"an update reaches every one of 745 servers":   updatesEveryRow,
		"servers that need attention are listed twice": listsTwice,
		"text of others is text only":                  showsForeignText,
	} {
		t.Run(name, func(t *testing.T) { test(t, browser) })
	}
}

// looksRight opens every scene in every look: nothing overlaps the window, axe-core
// finds nothing, the browser reports nothing.
func looksRight(t *testing.T, browser context.Context) {
	scenes := map[string]func(*testing.T) *scene{
		"rest":   func(t *testing.T) *scene { return atRest(t, 24) },
		"rush":   func(t *testing.T) *scene { return inARush(t, 24) },
		"outage": func(t *testing.T) *scene { return inAnOutage(t, 24) },
		"745":    func(t *testing.T) *scene { return inARush(t, 745) },
	}
	looks := []look{desktop, {"1400-dark", 1400, 1000, true}, {"420-light", 420, 900, false}, {"420-dark", 420, 900, true}}
	t.Run("picture", func(t *testing.T) { // for the README
		priced := func(_ *Deps, c *Config) { c.Prices = Prices{CoreHour: 0.02, GiBHour: 0.005, Currency: "EUR"} }
		b := openTab(t, browser, serve(t, served(t, 24), priced), look{"", 1200, 830, false})
		b.until(`document.querySelectorAll('#trend canvas').length === 3`)
		b.shoot("picture", false)
	})
	for name, scene := range scenes {
		address := serve(t, scene(t))
		for _, l := range looks {
			t.Run(name+" "+l.name, func(t *testing.T) {
				b := openTab(t, browser, address, l)
				b.until(`document.querySelectorAll('#trend canvas').length === 3`)
				b.shoot(name+"-"+l.name, name != "745")
				b.fits()
				if name != "745" || l == desktop {
					b.accessible()
				}
				b.quiet()
			})
		}
		if name != "rush" && name != "outage" {
			continue
		}
		for _, l := range []look{looks[0], looks[3]} {
			t.Run(name+" server "+l.name, func(t *testing.T) {
				b := openTab(t, browser, address+"/servers/bbb-004", l)
				b.shoot(name+"-server-"+l.name, true)
				b.fits()
				b.accessible()
				b.quiet()
			})
		}
	}
}

// fits checks that nobody has to scroll sideways.
func (b *tab) fits() {
	b.Helper()
	if over := eval[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		b.Errorf("the page is %.0f px wider than the window: %s", over, eval[string](b, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 150)).join('\n')`))
	}
}

// accessible checks that axe-core finds nothing. Of a long list it sees a part, since
// the rows are alike and each takes time.
func (b *tab) accessible() {
	b.Helper()
	if eval[int](b, `document.querySelectorAll('#servers tbody tr').length`) > 100 {
		eval[chromedp.Void](b, `for (const row of [...document.querySelectorAll('#servers tbody tr')].slice(20)) row.remove()`)
	}
	for _, v := range b.axe() {
		b.Errorf("axe-core: %s", v)
	}
}

func staysOpen(t *testing.T, browser context.Context) {
	s := inAnOutage(t, 24)
	b := openTab(t, browser, serve(t, s), desktop)
	b.until(`document.querySelectorAll('#trend canvas').length === 3`)
	b.click("#more-reasons > summary")
	b.click("#a-BBBServerCPUHigh > summary")
	b.click("#trend-table > summary")
	b.until(`['more-reasons', 'a-BBBServerCPUHigh', 'trend-table'].every(id => document.getElementById(id).open)`)
	b.write("#filter [name=text]", "bbb-00")
	b.until(`document.querySelector('#servers output').textContent === '9 of 24'`)
	eval[chromedp.Void](b, `scrollTo(0, 600)`)
	before := eval[float64](b, `scrollY`)
	s.change(func(st *fleet.Status) {
		st.Servers[0].Load, st.Servers[5].State, st.Need = 77, fleet.StateDraining, 5
		st.Servers[5].Reason = "draining: not proven empty"
	})
	b.until(`document.querySelector('#servers tbody').textContent.includes('not proven empty') && document.querySelector('#r-figures').textContent.includes('+5')`)
	for _, open := range []string{"#more-reasons", "#a-BBBServerCPUHigh", "#trend-table"} {
		if !eval[bool](b, `document.querySelector('`+open+`').open`) {
			t.Errorf("%s was folded by an update", open)
		}
	}
	if got := eval[string](b, `document.activeElement.name + ' ' + document.activeElement.value`); got != "text bbb-00" {
		t.Errorf("the focus is on %q, want it in the search field", got)
	}
	if got := eval[string](b, `document.querySelector('#servers output').textContent`); got != "9 of 24" {
		t.Errorf("the list shows %s servers, want 9 of 24", got)
	}
	if after := eval[float64](b, `scrollY`); after != before {
		t.Errorf("the page jumped from %v to %v", before, after)
	}
	b.quiet()
}

// change changes the fleet, as a cycle does.
func (s *scene) change(f func(*fleet.Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Servers = append([]fleet.ServerStatus(nil), s.status.Servers...)
	f(&s.status)
}

// told waits for what the page tells after a change.
func (b *tab) told(text string) {
	b.Helper()
	b.until(`document.getElementById('told').textContent.includes(` + quoted(text) + `)`)
}

func pausesByClick(t *testing.T, browser context.Context) {
	s := inARush(t, 24)
	b := openTab(t, browser, serve(t, s), desktop)
	b.click("#pause-details > summary")
	b.write("#pause [name=server]", "bbb-01*")
	b.write("#pause [name=reason]", "exam in room 4")
	b.write("#pause [name=by]", "anna")
	b.shoot("pause-1400-light", true)
	b.click("#pause [type=submit]")
	b.told("Paused bbb-01* until")
	if p := s.paused(); len(p) != 1 || p[0].Server != "bbb-01*" || p[0].Reason != "exam in room 4" || p[0].By != "anna" || !p[0].Until.Equal(s.now.Add(time.Hour)) {
		t.Fatalf("pauses %+v, want the one of the form", p)
	}
	b.until(`document.querySelector('#r-notes').textContent.includes('exam in room 4')`)
	b.click("#r-notes [data-resume]")
	b.told("The pause has ended.")
	if p := s.paused(); len(p) != 0 {
		t.Errorf("pauses %+v, want none", p)
	}
	b.until(`!document.querySelector('#r-notes').textContent.includes('exam in room 4')`)
	b.quiet()
}

func (s *scene) paused() []fleet.Pause { return s.Status().Pauses }

func tellsRefusals(t *testing.T, browser context.Context) {
	s := inAnOutage(t, 24)
	b := openTab(t, browser, serve(t, s), desktop)
	b.click("#pause-details > summary")
	b.write("#pause [name=reason]", "exam")
	eval[chromedp.Void](b, `(() => { const e = document.getElementById('pause').elements; e.for.value = ''; e.for.dispatchEvent(new Event('change')); e.until.value = '2020-01-01T08:00'; })()`)
	b.click("#pause [type=submit]")
	b.told("Refused: until: a pause needs an end in the future")
	s.mu.Lock()
	s.pauses = nil // somebody else ends the pause that the page still shows
	s.mu.Unlock()
	b.click("#r-notes [data-resume]")
	b.told(`Refused: pause "p1" does not exist`)
	b.quiet("400 (Bad Request)", "404 (Not Found)")
}

func releases(t *testing.T, browser context.Context) {
	s := inAnOutage(t, 24)
	address := serve(t, s)
	stale, b := openTab(t, browser, address+"/servers/bbb-004", desktop), openTab(t, browser, address+"/servers/bbb-004", desktop)
	b.click("#release")
	b.told("bbb-004 is under the control of the scaler again.")
	if len(s.released) != 1 || s.released[0] != "bbb-004" {
		t.Errorf("released %q, want bbb-004", s.released)
	}
	s.change(func(st *fleet.Status) { st.Servers[3].State, st.Servers[3].Reason = fleet.StateActive, "in service" })
	b.until(`!document.getElementById('release') && document.getElementById('server').textContent.includes('Scalelite sends new meetings to it')`)
	// The other page posts what it showed before.
	answer := eval[string](stale, `fetch('../api/v1/release', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({server: 'bbb-004', state: 'manual'})}).then(a => a.text())`)
	if !strings.Contains(answer, "server bbb-004 is active now, not manual any more: nothing was changed") || len(s.released) != 1 {
		t.Errorf("a stale page got %s, and released %q", answer, s.released)
	}
	b.quiet()
}

func asksForTheToken(t *testing.T, browser context.Context) {
	s := inARush(t, 24)
	b := openTab(t, browser, serve(t, s, func(_ *Deps, c *Config) { c.Token = "secret" }), desktop)
	b.click("#pause-details > summary")
	b.write("#pause [name=reason]", "exam")
	b.click("#pause [type=submit]")
	b.told("give the token (web.token) first")
	b.write("#pause [name=token]", "wrong")
	b.click("#pause [type=submit]")
	b.told("Refused: send web.token as a bearer token")
	eval[chromedp.Void](b, `document.getElementById('pause').elements.token.value = ''`)
	b.write("#pause [name=token]", "secret")
	b.click("#pause [type=submit]")
	b.told("Paused the whole fleet until")
	if p := s.paused(); len(p) != 1 {
		t.Errorf("pauses %+v, want one", p)
	}
	b.quiet("401 (Unauthorized)")
}

func hidesControls(t *testing.T, browser context.Context) {
	s := inAnOutage(t, 24)
	address := serve(t, s)
	b := openTab(t, browser, strings.Replace(address, "127.0.0.1", "localtest.localhost", 1), desktop)
	if text := eval[string](b, `document.getElementById('control').innerText`); !strings.Contains(text, "allowed from the daemon's host only") {
		t.Errorf("the page says %q, want why nothing can be changed", text)
	}
	if eval[bool](b, `!!document.getElementById('pause') || document.querySelector('[data-resume]').checkVisibility()`) {
		t.Error("the page has controls that would be refused")
	}
	b.quiet()
}

func comesBack(t *testing.T, browser context.Context) {
	s := inARush(t, 24)
	d := s.deps()
	h := New(Defaults(), d)
	first := httptest.NewServer(h)
	b := openTab(t, browser, first.URL, desktop)
	b.until(`document.querySelectorAll('#trend canvas').length === 3`)
	b.click("#a-BBBServerCPUHigh > summary")
	b.until(`document.getElementById('a-BBBServerCPUHigh').open`)
	h.Close()
	first.CloseClientConnections()
	first.Close()
	b.until(`!document.getElementById('lost').hidden && document.title.startsWith('?')`)
	b.shoot("lost-1400-light", false)
	b.click("#pause-details > summary")
	b.write("#pause [name=reason]", "exam")
	b.click("#pause [type=submit]")
	b.told("Nothing was changed: this page is old")
	s.change(func(st *fleet.Status) { st.Servers[0].Reason, st.Servers = "an hour later", st.Servers[:23] })
	again := s.deps() // a daemon of another version that knows nothing of the first one's pages
	again.Version = "1.2.4"
	listenAgain(t, first.URL, New(Defaults(), again))
	b.until(`document.getElementById('lost').hidden && document.querySelector('#servers tbody').textContent.includes('an hour later')`)
	if n := eval[int](b, `document.querySelector('#servers tbody').rows.length`); n != 23 {
		t.Errorf("the page lists %d servers, want 23", n)
	}
	if !eval[bool](b, `document.getElementById('a-BBBServerCPUHigh').open`) {
		t.Error("what was open was folded")
	}
	b.until(`document.getElementById('outdated')?.textContent.includes('was updated')`)
	b.quiet("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
}

func findsServers(t *testing.T, browser context.Context) {
	b := openTab(t, browser, serve(t, inARush(t, 745)), desktop)
	shown := `[...document.querySelectorAll('#servers tbody tr')].filter(r => !r.hidden).map(r => r.cells[0].children[0].textContent)`
	b.write("#filter [name=text]", "bbb-74 off")
	b.until(`document.querySelector('#servers output').textContent === '6 of 745'`)
	b.click("#filter [type=reset]")
	b.until(`document.querySelector('#servers output').textContent === '745'`)
	b.click("#r-figures [data-state=draining]")
	b.until(shown + `.join() === 'bbb-002'`)
	b.do(chromedp.Focus(chromedp.CSS("#filter [name=state]")), chromedp.KeyEvent(kb.Home))
	eval[chromedp.Void](b, `(() => { const e = document.getElementById('filter').elements; e.state.value = ''; e.dc.value = 'de-txl'; e.dc.dispatchEvent(new Event('input', {bubbles: true})); })()`)
	b.until(`document.querySelector('#servers output').textContent === '372 of 745'`)
	// By keyboard: the button of a column has the focus, and Enter sorts.
	b.do(chromedp.Focus(chromedp.CSS("#servers thead th:nth-child(1) button")), chromedp.KeyEvent(kb.Enter))
	b.until(shown + `[0] === 'bbb-744'`)
	b.quiet()
	// The first Tab of a page reaches the link to the servers.
	b = openTab(t, browser, serve(t, atRest(t, 3)), desktop)
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](b, `document.activeElement.className`); got != "skip" {
		t.Errorf("the first Tab reaches %q, want the link to the servers", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.id === 'servers'`)
	b.quiet()
}

// listsTwice has more servers with alerts than the daemon sends twice. What the script
// writes is what the daemon's template writes.
func listsTwice(t *testing.T, browser context.Context) {
	s := inARush(t, 60)
	s.overload(3, 3+busySent)
	b := openTab(t, browser, serve(t, s), desktop)
	if n, all := eval[int](b, `document.querySelector('#busy tbody').rows.length`), eval[string](b, `document.querySelector('#busy-title span').textContent`); n <= busySent || fmt.Sprint(n) != all {
		t.Errorf("%d servers that need attention are listed, want %s, and more than %d", n, all, busySent)
	}
	differ := `[...document.querySelectorAll('#busy tbody tr')].filter(row => {
		const html = r => [...r.cells].map(c => c.innerHTML.trim() + c.className).join('|').replace(/\|+$/, '');
		return html(row) !== html(document.getElementById('s' + row.id.slice(1)));
	}).map(row => row.outerHTML + document.getElementById('s' + row.id.slice(1)).outerHTML)`
	if rows := eval[[]string](b, differ); len(rows) > 0 {
		t.Errorf("%d rows differ between the lists, the first:\n%s", len(rows), rows[0])
	}
	b.quiet()
}

// updatesEveryRow changes every row at once, which is more than a cycle ever does.
func updatesEveryRow(t *testing.T, browser context.Context) {
	s := inARush(t, 745)
	b := openTab(t, browser, serve(t, s), desktop)
	for i := range 2 {
		changeRows(s, b, i)
		if n := eval[int](b, `[...document.querySelectorAll('#servers tbody tr')].filter(row => row.textContent.includes('reason `+fmt.Sprint(i)+`')).length`); n != 745 {
			t.Errorf("%d rows have the new reason, want 745", n)
		}
	}
	b.quiet()
}

// changeRows gives every server a reason with the number i, and waits until the last row
// has it.
func changeRows(s *scene, b *tab, i int) {
	s.change(func(st *fleet.Status) {
		for n := range st.Servers {
			st.Servers[n].Load, st.Servers[n].Reason = float64(100+i), fmt.Sprintf("reason %d", i)
		}
	})
	b.until(`document.querySelector('#servers tbody').lastElementChild.textContent.includes('reason ` + fmt.Sprint(i) + `')`)
}

// BenchmarkUpdateOf745ServersInABrowser reports the processor time of the browser's main
// thread for an update of every row. The goal is less than 100 ms.
func BenchmarkUpdateOf745ServersInABrowser(bench *testing.B) {
	s := inARush(bench, 745)
	b := openTab(bench, startBrowser(bench), serve(bench, s), desktop)
	b.until(`document.querySelectorAll('#trend canvas').length === 3`)
	call(b, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}) // other programs do not count
	busy := func() (seconds float64) {
		for _, m := range call(b, performance.GetMetrics, cdp.Empty{}).Metrics {
			if m.Name == "TaskDuration" {
				seconds = m.Value
			}
		}
		return seconds
	}
	before := busy()
	for i := 0; bench.Loop(); i++ {
		changeRows(s, b, i)
	}
	bench.ReportMetric(1000*(busy()-before)/float64(bench.N), "thread-ms/op")
}

// showsForeignText has markup and control characters in what somebody else fills in,
// and 10,000 alerts.
func showsForeignText(t *testing.T, browser context.Context) {
	const hostile = "\"><img src=x onerror=alert(1)><script>alert(2)</script>{{.}}\x00\x1b[31m\u202e/../?#%zz"
	s := inAnOutage(t, 24)
	sv := &s.status.Servers[0]
	sv.Name, sv.Datacenter, sv.Reason, sv.Aliases, sv.BalancerURL = hostile, hostile, hostile, []string{hostile}, "javascript:alert(3)"
	s.status.Sources[1].Error, s.status.Fleet = hostile, hostile
	s.pauses[0].Reason, s.pauses[0].Server = hostile, hostile
	s.enter(fleet.Start, hostile, fleet.Failed, s.now, hostile)
	for i := range 10_000 {
		_, _ = s.Notify([]fleet.Alert{{Fingerprint: fmt.Sprint("f", i), Name: rules.ServerMemoryHigh, StartsAt: s.now, Labels: map[string]string{"instance": hostile + fmt.Sprint(i), "server_id": sv.ID}, Annotations: map[string]string{"value": "0.9" + fmt.Sprint(i)}}})
	}
	address := serve(t, s)
	b := openTab(t, browser, address, desktop)
	b.until(`document.body.innerText.includes('<img src=x') && document.querySelectorAll('#trend canvas').length === 3`)
	if n := eval[int](b, `document.querySelectorAll('img, main script').length`); n != 0 {
		t.Errorf("the page has %d elements of foreign text", n)
	}
	b.click("#servers tbody tr:first-child a")
	b.until(`document.body && document.body.dataset.ready === '1' && location.pathname.startsWith('/servers/')`)
	if got := eval[string](b, `document.querySelector('h1').textContent`); !strings.Contains(got, "<img src=x") {
		t.Errorf("the page of the server is headed %q", got)
	}
	b.quiet()
}
