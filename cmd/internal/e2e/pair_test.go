package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/link"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Intervals of the pairs of Alertmanager, far shorter than the usual ones.
const (
	groupInterval  = time.Second
	repeatInterval = 2 * time.Second
	peerTimeout    = time.Second
	resyncInterval = time.Second
	alertLate      = groupInterval + peerTimeout
	// slack is what a machine that is busy with other tests may add. A table that does
	// not learn what Alertmanager knows stays wrong for deadlines.alert_expiry, 30 min.
	slack = 20 * time.Second
	// withinRepeat is how long a table may be wrong without the API: a notification
	// may be taken for a late copy, and its repetition counts.
	withinRepeat = alertLate + repeatInterval + groupInterval + peerTimeout + slack
	// withinResync is how long a table may be wrong with the API.
	withinResync = resyncInterval + slack
)

// stacks are the generations of servers that the tests run with.
func stacks() map[string]stack {
	return map[string]stack{
		"current servers":  {"prometheus", "alertmanager"},
		"Debian's servers": {"debian/prometheus", "debian/alertmanager"},
	}
}

// table is a scaler as far as it knows alerts: the receiver's webhook is in front
// of it, and it may read Alertmanager's API.
type table struct {
	scaler *actions.Scaler
	url    string // of the webhook
	mu     sync.Mutex
	heard  [][]byte // bodies of the notifications
}

// newTable runs a scaler that changes nothing, with an Alertmanager's API or
// none. With one it makes a cycle five times a second.
func newTable(t *testing.T, api fleet.AlertSource) *table {
	t.Helper()
	w := sim.New(sim.Config{Servers: 1, Running: 1, Start: time.Now()})
	cfg := fleet.Defaults()
	cfg.Fleet.Datacenters, cfg.DryRun, cfg.Fleet.EvaluationInterval = w.Datacenters(), true, resyncInterval
	cfg.Deadlines.AlertResync, cfg.Deadlines.AlertLate = resyncInterval, alertLate
	deps := actions.Deps{Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: store.NewMemory()}
	if api != nil {
		deps.Alerts = api
	}
	scaler, err := actions.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	tab := &table{scaler: scaler}
	hook := receiver.New(receiver.Defaults(), receiver.Deps{
		Scaler: scaler, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		tab.mu.Lock()
		tab.heard = append(tab.heard, body)
		tab.mu.Unlock()
		hook.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	tab.url = server.URL + "/webhook"
	if api != nil {
		every(t, resyncInterval/5, func() { _ = scaler.Cycle(t.Context(), time.Now()) })
	}
	return tab
}

// every calls again and again until the test ends.
func every(t *testing.T, interval time.Duration, call func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				call()
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

// believed returns the instances of the alerts that ask for something, sorted.
func (tab *table) believed() (instances []string) {
	for _, a := range tab.scaler.Alerts() {
		if !a.Suppressed {
			instances = append(instances, a.Labels[rules.LabelInstance])
		}
	}
	slices.Sort(instances)
	return instances
}

func (tab *table) until(t *testing.T, limit time.Duration, want ...string) {
	t.Helper()
	var got []string
	defer func() {
		if t.Failed() {
			t.Logf("the table had %q", got)
		}
	}()
	until(t, limit, fmt.Sprintf("the table to have %q", want), func() bool {
		got = tab.believed()
		return slices.Equal(got, want)
	})
}

// first returns the first notification heard.
func (tab *table) first() []byte {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.heard[0]
}

// pair is two Alertmanagers that are one cluster.
type pair struct {
	urls  []string
	links []*link.Link // between them, one a direction
}

// newPair returns a pair that does not run yet.
func newPair(t *testing.T) *pair {
	return &pair{urls: []string{"http://" + freeAddr(t), "http://" + freeAddr(t)}}
}

// hosts returns the addresses with ports, as Prometheus wants them.
func (p *pair) hosts() (hosts []string) {
	for _, url := range p.urls {
		hosts = append(hosts, strings.TrimPrefix(url, "http://"))
	}
	return hosts
}

// configOf returns the path of a configuration of Alertmanager that sends to the
// webhooks. More is added to its route.
func configOf(t *testing.T, more string, webhooks ...string) string {
	t.Helper()
	var hooks strings.Builder
	for _, url := range webhooks {
		fmt.Fprintf(&hooks, "{url: %q, send_resolved: true}, ", url)
	}
	return writeFile(t, t.TempDir(), "alertmanager.yml", fmt.Sprintf(`
route: {receiver: scaler, group_by: [alertname], group_wait: 0s, group_interval: %v, repeat_interval: %v, %s}
receivers: [{name: scaler, webhook_configs: [%s]}]
time_intervals: [{name: always, time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]}]
`, groupInterval, repeatInterval, more, hooks.String()))
}

// newLink returns a link to an address that is there until the test ends.
func newLink(t *testing.T, target string) *link.Link {
	t.Helper()
	l, err := link.New(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// start runs the pair with a configuration file, or with one for each.
func (p *pair) start(t *testing.T, s stack, configs ...string) {
	t.Helper()
	listen := []string{freeAddr(t), freeAddr(t)}
	for _, addr := range listen {
		p.links = append(p.links, newLink(t, addr))
	}
	for i, addr := range listen {
		startAlertmanager(t, s, p.hosts()[i], configs[min(i, len(configs)-1)],
			"--cluster.listen-address="+addr, "--cluster.advertise-address="+p.links[i].Addr(), "--cluster.peer="+p.links[1-i].Addr(),
			"--cluster.peer-timeout="+peerTimeout.String(), "--cluster.settle-timeout=1s", "--cluster.pushpull-interval=1s",
			"--cluster.gossip-interval=50ms", "--cluster.probe-interval=300ms", "--cluster.probe-timeout=200ms",
			"--cluster.reconnect-interval=500ms", "--cluster.tcp-timeout=1s")
	}
}

// api returns a source that reads both peers.
func (p *pair) api(t *testing.T) *alertmanager.Source { return apiOf(t, p.urls...) }

func apiOf(t *testing.T, urls ...string) *alertmanager.Source {
	t.Helper()
	c := alertmanager.Defaults()
	c.URLs = urls
	s, err := alertmanager.New(c, outbound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p *pair) cut() {
	for _, l := range p.links {
		l.Cut()
	}
}

func (p *pair) mend() {
	for _, l := range p.links {
		l.Mend()
	}
}

// sent is an alert as Prometheus sends it.
type sent struct {
	Labels   map[string]string `json:"labels"`
	StartsAt time.Time         `json:"startsAt"`
	EndsAt   time.Time         `json:"endsAt"`
}

// alertOf is an alert that fires until its end unless it is sent again.
func alertOf(instance string, starts, ends time.Time) sent {
	return sent{map[string]string{rules.LabelAlert: rules.ServerCPUHigh, rules.LabelInstance: instance}, starts, ends}
}

// send gives alerts to both peers, as each Prometheus does.
func (p *pair) send(t *testing.T, alerts ...sent) {
	t.Helper()
	body, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range p.urls {
		post(t, url+"/api/v2/alerts", body)
	}
}

func post(t *testing.T, url string, body []byte) {
	t.Helper()
	resp, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s", url, resp.Status)
	}
}
