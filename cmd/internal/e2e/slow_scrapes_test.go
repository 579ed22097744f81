package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/exportertest"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// shipped is the shipped configuration in time that passes 30 times as fast: one
// evaluation a second instead of every 30 s.
func shipped(t *testing.T, f *fakeFleet, alertmanager, daemon string, edit func(*config.File)) string {
	t.Helper()
	c := config.Defaults()
	c.Faster(30)
	c.Actions.Fleet.Datacenters = f.Datacenters()
	c.Rules.Alertmanager.URL, c.Rules.Alertmanager.Username = "http://"+daemon+"/webhook", ""
	edit(&c)
	text, err := yaml.Marshal(c.Actions)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	maps.Copy(all, map[string]any{
		"rules": c.Rules, "ionos": map[string]string{"url": f.cloud, "token": cloudToken},
		"scalelite":    map[string]string{"url": f.balancer, "secret": balancerSecret, "poll_interval": pollInterval.String()},
		"alertmanager": map[string]any{"urls": []string{"http://" + alertmanager}, "request_timeout": "2s"},
		"prometheus":   map[string]string{"url": c.Prometheus.URL},
	})
	if text, err = yaml.Marshal(all); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Targets by name, node exporters alone, and few scrapes: Prometheus scrapes every
// 3 s and evaluates every second, where the shipped rules are for one scrape each
// evaluation. So two of three evaluations see nothing new, as with scrapes every
// 90 s and evaluations every 30 s. Shorter scrapes alone would not show that. All
// durations of the rules and of the daemon are divided by the same 30, those of the
// alerts for people too.
func TestAFleetScrapedByNameAndSeldomScalesOutAndBackAndNobodyIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Prometheus and Alertmanager for a minute")
	}
	const servers, floor = 6, 2
	f := newFleet(t, 7, servers, floor)
	dir, daemonAddr, alertmanager := t.TempDir(), freeAddr(t), freeAddr(t)
	path := writeFile(t, dir, "bbb-scaler.yml", shipped(t, f, alertmanager, daemonAddr, func(c *config.File) {
		c.Actions.Capacity.MinActive = floor
		// One step of growth, and then only further servers help.
		c.Actions.Sizes.Fleet, c.Actions.Sizes.Max = c.Actions.Sizes.Default, fleet.Size{Cores: 4, RAM: 16384}
	}))
	generate(t, build(t, "genrules"), path, dir)
	by := stacks()["current servers"]
	startAlertmanager(t, by, alertmanager, filepath.Join(dir, "alertmanager.yml"))
	d := startDaemon(t, build(t, "bbb-scaler"), daemonAddr, path)
	nodes, names := f.simulatedExporters(t)
	m := scraping{
		every: 3 * time.Second, nodes: nodes, instances: names, daemon: daemonAddr,
		rules: filepath.Join(dir, "bbb-rules.yml"), alertmanagers: []string{alertmanager},
	}.start(t, by)

	for i := range floor {
		f.crowd(t, i+1, fmt.Sprint("lesson-", i))
	}
	until(t, 3*time.Minute, "a third server to take meetings", func() bool {
		return slices.ContainsFunc(f.world.Servers(), func(s sim.Reading) bool { return s.Takes && s.Participants == 0 })
	})
	for i := range floor {
		if err := f.world.EndMeeting(f.hosts[i], fmt.Sprint("lesson-", i)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, 5*time.Minute, "all but the floor to be drained and stopped", func() bool { return f.on() == floor && !f.busy() })
	if told := m.told(); len(told) > 0 {
		t.Errorf("people were told of %q, and nothing was wrong", told)
	}
	if figures := f.world.Figures(); figures.MeetingsEndedEarly != 0 || figures.MeetingsRefused != 0 {
		t.Errorf("%d meetings ended early, %d refused; want none", figures.MeetingsEndedEarly, figures.MeetingsRefused)
	}
	f.expect(t, nil) // shows the writes where something failed
	d.hides(t, cloudToken, balancerSecret)
}

// on counts the servers that are switched on.
func (f *fakeFleet) on() (n int) {
	for _, s := range f.world.Servers() {
		if s.Power == fleet.PowerOn {
			n++
		}
	}
	return n
}

// simulatedExporters serves node exporters that show the simulated load of the
// servers. It returns their addresses, and instances that name the servers as
// IONOS does.
func (f *fakeFleet) simulatedExporters(t *testing.T) (addrs []string, names map[string]string) {
	t.Helper()
	_, port, _ := strings.Cut(freeAddr(t), ":")
	names = map[string]string{}
	for i, host := range f.hosts {
		addr := host + ":" + port
		f.serve(t, addr, exportertest.Node(exportertest.Config{World: f.world}))
		addrs, names[addr] = append(addrs, addr), f.server(t, i+1).Name+":9100"
	}
	return addrs, names
}

// crowd has so many people meet on server i that its two cores are full.
func (f *fakeFleet) crowd(t *testing.T, i int, id string) {
	t.Helper()
	spec := sim.MeetingSpec{ID: id, Duration: time.Hour, Participants: 130, Webcams: 20, Fill: time.Second}
	if _, err := f.world.HostMeeting(f.hosts[i-1], spec); err != nil {
		t.Fatal(err)
	}
}
