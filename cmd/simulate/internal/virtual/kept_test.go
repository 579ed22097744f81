package virtual

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestTheResultsOfTheGeneratedRulesAreKept fails when a rule uses a function that reads
// does not know. The results are then still right, but a week takes twice as long. Alerts
// about the scaler are not evaluated in a week.
func TestTheResultsOfTheGeneratedRulesAreKept(t *testing.T) {
	text, err := os.ReadFile("../../../../deploy/rules/bbb-rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRules(string(text), Options{Interval: 30 * time.Second, Alerts: func(name string) bool { return !strings.HasPrefix(name, "BBBScaler") }})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range r.rules {
		if !rule.steady && rule.Name() != "fleet:bbb_scaler_fleet_read_age_seconds:min" { // an age, which is always another one
			t.Errorf("the result of %s is computed at each evaluation; teach reads.go what %s reads", rule.Name(), rule.text)
		}
	}
}
