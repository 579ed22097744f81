package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim/link"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Outages of the links. The long one stands for minutes: it is longer than the
// lease of the alerts, four times resend, after which Alertmanager takes an alert
// for resolved that Prometheus does not send again.
const (
	resend      = time.Second
	shortOutage = 1500 * time.Millisecond
	longOutage  = 6 * time.Second
	// settled is how long a change takes until both Alertmanagers know it: a
	// scrape, an evaluation, and a repetition where the first was lost.
	settled = 3*time.Second + resend
)

// servers are the loads of some servers, as an exporter shows them.
type servers struct {
	mu     sync.Mutex
	random *rand.Rand
	high   []bool
}

// ServeHTTP implements http.Handler.
func (s *servers) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, high := range s.high {
		fmt.Fprintf(w, "load{server=\"server-%d\"} %d\n", i, map[bool]int{true: 1}[high])
	}
}

// change changes the load of some servers.
func (s *servers) change() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.high {
		if s.random.IntN(4) == 0 {
			s.high[i] = !s.high[i]
		}
	}
}

func (s *servers) asking() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, high := range s.high {
		if high {
			names = append(names, fmt.Sprintf("server-%d", i))
		}
	}
	return names
}

// cuttable is a pair of Prometheus, a pair of Alertmanager, and two tables, one of
// which reads Alertmanager's API, with every link between them.
type cuttable struct {
	servers     *servers
	read, alone *table
	links       map[string][]*link.Link // by what is at their ends
}

func (c *cuttable) link(t *testing.T, ends, target string) (addr string) {
	l := newLink(t, target)
	c.links[ends] = append(c.links[ends], l)
	return l.Addr()
}

func newCuttable(t *testing.T, seed uint64) *cuttable {
	t.Helper()
	c := &cuttable{servers: &servers{random: rand.New(rand.NewPCG(seed, 0)), high: make([]bool, 8)}, links: map[string][]*link.Link{}}
	p := newPair(t)
	var urls, configs []string
	for _, host := range p.hosts() {
		urls = append(urls, "http://"+c.link(t, "the daemon and Alertmanager's API", host))
	}
	c.read, c.alone = newTable(t, apiOf(t, urls...)), newTable(t, nil)
	for range p.urls {
		var hooks []string
		for _, tab := range []*table{c.read, c.alone} {
			host := strings.TrimSuffix(strings.TrimPrefix(tab.url, "http://"), "/webhook")
			hooks = append(hooks, "http://"+c.link(t, notified, host)+"/webhook")
		}
		configs = append(configs, configOf(t, "", hooks...))
	}
	p.start(t, stacks()["current servers"], configs...)
	c.links["the peers"] = p.links

	exporter := httptest.NewServer(c.servers)
	t.Cleanup(exporter.Close)
	at := strings.TrimPrefix(exporter.URL, "http://")
	ruleFile := writeFile(t, t.TempDir(), "rules.yml", fmt.Sprintf(`
groups: [{name: load, rules: [{alert: %s, expr: 'load{job="bbb-node"} > 0', labels: {%s: "{{ $labels.server }}"}}]}]
`, rules.ServerCPUHigh, rules.LabelInstance))
	for _, s := range stacks() {
		var alertmanagers []string
		for _, host := range p.hosts() {
			alertmanagers = append(alertmanagers, c.link(t, "Prometheus and Alertmanager", host))
		}
		scraping{every: time.Second, nodes: []string{at}, daemon: at, rules: ruleFile, alertmanagers: alertmanagers, resend: resend}.start(t, s)
	}
	return c
}

// agrees waits until the tables have the alerts of the servers whose load is high,
// each in its time after now.
func (c *cuttable) agrees(t *testing.T, when string) {
	t.Helper()
	want, begun := c.servers.asking(), time.Now()
	for tab, limit := range map[*table]time.Duration{c.read: withinResync, c.alone: withinRepeat} {
		tab.until(t, max(0, time.Until(begun.Add(settled+limit))), want...)
	}
	t.Logf("%s: agreed after %v on %q", when, time.Since(begun).Round(10*time.Millisecond), want)
}

// notified names the links of the notifications.
const notified = "Alertmanager and the daemon"

// forgets waits until the table that reads the API has none of the alerts that are
// over, though no notification tells of it. It learns of new ones so only later, once
// their notifications are overdue.
func (c *cuttable) forgets(t *testing.T) {
	t.Helper()
	want := c.servers.asking()
	until(t, settled+withinResync, fmt.Sprintf("the table to have nothing but %q", want), func() bool {
		return !slices.ContainsFunc(c.read.believed(), func(name string) bool { return !slices.Contains(want, name) })
	})
}

// One link of each kind is cut for seconds, and all of a kind for longer than the
// alerts' lease: by what refuses, or by what loses everything and delivers it
// afterwards. Meanwhile alerts begin and end.
func TestTheTableAgreesWhateverLinkWasCut(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Prometheus and Alertmanager for a minute")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := newCuttable(t, seed)
	c.servers.change()
	c.agrees(t, "before any cut")
	for _, ends := range []string{"Prometheus and Alertmanager", "the peers", notified, "the daemon and Alertmanager's API"} {
		for _, outage := range []time.Duration{shortOutage, longOutage} {
			cut := c.links[ends]
			if one := c.servers.random.IntN(len(cut)); outage == shortOutage && ends != "the peers" {
				cut = cut[one : one+1]
			}
			down, how := (*link.Link).Cut, "refusing"
			if c.servers.random.IntN(2) == 0 {
				down, how = (*link.Link).Hang, "lost"
			}
			for _, l := range cut {
				down(l)
			}
			for end := time.Now().Add(outage); time.Now().Before(end); time.Sleep(outage / 4) {
				c.servers.change()
			}
			if ends == notified {
				c.forgets(t)
			}
			for _, l := range cut {
				l.Mend()
			}
			c.agrees(t, fmt.Sprintf("%d of %d links between %s %s for %v", len(cut), len(c.links[ends]), ends, how, outage))
		}
	}
}
