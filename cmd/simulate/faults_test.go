package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestEveryKindOfFaultCanBeAskedFor(t *testing.T) {
	kinds := sim.FaultKinds()
	names := strings.Split(faultNames(), ", ")
	if len(names) != len(kinds) {
		t.Fatalf("%d names for %d kinds", len(names), len(kinds))
	}
	for i, name := range names {
		on := "bbb-server1"
		if slices.Contains(balancerFaults, kinds[i]) {
			on = ""
		}
		got, err := parseFaults([]string{strings.TrimSuffix(name+"@"+on, "@")}, 4)
		if err != nil || got[0].Kind != kinds[i] || got[0].On != on {
			t.Errorf("parseFaults(%q) = %+v, %v, want kind %q on %q", name, got, err, kinds[i], on)
		}
	}
}

func TestFaultsAreParsedWithTheirNumbers(t *testing.T) {
	for text, want := range map[string]sim.Fault{
		"bbb-hangs@bbb-server3": {Kind: sim.BBBHangs, On: "bbb-server3"},
		"balancer-down":         {Kind: sim.BalancerDown},
		"cloud-answers=429":     {Kind: sim.CloudAnswers, Status: 429},
		"list-shrinks=0.25@dc":  {Kind: sim.ListShrinks, Share: 0.25, On: "dc"},
	} {
		if got, err := parseFault(text); err != nil || got != want {
			t.Errorf("parseFault(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestFaultsThatAreNotValidAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"bbb-sleeps":        `--fault: "bbb-sleeps": must be or begin with one of start-hangs, `,
		"bbb hangs":         "must be or begin with one of",
		"cloud-answers":     "hold a status code",
		"cloud-answers=200": "from 400 to 599",
		"list-shrinks=2":    "up to 1",
		"list-shrinks=NaN":  "up to 1",
		"bbb-hangs=1":       "bbb-hangs takes none",
	} {
		if _, err := parseFaults([]string{text}, 4); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseFaults(%q) = %v, want an error with %q", text, err, want)
		}
	}
}
