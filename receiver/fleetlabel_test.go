package receiver

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestEveryMetricHasTheNameOfItsFleet(t *testing.T) {
	name := "north"
	d := deps(&memory{status: fleet.Status{At: noon, Servers: []fleet.ServerStatus{{ID: "1", Name: "bbb-1", Host: "10.0.0.1", State: fleet.StateActive}}}})
	d.Discovery = func() rules.Discovery { return rules.Discovery{Fleet: name} }
	h := New(Defaults(), d)
	ask(h, "POST", "/webhook", "{}") // so that counters have values
	for _, present := range []string{"north", "south", "north"} {
		name = present // by a reload
		code, body := ask(h, "GET", "/metrics", "")
		samples := 0
		for line := range strings.Lines(body) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			samples++
			if strings.Count(line, "fleet=") != 1 || !strings.Contains(line, `fleet="`+present+`"`) {
				t.Errorf("fleet %s: %q", present, line)
			}
		}
		if code != http.StatusOK || samples < 30 {
			t.Errorf("GET /metrics = %d with %d samples, want 200 and at least 30", code, samples)
		}
	}
}
