package daemon

import (
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// full is a scaler whose fleet has a value for every metric.
type full struct{ *actions.Scaler }

func (f full) Status() fleet.Status {
	st := f.Scaler.Status()
	now := time.Unix(1.8e9, 0)
	st.At, st.Ceiling = now, 2
	st.Servers = []fleet.ServerStatus{{ID: "id", Name: "bbb-1", Host: "10.0.0.1", Aliases: []string{"bbb-1"}, LoadKnown: true, State: fleet.StateDraining, Since: now}}
	expected := &fleet.Forecast{Error: &fleet.ForecastError{}}
	st.Forecasts = []fleet.PoolForecast{{Cores: expected, RAM: expected}}
	st.Sources = []fleet.SourceStatus{{Name: "balancer", ReadAt: now}, {Name: "alertmanager", ReadAt: now}}
	return st
}

// registered returns the names of the metrics of a whole daemon with all its
// connections, and the names of their labels.
func registered(t *testing.T) map[string][]string {
	t.Helper()
	f := config.Defaults()
	f.IONOS.Token, f.Actions.Fleet.Datacenters = "token", []string{"dc"}
	f.Scalelite.URL, f.Scalelite.Secret = "https://scalelite.example.org", "secret"
	f.Alertmanager.URLs = []string{"http://alertmanager.example.org"}
	metrics, log := newRegistry(), slog.New(slog.DiscardHandler)
	links, err := connect(f, metrics, log)
	if err != nil {
		t.Fatal(err)
	}
	scaler, err := actions.New(f.Actions, links.deps(store.NewMemory(), log, metrics))
	if err != nil {
		t.Fatal(err)
	}
	newReloader(&options{web: &web.FlagConfig{}}, f, links, scaler, metrics, log)
	receiver.New(f.Web, receiver.Deps{Scaler: full{scaler}, Metrics: metrics, Log: log})

	found := map[string][]string{}
	descs := make(chan *prometheus.Desc, 1000)
	metrics.Describe(descs)
	collected := make(chan prometheus.Metric, 1000) // also those of the fleet, which are not described
	receiver.NewFleetCollector(full{scaler}, time.Now).Collect(collected)
	close(collected)
	for m := range collected {
		descs <- m.Desc()
	}
	close(descs)
	desc := regexp.MustCompile(`fqName: "(bbb_scaler_\w+)".*constLabels: \{([^}]*)\}, variableLabels: \{([^}]*)\}`)
	for d := range descs {
		if m := desc.FindStringSubmatch(d.String()); m != nil {
			labels := regexp.MustCompile(`="[^"]*"`).ReplaceAllString(m[2]+","+m[3], "")
			found[m[1]] = slices.Sorted(strings.FieldsFuncSeq(labels, func(r rune) bool { return r == ',' }))
		}
	}
	return found
}

func TestTheGuideToTheMetricsListsEveryMetricWithItsLabels(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/guides/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(bbb_scaler_\\w+)` \\| (?:gauge|counter|histogram) \\|(.*?)\\| \\S").FindAllStringSubmatch(string(text), -1) {
		var labels []string
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1) {
			labels = append(labels, m[1])
		}
		slices.Sort(labels)
		listed[row[1]] = labels
	}
	have := registered(t)
	for name, labels := range have {
		if got, ok := listed[name]; !ok || !slices.Equal(got, labels) {
			t.Errorf("metrics.md lists %s: %t, with the labels %q; the daemon has %q", name, ok, got, labels)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if _, ok := have[name]; !ok {
			t.Errorf("metrics.md lists %s, which the daemon does not have", name)
		}
	}
	for _, kind := range slices.Concat(fleet.BrakeKinds(), fleet.LimitKinds(), fleet.BlockedKinds()) {
		if !strings.Contains(string(text), "`"+string(kind)+"`") {
			t.Errorf("metrics.md does not list the reason or limit %s", kind)
		}
	}
	if len(have) < 25 || have[rules.MetricServerState] == nil {
		t.Errorf("found only the metrics %q", slices.Sorted(maps.Keys(have)))
	}
}
