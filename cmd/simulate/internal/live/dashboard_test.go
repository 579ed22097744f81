package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
)

// dashboardQueries returns the expressions of the dashboard, by what they are for, with
// values for its variables that suit a demo at 120 times the speed.
func dashboardQueries(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../../../deploy/grafana/bbb-scaler.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
		Annotations struct{ List []struct{ Name, Expr string } }
		Templating  struct {
			List []struct{ Name, Type, Query string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all["panel "+p.Title+" "+target.RefID] = target.Expr
		}
	}
	for _, a := range d.Annotations.List {
		all["annotation "+a.Name] = a.Expr
	}
	for _, v := range d.Templating.List {
		if m := regexp.MustCompile(`^label_values\((.*), \w+\)$`).FindStringSubmatch(v.Query); v.Type == "query" && m != nil {
			all["variable "+v.Name] = m[1]
		}
	}
	values := strings.NewReplacer("$fleet", "bbb", "$server", ".*", "$__rate_interval", "30s", "$__range:5m", "30s:1s", "[1m]", "[30s]",
		"$core_hour", "0.02", "$gib_hour", "0.005")
	for name, expr := range all {
		all[name] = strings.TrimSuffix(values.Replace(expr), " > 0") // a series of zeros is enough
	}
	return all
}

// neverInADemo are the queries for which the demo's day has no series.
var neverInADemo = map[string]bool{
	"panel Active servers, floor and ceiling D": true, // there is no ceiling
	"annotation Steps that failed":              true, // none fails
	"panel Longest draining A":                  true, // servers may be empty when they are cordoned
	"annotation Alerts for people":              true, // nothing is wrong for as long as these alerts wait
}

func TestEveryQueryOfTheDashboardHasSeriesInTheDemo(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	address := make(chan string, 1)
	out := &until{stop: func() {}, wants: []string{"/api/v1/query"}}
	out.stop = func() {
		select {
		case address <- regexp.MustCompile(`http://\S+/api/v1/query`).FindString(out.text.String()):
		default:
		}
	}
	ended := make(chan error, 1)
	go func() {
		_, err := Run(ctx, Config{World: light(t), File: small(), Servers: 6, Speed: 120, Targets: TargetsAddress, Daemon: daemon.Run, Out: out, Log: slog.New(slog.DiscardHandler)})
		ended <- err
	}()
	prometheus, err := api.NewClient(api.Config{Address: strings.TrimSuffix(<-address, "/api/v1/query")})
	if err != nil {
		t.Fatal(err)
	}
	missing := dashboardQueries(t)
	if len(missing) < 40 {
		t.Fatalf("the dashboard has only %d queries", len(missing))
	}
	for wanted(missing) > 0 && wait(ctx, time.Second) {
		for name, expr := range missing {
			v, _, err := promv1.NewAPI(prometheus).Query(ctx, "last_over_time(("+expr+")[10m:1s])", time.Now()) // also what was there for a moment
			if series, ok := v.(model.Vector); err == nil && ok && len(series) > 0 {
				delete(missing, name)
			} else if err != nil && ctx.Err() == nil && !strings.Contains(err.Error(), "refused") {
				t.Fatalf("%s: %s: %v", name, expr, err)
			}
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for name, expr := range missing {
		if !neverInADemo[name] {
			t.Errorf("%s has no series: %s", name, expr)
		}
	}
}

// wanted counts the queries that should have series.
func wanted(missing map[string]string) (n int) {
	for name := range missing {
		if !neverInADemo[name] {
			n++
		}
	}
	return n
}
