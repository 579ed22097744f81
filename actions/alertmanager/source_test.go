package alertmanager

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

// peers answers with a function for each host, and keeps the requests.
type peers struct {
	answers map[string]func(*http.Request) (*http.Response, error)
	mu      sync.Mutex
	sent    []*http.Request
}

func (p *peers) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.sent = append(p.sent, req)
	p.mu.Unlock()
	return p.answers[req.URL.Hostname()](req)
}

func answers(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
	}
}

func hangs(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func source(t *testing.T, p *peers, o outbound.Options, set ...func(*Config)) *Source {
	t.Helper()
	c := valid()
	for _, f := range set {
		f(&c)
	}
	o.Transport = p
	s, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pair(first, second func(*http.Request) (*http.Response, error)) *peers {
	return &peers{answers: map[string]func(*http.Request) (*http.Response, error){"am-1": first, "am-2": second}}
}

// group returns an answer with one group of alerts.
func group(alerts ...string) string {
	return `[{"labels":{},"receiver":{"name":"bbb-scaler"},"alerts":[` + strings.Join(alerts, ",") + `]}]`
}

// inJSON returns an alert in the format of Alertmanager 0.31.
func inJSON(fingerprint, state, value, updated string) string {
	return fmt.Sprintf(`{"annotations":{"value":%q},"endsAt":"2026-03-02T08:10:00.000Z","fingerprint":%q,"receivers":[{"name":"bbb-scaler"}],
"startsAt":"2026-03-02T07:55:30.123Z","status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":%q},"updatedAt":%q,
"generatorURL":"http://prometheus/graph","labels":{"alertname":"BBBServerCPUHigh","instance":"192.0.2.1:9100"}}`, value, fingerprint, state, updated)
}

const early, late = "2026-03-02T08:00:00.000Z", "2026-03-02T08:01:00.000Z"

func TestTheUnionOfAllPeersIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pair(
			answers(200, group(inJSON("both", "active", "0.5", early), inJSON("first", "active", "0.4", early), inJSON("silenced", "suppressed", "0.1", early))),
			answers(200, group(inJSON("both", "active", "0.6", late), inJSON("second", "suppressed", "0.3", early), inJSON("silenced", "active", "0.2", late), inJSON("", "active", "1", late))))
		got, err := source(t, p, outbound.Options{}).Alerts(t.Context())
		want := func(fingerprint, value string, suppressed bool) fleet.Alert {
			return fleet.Alert{Fingerprint: fingerprint, Name: "BBBServerCPUHigh", Suppressed: suppressed,
				Labels:      map[string]string{"alertname": "BBBServerCPUHigh", "instance": "192.0.2.1:9100"},
				Annotations: map[string]string{"value": value}, StartsAt: time.Date(2026, 3, 2, 7, 55, 30, 123e6, time.UTC)}
		}
		if wanted := []fleet.Alert{want("both", "0.6", false), want("first", "0.4", false), want("second", "0.3", true), want("silenced", "0.2", true)}; err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("Alerts() = %+v, %v, want %+v", got, err, wanted)
		}
	})
}

// held returns an alert with what suppresses it.
func held(fingerprint, silencedBy, inhibitedBy, mutedBy string) string {
	return fmt.Sprintf(`{"fingerprint":%q,"status":{"state":"active","silencedBy":[%s],"inhibitedBy":[%s],"mutedBy":[%s]}}`,
		fingerprint, silencedBy, inhibitedBy, mutedBy)
}

func TestWhatKeepsAnAlertBackSuppressesIt(t *testing.T) {
	active := held("a", "", "", "")
	for _, tt := range []struct {
		name          string
		first, second string
		want          bool
	}{
		{"nothing", group(active), group(active), false},
		{"a silence", group(held("a", `"s1"`, "", "")), group(active), true},
		{"a silence that only the second knows yet", group(active), group(held("a", `"s1"`, "", "")), true},
		{"an inhibition", group(held("a", "", `"f00"`, "")), `[]`, true},
		{"a time interval", group(held("a", "", "", `"night"`)), group(held("a", "", "", `"night"`)), true},
		{"a time interval on the way to one of two receivers", `[` + trim(group(held("a", "", "", `"night"`))) + `,` + trim(group(active)) + `]`, `[]`, false},
		{"a silence on the way to one of two receivers", `[` + trim(group(held("a", `"s1"`, "", ""))) + `,` + trim(group(active)) + `]`, `[]`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := source(t, pair(answers(200, tt.first), answers(200, tt.second)), outbound.Options{}).Alerts(t.Context())
			if err != nil || len(got) != 1 || got[0].Suppressed != tt.want {
				t.Errorf("Alerts() = %+v, %v, want one with Suppressed %v", got, err, tt.want)
			}
		})
	}
}

