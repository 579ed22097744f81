package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// severalCases is a command with two worlds, timetables and numbers of servers, more.
func severalCases(more ...string) []string {
	return append([]string{
		"--world", "typical,light", "--timetable", "school,flat", "--servers", "3,6", "--days", "1", "--strategy", "static,bound",
	}, more...)
}

func TestEveryCombinationOfWorldsTimetablesAndServersIsACase(t *testing.T) {
	out, err := simulate(t, severalCases("--output", "json", "--seed", "1..2")...)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Reports []struct {
			World, Timetable string
			Servers          int
			Seeds            []int
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range got.Reports {
		names = append(names, fmt.Sprintf("%s %s %d %v", r.World, r.Timetable, r.Servers, r.Seeds))
	}
	want := []string{
		"typical school 3 [1 2]", "typical school 6 [1 2]", "typical flat 3 [1 2]", "typical flat 6 [1 2]",
		"light school 3 [1 2]", "light school 6 [1 2]", "light flat 3 [1 2]", "light flat 6 [1 2]",
	}
	if !slices.Equal(names, want) {
		t.Errorf("cases are\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
}

func TestSeveralCasesAreOneTableWithTheFiguresOfEachCaseAlone(t *testing.T) {
	table, err := simulate(t, severalCases()...)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := simulate(t, "--world", "light", "--timetable", "flat", "--servers", "6", "--days", "1", "--strategy", "static", "--output", "json")
	if err != nil {
		t.Fatal(err)
	}
	var of struct {
		Strategies map[string]struct {
			CostOverBound float64 `json:"cost_over_bound"`
		}
	}
	if err := json.Unmarshal([]byte(alone), &of); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(table), "\n")
	last := strings.Fields(lines[len(lines)-1])
	want := []string{"light", "flat", "6", "static", fmt.Sprintf("%.2f", of.Strategies["static"].CostOverBound)}
	if rows := len(lines) - 3; rows != 8 || !slices.Equal(last[:5], want) {
		t.Errorf("%d rows, the last is %v; want 8, and the last with %v:\n%s", rows, last, want, table)
	}
}
