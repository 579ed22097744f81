package live

import (
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestTheDaemonAgreesWithAPairOfAlertmanagersOnceCutLinksAreMended(t *testing.T) {
	t.Parallel()
	s, err := Run(t.Context(), Config{
		World: light(t), Servers: 6, Speed: 120, CutLinks: 3, For: 20 * time.Second, Daemon: daemon.Run, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	l := s.Links
	if l == nil || l.Cuts == 0 || l.Checks == 0 || l.Agreed != l.Checks || l.Difference != "" {
		t.Errorf("links = %+v; want cuts, and that every check agreed", l)
	}
	if s.Meetings == 0 || s.MeetingsEndedEarly != 0 {
		t.Errorf("summary = %+v; want meetings, none ended early", s)
	}
	if text := s.String(); !strings.Contains(text, "at the end they do.") {
		t.Errorf("the summary does not tell that they agree:\n%s", text)
	}
}

// answer serves one body on every path.
func answer(t *testing.T, body any) (at string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// listing is an answer of Alertmanager with one alert.
func listing(name, state string) []any {
	now := time.Now().Format(time.RFC3339)
	return []any{map[string]any{"labels": map[string]string{}, "receiver": map[string]string{"name": "r"}, "alerts": []any{map[string]any{
		"labels": map[string]string{"alertname": name, "instance": "a:9100"}, "annotations": map[string]string{}, "fingerprint": "f1",
		"startsAt": now, "updatedAt": now, "endsAt": now, "receivers": []any{map[string]string{"name": "r"}},
		"status": map[string]any{"state": state, "silencedBy": []string{}, "inhibitedBy": []string{}, "mutedBy": []string{}},
	}}}}
}

func TestOnlyAlertsThatAskAndAreNotSuppressedAreCompared(t *testing.T) {
	own := []any{map[string]any{"fingerprint": "f1", "name": rules.ServerCPUHigh, "labels": map[string]string{"alertname": rules.ServerCPUHigh, "instance": "a:9100"}}}
	for _, tt := range []struct {
		name          string
		known, listed []any
		want          string
	}{
		{"the same", own, listing(rules.ServerCPUHigh, "active"), ""},
		{"not known", []any{}, listing(rules.ServerCPUHigh, "active"), "only Alertmanager has BBBServerCPUHigh a:9100 (f1)"},
		{"over", own, []any{}, "only the daemon has BBBServerCPUHigh a:9100 (f1)"},
		{"silenced", own, listing(rules.ServerCPUHigh, "suppressed"), "only the daemon has BBBServerCPUHigh a:9100 (f1)"},
		{"silenced, and not known", []any{}, listing(rules.ServerCPUHigh, "suppressed"), ""},
		{"for people", []any{}, listing(rules.ScalerDeaf, "active"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &demo{speed: 60, file: fileOf(Config{}), daemonAt: []string{answer(t, tt.known)}, alertmanagerAt: []string{answer(t, tt.listed)}}
			j, err := d.newJudge()
			if err != nil {
				t.Fatal(err)
			}
			defer j.daemon.Close()
			if got := j.difference(t.Context()); got != tt.want {
				t.Errorf("difference = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOutagesAreOfSecondsToMinutesAndTheSameForTheSameSeed(t *testing.T) {
	one, again, hang := rand.New(rand.NewPCG(1, 0)), rand.New(rand.NewPCG(1, 0)), 0
	short, long := time.Hour, time.Duration(0)
	for range 1000 {
		o := nextOutage(one)
		if same := nextOutage(again); same != o {
			t.Fatalf("the same seed gave %+v, then %+v", o, same)
		}
		short, long = min(short, o.length), max(long, o.length)
		if o.hangs {
			hang++
		}
	}
	if short < leastDown || short > 2*leastDown || long > mostDown || long < mostDown/2 || hang < 400 || hang > 600 {
		t.Errorf("outages of %s to %s, %d of 1000 by lost packets; want %s to %s, and about half", short, long, hang, leastDown, mostDown)
	}
}
