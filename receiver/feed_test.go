package receiver

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// pages is a feed of a page that the test changes, and a browser that follows it.
type pages struct {
	t       *testing.T
	now     view
	feed    *feed
	version string
	rows    map[string]map[int]string
	regions map[string]template.HTML
	whole   int // times that it was given the whole page
}

func newPages(t *testing.T) *pages {
	p := &pages{t: t, rows: map[string]map[int]string{}, regions: map[string]template.HTML{}}
	p.now = view{Now: noon, Regions: map[string]template.HTML{"head": "one", "alerts": "none"}, Rows: []row{
		{prefix: "s", key: "1", Name: "bbb-1", State: "active", Load: "3"}, {prefix: "s", key: "2", Name: "bbb-2", State: "off"},
	}}
	p.feed = newFeed(func() (view, error) {
		v := p.now
		v.Rows = slices.Clone(v.Rows)
		v.Regions = map[string]template.HTML{}
		maps.Copy(v.Regions, p.now.Regions)
		return v, nil
	})
	return p
}

// follow gives the browser what is new, as the script takes it, and returns how many
// updates that were.
func (p *pages) follow() int {
	p.t.Helper()
	time.Sleep(feedEvery)
	updates, now, err := p.feed.since(p.version)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, u := range updates {
		var c change
		if err := json.Unmarshal(u.data, &c); err != nil {
			p.t.Fatal(err)
		}
		p.take(c)
	}
	p.version = now
	return len(updates)
}

func (p *pages) take(c change) {
	maps.Copy(p.regions, c.Regions)
	if c.Whole {
		p.whole++
		clear(p.rows)
	}
	for key, pairs := range c.Rows {
		if p.rows[key] == nil {
			p.rows[key] = map[int]string{}
		}
		for i := 0; i < len(pairs); i += 2 {
			p.rows[key][int(pairs[i].(float64))] = pairs[i+1].(string)
		}
	}
	for _, key := range c.Gone {
		delete(p.rows, key)
	}
}

// same checks that the browser shows the page as it is.
func (p *pages) same() {
	p.t.Helper()
	if len(p.rows) != len(p.now.Rows) {
		p.t.Errorf("%d rows, want %d", len(p.rows), len(p.now.Rows))
	}
	for _, r := range p.now.Rows {
		for i, want := range r.fields() {
			if got := p.rows[r.key][i]; got != want {
				p.t.Errorf("row %s field %d is %q, want %q", r.key, i, got, want)
			}
		}
	}
	for name, want := range p.now.Regions {
		if got := p.regions[name]; got != want {
			p.t.Errorf("region %s is %q, want %q", name, got, want)
		}
	}
}

func TestAPageIsGivenWhatChangedAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPages(t)
		p.follow()
		p.same()
		if n := p.follow(); n != 0 {
			t.Errorf("%d updates while nothing changed, want none", n)
		}
		p.now.Rows[0].Load, p.now.Regions["head"] = "4", "two"
		p.now.Rows = append(p.now.Rows, row{prefix: "s", key: "3", Name: "bbb-3", State: "off"})
		p.follow()
		p.same()
		if got, want := string(p.feed.updates[0].data), `"regions":{"head":"two"},"rows":{"1":[6,"4"],"3":[0,"bbb-3",3,"off"]}}`; got[len(got)-len(want):] != want {
			t.Errorf("update %s, want … %s", got, want)
		}
		p.now.Rows = p.now.Rows[:1]
		p.follow()
		p.same()
		if p.whole != 1 {
			t.Errorf("the whole page was sent %d times, want once", p.whole)
		}
	})
}

func TestAPageThatWasCutOffCatchesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		missed int
		whole  int
	}{
		"for as many updates as are kept": {feedKept, 1},
		"for longer":                      {feedKept + 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPages(t)
				p.follow()
				for i := range tt.missed {
					p.now.Rows[i%2].Load = fmt.Sprint(i + 10)
					time.Sleep(feedEvery)
					if _, err := p.feed.present(); err != nil {
						t.Fatal(err)
					}
				}
				p.follow()
				p.same()
				if p.whole != tt.whole {
					t.Errorf("the whole page was sent %d times, want %d", p.whole, tt.whole)
				}
			})
		})
	}
}

func TestAVersionThatIsNotKnownIsGivenTheWholePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPages(t)
		p.follow()
		for _, version := range []string{"", "1", "x-1", p.feed.version(7), p.feed.version(-1), p.feed.name, p.feed.name + "-1x"} {
			p.version = version
			before := p.whole
			p.follow()
			if p.same(); p.whole != before+1 {
				t.Errorf("version %q: the whole page was not sent", version)
			}
		}
	})
}

func TestManyPagesAreRenderedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		renderings := 0
		f := newFeed(func() (view, error) { renderings++; return view{}, nil })
		for range 100 {
			if _, _, err := f.since(""); err != nil {
				t.Fatal(err)
			}
		}
		if renderings != 1 {
			t.Errorf("%d renderings for 100 pages, want 1", renderings)
		}
	})
}
