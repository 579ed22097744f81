package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheGuideListsEveryTimetable(t *testing.T) {
	guide, err := os.ReadFile("../../deploy/guides/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range timetableNames() {
		if !strings.Contains(string(guide), "\n| `"+name+"` |") {
			t.Errorf("the guide does not list the timetable %s", name)
		}
	}
}
