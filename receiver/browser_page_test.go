package receiver

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestThePageInABrowser(t *testing.T) {
	browser := startBrowser(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"looks right": looksRight,
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
	for name, make := range scenes {
		s := make(t)
		address := serve(t, s)
		for _, l := range looks {
			t.Run(name+" "+l.name, func(t *testing.T) {
				b := openTab(t, browser, address, l)
				b.until(`document.querySelectorAll('#trend canvas').length === 3`)
				b.check(name+"-"+l.name, name != "745")
			})
		}
		for _, l := range []look{looks[0], looks[3]} {
			t.Run(name+" server "+l.name, func(t *testing.T) {
				openTab(t, browser, address+"/servers/bbb-004", l).check(name+"-server-"+l.name, true)
			})
		}
	}
}

// check checks what holds for every page, and keeps a picture.
func (b *tab) check(name string, whole bool) {
	b.Helper()
	begin := time.Now()
	if over := eval[float64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		b.Errorf("the page is %.0f px wider than the window: %s", over, eval[string](b, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 150)).join('\n')`))
	}
	b.shoot(name, whole)
	for _, v := range b.axe() {
		b.Errorf("axe-core: %s", v)
	}
	b.Logf("checked in %v", time.Since(begin))
	b.quiet()
}

var _ = fmt.Sprint
var _ = fleet.Start
