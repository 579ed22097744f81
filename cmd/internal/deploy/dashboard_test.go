package deploy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

type dashboard struct {
	Panels []struct {
		ID          int
		Title       string
		Description string
		Targets     []struct{ Expr string }
		GridPos     struct{ X, Y, W, H int }
	}
	Annotations struct {
		List []struct{ Name, Expr string }
	}
	Templating struct {
		List []struct{ Name string }
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "deploy/grafana/bbb-scaler.json")), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Panels) == 0 {
		t.Fatal("the dashboard has no panels")
	}
	return d
}

func TestTheDashboardAsksForMetricsThatTheDaemonHas(t *testing.T) {
	declared := matches(read(t, "rules/metrics.go"), `"(bbb_scaler_\w+)"`)
	for name := range matches(read(t, "deploy/grafana/bbb-scaler.json"), `(bbb_scaler_\w+)`) {
		if !declared[name] {
			t.Errorf("the dashboard reads %s, which rules/metrics.go does not declare", name)
		}
	}
}

func TestTheDashboardsExpressionsParse(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	values := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1d", "$core_hour", "0.02", "$gib_hour", "0.005")
	parse := func(where, expr string) {
		if _, err := p.ParseExpr(values.Replace(expr)); err != nil {
			t.Errorf("%s: %s: %v", where, expr, err)
		}
	}
	d := readDashboard(t)
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			parse("panel "+panel.Title, target.Expr)
		}
	}
	for _, a := range d.Annotations.List {
		parse("annotation "+a.Name, a.Expr)
	}
	if len(d.Annotations.List) == 0 {
		t.Error("the dashboard has no annotations")
	}
}

func TestTheDashboardsPanelsAreDescribedAndDoNotOverlap(t *testing.T) {
	taken := map[[2]int]string{}
	for _, panel := range readDashboard(t).Panels {
		if panel.Description == "" || len(panel.Targets) == 0 {
			t.Errorf("panel %q has no description or asks for nothing", panel.Title)
		}
		for x := range panel.GridPos.W {
			for y := range panel.GridPos.H {
				cell := [2]int{panel.GridPos.X + x, panel.GridPos.Y + y}
				if other := taken[cell]; other != "" || cell[0] >= 24 {
					t.Fatalf("panel %q lies over %q or over the edge", panel.Title, other)
				}
				taken[cell] = panel.Title
			}
		}
	}
}

func TestTheDashboardsVariablesAreDeclared(t *testing.T) {
	d := readDashboard(t)
	declared := map[string]bool{"__rate_interval": true, "__range": true, "__all": true} // Grafana's own
	for _, v := range d.Templating.List {
		declared[v.Name] = true
	}
	for name := range matches(read(t, "deploy/grafana/bbb-scaler.json"), `\$\{?(\w+)`) {
		if !declared[name] {
			t.Errorf("the dashboard uses the variable $%s, which it does not declare", name)
		}
	}
}
