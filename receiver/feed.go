package receiver

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// feed keeps the page as of its last version, and the updates that led there. All
// open pages share it: it is rendered once for all of them.
type feed struct {
	render func() (view, error)
	name   string // tells the versions of this process from those of an earlier one

	mu      sync.Mutex
	at      time.Time // of the last rendering
	n       int       // of the version; 0: nothing rendered yet
	last    view
	updates []delta // the newest, oldest first, without gaps
}

const (
	// feedEvery is how long a rendering counts as the present.
	feedEvery = 2 * time.Second
	// feedKept is how many updates are kept for pages that were cut off for a while;
	// any other is sent the whole page again.
	feedKept = 60
)

// delta is what changes a page of one version to one of the next.
type delta struct {
	n    int
	data []byte // a change in JSON
}

// change is the content of a delta, for the script.
type change struct {
	Version string `json:"version"`
	Now     int64  `json:"now"` // the daemon's time, in milliseconds since 1970
	// Regions are the parts that changed, by name.
	Regions map[string]template.HTML `json:"regions,omitempty"`
	// Rows are the fields that changed, by the row's key: the number of a field, its
	// text, and so on. Of a new row it is all fields that are not empty.
	Rows map[string][]any `json:"rows,omitempty"`
	Gone []string         `json:"gone,omitempty"` // keys of rows to remove
	// Trend is set when there is something new to draw.
	Trend int64 `json:"trend,omitempty"`
	// Program is the version of the daemon, with Whole: a page of another one is out
	// of date.
	Program string `json:"program,omitempty"`
	// Whole is set when Rows are all rows there are.
	Whole bool `json:"whole,omitempty"`
}

func newFeed(render func() (view, error)) *feed { return &feed{render: render, name: rand.Text()[:8]} }

// present returns the page as of now.
func (f *feed) present() (view, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.refresh()
	return f.last, err
}

// since returns the updates after a version, oldest first, and the version that
// they lead to. To a version that is not known they lead from an empty page.
func (f *feed) since(version string) (updates []delta, now string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refresh(); err != nil {
		return nil, version, err
	}
	n, known := f.number(version)
	switch {
	case !known:
		data, err := changed(view{}, f.last, true).json()
		return []delta{{f.n, data}}, f.last.Version, err
	case n == f.n:
		return nil, version, nil
	}
	return slices.Clone(f.updates[len(f.updates)-(f.n-n):]), f.last.Version, nil
}

// number returns the number of a version if the updates after it are known.
func (f *feed) number(version string) (int, bool) {
	name, text, _ := strings.Cut(version, "-")
	n, err := strconv.Atoi(text)
	return n, err == nil && name == f.name && n <= f.n && f.n-n <= len(f.updates)
}

// refresh renders the page again if the last rendering is too old, and counts a new version if
// anything has changed.
func (f *feed) refresh() error {
	if now := time.Now(); f.n > 0 && now.Sub(f.at) < feedEvery {
		return nil
	}
	v, err := f.render()
	if err != nil {
		return err
	}
	f.at = time.Now()
	v.Version = f.version(f.n + 1)
	c := changed(f.last, v, false)
	if f.n > 0 && c.empty() {
		f.last.Now = v.Now
		return nil
	}
	data, err := c.json()
	if err != nil {
		return fmt.Errorf("update of the page: %w", err)
	}
	if f.n > 0 {
		f.updates = append(f.updates, delta{f.n + 1, data})
		f.updates = slices.Delete(f.updates, 0, max(0, len(f.updates)-feedKept))
	}
	f.n, f.last = f.n+1, v
	return nil
}

func (f *feed) version(n int) string { return fmt.Sprintf("%s-%d", f.name, n) }

// json encodes the change in one line, with the HTML of regions as it is: the
// stream is no HTML.
func (c change) json() ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(c)
	return bytes.TrimSpace(line.Bytes()), err
}

func (c change) empty() bool { return len(c.Regions)+len(c.Rows)+len(c.Gone) == 0 && c.Trend == 0 }

// changed returns what leads from one view to another.
func changed(from, to view, whole bool) change {
	c := change{Version: to.Version, Now: to.Now.UnixMilli(), Regions: map[string]template.HTML{}, Rows: map[string][]any{}, Whole: whole}
	if from.Trend != to.Trend {
		c.Trend = to.Trend
	}
	if whole {
		c.Program = to.Program
	}
	for name, html := range to.Regions {
		if from.Regions[name] != html {
			c.Regions[name] = html
		}
	}
	gone := make(map[string]row, len(from.Rows))
	for _, r := range from.Rows {
		gone[r.key] = r
	}
	for _, r := range to.Rows {
		before := gone[r.key]
		delete(gone, r.key)
		if fields := r.changedFrom(before); len(fields) > 0 {
			c.Rows[r.key] = fields
		}
	}
	for key := range gone {
		c.Gone = append(c.Gone, key)
	}
	slices.Sort(c.Gone)
	return c
}

// changedFrom returns the fields that differ from an earlier row, each after its
// number.
func (r row) changedFrom(before row) (out []any) {
	old := before.fields()
	for i, text := range r.fields() {
		if text != old[i] {
			out = append(out, i, text)
		}
	}
	return out
}
