package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// evil clears the screen, forges a line of output, and reverses what follows.
const evil = "e\x1b[2J\nFORGED\t\u009b1m\u202e"

// evilDaemon is a daemon whose texts from other systems are all evil.
func evilDaemon(t *testing.T) (url string) {
	t.Helper()
	later := time.Now().Add(time.Hour)
	step := fleet.Step{Kind: evil, Server: evil, Reason: evil, Alerts: []string{evil}}
	pause := fleet.Pause{ID: evil, Reason: evil, By: evil, Until: later}
	hold := []fleet.Hold{{Text: evil}}
	byPattern := pause
	byPattern.Server = evil
	answers := map[string]any{
		"GET " + api.PathFleet: fleet.Status{
			Ready: true,
			Fleet: evil, Brakes: hold, Limits: hold, Blocked: hold, Unjoined: hold,
			Pauses: []fleet.Pause{pause, byPattern}, Sources: []fleet.SourceStatus{{Name: evil, Error: evil}},
			Servers: []fleet.ServerStatus{{
				ID: "1", Name: evil, Datacenter: evil, Addr: evil, State: evil, Power: evil, Balancer: evil, Reason: evil,
				Alerts: []string{evil}, InFlight: &step, Cooldowns: map[string]time.Time{evil: later},
			}},
		},
		"GET " + api.PathAlerts: []fleet.Alert{{
			Name:        evil,
			Labels:      map[string]string{rules.LabelServerID: "1", rules.LabelInstance: evil},
			Annotations: map[string]string{rules.AnnotationValue: evil, rules.AnnotationThreshold: evil},
		}},
		"GET " + api.PathJournal: []fleet.Entry{{Step: step, Outcome: evil, Detail: evil}},
		"POST " + api.PathPauses: byPattern,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer, ok := answers[r.Method+" "+r.URL.Path]; ok {
			_ = json.NewEncoder(w).Encode(answer)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// checkPrintable fails for output that a terminal would interpret, and for
// output in which evil was left out instead of quoted.
func checkPrintable(t *testing.T, output string) {
	t.Helper()
	for line := range strings.SplitSeq(output, "\n") {
		if terminal.Quote(line) != line {
			t.Errorf("printed as it is: %q", line)
		}
		if strings.HasPrefix(line, "FORGED") {
			t.Errorf("a forged line: %q", line)
		}
	}
	if !strings.Contains(output, `\x1b[2J`) && !strings.Contains(output, `\u001b[2J`) {
		t.Errorf("the text is missing:\n%s", output)
	}
}

func TestTerminalEscapesInAnAnnotationArePrintedQuoted(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), []string{"explain", "1", "--url=" + evilDaemon(t)}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	if want := `"value e\x1b[2J\nFORGED\t\u009b1m\u202e, threshold e\x1b[2J`; !strings.Contains(out.String(), want) {
		t.Errorf("explain printed\n%s\nwant %s", out.String(), want)
	}
	checkPrintable(t, out.String())
}

func TestTerminalEscapesInWhatTheDaemonAnswersArePrintedQuoted(t *testing.T) {
	url := "--url=" + evilDaemon(t)
	for _, args := range [][]string{
		{"status", url}, {"status", "--output=json", url}, {"explain", "1", url}, {"explain", "--output=json", "1", url},
		{"journal", url}, {"journal", "--output=json", url}, {"pause", "--reason=x", "--for=1h", url},
		{"resume", evil, url}, {"release", evil, url},
	} {
		t.Run(strings.Join(args[:len(args)-1], " "), func(t *testing.T) {
			var out bytes.Buffer
			if err := Run(t.Context(), args, nil, &out, &out); err != nil {
				t.Fatal(err)
			}
			checkPrintable(t, out.String())
		})
	}
}

func TestTerminalEscapesInWhatACheckFindsArePrintedQuoted(t *testing.T) {
	for name, find := range map[string]func(*preflight){
		"ok":             func(c *preflight) { c.ok("bbb", "%s: %d meetings", evil, 3) },
		"a note":         func(c *preflight) { c.note("ionos", "%s", someNames([]fleet.CloudServer{{Name: evil}})) },
		"an error":       func(c *preflight) { c.wrong("scalelite", errors.New(evil), "check scalelite.url") },
		"a server":       func(c *preflight) { c.joined() },
		"how to fix it":  func(c *preflight) { c.wrong("ionos", errors.New("x"), evil) },
		"a joined error": func(c *preflight) { c.wrong("fleet", errors.Join(errors.New("x"), errors.New(evil)), "") },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c := &preflight{printer: printer{out: &out}}
			c.status = fleet.Status{
				Unjoined: []fleet.Hold{{Text: evil}},
				Servers:  []fleet.ServerStatus{{Name: evil, Reason: evil, State: fleet.StateUnjoined}},
			}
			find(c)
			checkPrintable(t, out.String())
		})
	}
}