// trim removes the brackets of a list.
func trim(list string) string { return strings.TrimSuffix(strings.TrimPrefix(list, "["), "]") }

func TestAnOldAlertmanagerThatDoesNotTellWhatIsMutedIsNamedOnce(t *testing.T) {
	var logged bytes.Buffer
	old := group(`{"fingerprint":"a","status":{"state":"active","silencedBy":[],"inhibitedBy":[]}}`)
	s := source(t, pair(answers(200, old), answers(200, group(held("a", "", "", "")))), outbound.Options{Log: slog.New(slog.NewTextHandler(&logged, nil))})
	for range 3 {
		if got, err := s.Alerts(t.Context()); err != nil || len(got) != 1 || got[0].Suppressed {
			t.Errorf("Alerts() = %+v, %v, want the alert, which counts", got, err)
		}
	}
	if got := s.Blind(); !reflect.DeepEqual(got, []string{"http://am-1:9093"}) || strings.Count(logged.String(), "before 0.28") != 1 {
		t.Errorf("Blind() = %q, logged %s; want the old peer, in one line", got, logged.String())
	}
}

func TestThePathTheFilterAndTheLoginAreSent(t *testing.T) {
	tests := []struct {
		name        string
		set         func(*Config)
		query, auth string
	}{
		{"nothing", func(*Config) {}, "", ""},
		{"a filter, a receiver and a password", func(c *Config) {
			c.Filter, c.Receiver, c.Username, c.Password = []string{`fleet="bbb"`}, "bbb.*", "u", "p"
		}, "filter=fleet%3D%22bbb%22&receiver=bbb.%2A", "Basic dTpw"},
		{"a token and a tenant", func(c *Config) {
			c.BearerToken, c.Headers = "tok", map[string]string{"X-Scope-OrgID": "school"}
		}, "", "Bearer tok"},
	}
	for _, tt := range tests {
		p := pair(answers(200, `[]`), answers(200, `[]`))
		if _, err := source(t, p, outbound.Options{}, tt.set).Alerts(t.Context()); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		paths := map[string]string{"am-1:9093": "/api/v2/alerts/groups", "am-2:9093": "/alertmanager/api/v2/alerts/groups"}
		for _, req := range p.sent {
			if got := req.Header.Get("X-Scope-OrgID"); (got == "school") != strings.Contains(tt.name, "tenant") {
				t.Errorf("%s: sent the tenant %q", tt.name, got)
			}
			if req.URL.Path != paths[req.URL.Host] || req.URL.RawQuery != tt.query || req.Header.Get("Authorization") != tt.auth || req.Method != "GET" {
				t.Errorf("%s: sent %s %s %v", tt.name, req.Method, req.URL, req.Header)
			}
		}
		if len(p.sent) != 2 {
			t.Errorf("%s: %d calls, want one to each peer", tt.name, len(p.sent))
		}
	}
}

func TestOneAnsweringPeerIsEnoughAndTheOtherIsReportedOnce(t *testing.T) {
	for name, broken := range map[string]func(*http.Request) (*http.Response, error){
		"an error":        answers(503, ``),
		"a page":          func(*http.Request) (*http.Response, error) { return answers(200, `<html>`)(nil) },
		"a null":          answers(200, `null`),
		"a cut list":      answers(200, `[{"alerts":[{"fingerprint":"x"`),
		"a broken pipe":   func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"a peer hanging":  hangs,
		"a strange alert": answers(200, `[{"alerts":[{"startsAt":"yesterday"}]}]`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				p := pair(answers(200, group(inJSON("a", "active", "1", early))), broken)
				s := source(t, p, outbound.Options{Log: slog.New(slog.NewTextHandler(&logged, nil))})
				start := time.Now()
				for range 2 {
					if got, err := s.Alerts(t.Context()); err != nil || len(got) != 1 || got[0].Fingerprint != "a" {
						t.Errorf("Alerts() = %v, %v, want the alert of the peer that answers", got, err)
					}
				}
				p.answers["am-2"] = p.answers["am-1"]
				s.Alerts(t.Context())
				if warned, again := strings.Count(logged.String(), "level=WARN"), strings.Count(logged.String(), "answers again"); warned != 1 || again != 1 {
					t.Errorf("logged %d warnings and %d recoveries, want one of each: %s", warned, again, logged.String())
				}
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("two reads took %v, want at most the timeout of 10s each", took)
				}
			})
		})
	}
}

func TestWithoutAnyAnswerThereIsAnErrorThatNamesEveryPeerAndNoList(t *testing.T) {
	got, err := source(t, pair(answers(401, ``), answers(404, `<html>`)), outbound.Options{}).Alerts(t.Context())
	if err == nil || got != nil {
		t.Fatalf("Alerts() = %v, %v, want no list and an error", got, err)
	}
	for _, want := range []string{
		"asking Alertmanager at http://am-1:9093 for its alerts: 401 Unauthorized; check alertmanager.username",
		"asking Alertmanager at http://am-2:9093/alertmanager for its alerts: 404 Not Found; check alertmanager.urls",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
	for _, kind := range outbound.Sentinels() {
		if errors.Is(err, kind) {
			t.Errorf("error %q matches %q, which is about the cloud", err, kind)
		}
	}
}

func TestACallerThatGivesUpGetsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := source(t, pair(hangs, hangs), outbound.Options{}).Alerts(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Alerts() = %v, %v, want canceled", got, err)
	}
}

func TestAnyFieldMayBeMissing(t *testing.T) {
	body := `[null,{},{"alerts":[null,{},{"fingerprint":"a"},{"fingerprint":"b","status":{},"labels":null,"startsAt":null}]}]`
	got, err := source(t, pair(answers(200, body), answers(200, `[]`)), outbound.Options{}).Alerts(t.Context())
	if err != nil || len(got) != 2 || got[0].Suppressed || got[1].Name != "" {
		t.Errorf("Alerts() = %+v, %v, want the two that have a fingerprint", got, err)
	}
}

func TestCallsAreCountedByOutcome(t *testing.T) {
	reg := prometheus.NewRegistry()
	for range 2 { // as after a reload: a second source continues the counters
		source(t, pair(answers(200, `[]`), answers(500, ``)), outbound.Options{Registerer: reg}).Alerts(t.Context())
	}
	err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP bbb_scaler_alertmanager_requests_total Calls to the alertmanager by API method and outcome, repetitions included.
# TYPE bbb_scaler_alertmanager_requests_total counter
bbb_scaler_alertmanager_requests_total{method="getAlertGroups",outcome="ok"} 2
bbb_scaler_alertmanager_requests_total{method="getAlertGroups",outcome="refused"} 2
`), "bbb_scaler_alertmanager_requests_total")
	if err != nil {
		t.Error(err)
	}
}

func TestNothingPrintedLoggedOrEncodedShowsASecret(t *testing.T) {
	secrets := []string{"pw-5923", "tok-8472", "dTpwdy01OTIz"}
	for _, set := range []func(*Config){
		func(c *Config) { c.Username, c.Password = "u", "pw-5923" },
		func(c *Config) { c.BearerToken = "tok-8472" },
	} {
		c := valid()
		set(&c)
		var logged bytes.Buffer
		s := source(t, pair(answers(200, `<html>`), answers(302, ``)), outbound.Options{Log: slog.New(slog.NewTextHandler(&logged, nil))}, set)
		_, err := s.Alerts(t.Context())
		outboundtest.CheckSecrets(t, secrets, c, &c, s, err, s.peers[0].api, login(c))
		for _, secret := range secrets {
			if strings.Contains(logged.String(), secret) || logged.Len() == 0 {
				t.Errorf("the log shows %q, or is empty: %s", secret, logged.String())
			}
		}
	}
}

func TestTheEnvironmentDoesNotMakeItPrintBodies(t *testing.T) {
	t.Setenv("DEBUG", "1")
	t.Setenv("SWAGGER_DEBUG", "1")
	printed, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = printed, printed
	_, err = source(t, pair(answers(200, `[]`), answers(200, `[]`)), outbound.Options{}).Alerts(t.Context())
	os.Stdout, os.Stderr = stdout, stderr
	text, readErr := os.ReadFile(printed.Name())
	if err != nil || readErr != nil || len(text) != 0 {
		t.Errorf("printed %q (%v, %v), want nothing", text, err, readErr)
	}
}

// FuzzAnswers checks that no answer makes a read panic.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(group(inJSON("a", "active", "1", early))))
	f.Add(200, []byte(`[null,{"alerts":[null,{"status":null,"receivers":[null]}]}]`))
	f.Add(400, []byte(`"bad matcher format"`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		p := pair(answers(status, string(body)), answers(status, string(body)))
		_, err := source(t, p, outbound.Options{}).Alerts(t.Context())
		if err != nil && (len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\r\x00")) {
			t.Errorf("error is too long: %q", err)
		}
	})
}

func BenchmarkAlerts1000FromTwoPeers(b *testing.B) {
	items := make([]string, 1000)
	for i := range items {
		items[i] = inJSON(fmt.Sprintf("%016x", i), "active", "0.5", early)
	}
	body := group(items...)
	s, err := New(valid(), outbound.Options{Transport: pair(answers(200, body), answers(200, body))})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if alerts, err := s.Alerts(b.Context()); err != nil || len(alerts) != 1000 {
			b.Fatalf("%d alerts, %v", len(alerts), err)
		}
	}
}
