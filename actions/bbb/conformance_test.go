package bbb_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb"
	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// newFleet returns a simulated fleet whose servers answer on one listener, distinguished
// by host, and a client that connects to it.
func newFleet(t *testing.T, cfg sim.Config) (*sim.World, *bbb.Client) {
	t.Helper()
	cfg.Each = func(_ int, s *sim.ServerSpec) { s.URL = strings.Replace(s.URL, "https:", "http:", 1) }
	w := sim.New(cfg)
	server := httptest.NewServer(bbbtest.New(bbbtest.Config{World: w, Identify: simhttp.ByHost}))
	t.Cleanup(server.Close)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	c := bbb.Defaults()
	c.RequestTimeout = 500 * time.Millisecond
	client, err := bbb.New(c, outbound.Options{Transport: &http.Transport{DialContext: dial}})
	if err != nil {
		t.Fatal(err)
	}
	return w, client
}

func servers(t *testing.T, w *sim.World) []fleet.BalancerServer {
	t.Helper()
	list, err := w.Balancer().Servers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestOverTheWireMeetingsAreAsInTheWorldItself(t *testing.T) {
	w, c := newFleet(t, sim.Config{Servers: 4, Running: 3})
	for range 5 {
		if _, err := w.CreateMeeting(sim.MeetingSpec{Participants: 20, Webcams: 3, Duration: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	w.Run(10 * time.Minute)
	total := 0
	for _, s := range servers(t, w) {
		want, wantErr := w.Meetings().Meetings(t.Context(), s)
		got, err := c.Meetings(t.Context(), s)
		if got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("Meetings(%s) = %+v, %v, want %+v, %v", s.URL, got, err, want, wantErr)
		}
		total += got.Meetings
	}
	if total != 5 {
		t.Errorf("%d meetings in all, want 5", total)
	}
}

func TestNoFaultOfAServerReadsAsEmpty(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.BBBHangs, sim.BBBCrashed, sim.BBBFails} {
		w, c := newFleet(t, sim.Config{Servers: 1, Running: 1})
		s := servers(t, w)[0]
		if got, err := c.Meetings(t.Context(), s); err != nil || got != (fleet.MeetingCount{}) {
			t.Fatalf("Meetings() = %+v, %v, want an empty server first", got, err)
		}
		w.Inject(sim.Fault{Kind: kind})
		if got, err := c.Meetings(t.Context(), s); err == nil {
			t.Errorf("%s: Meetings() = %+v, want an error", kind, got)
		}
	}
}

func TestAWrongSecretIsAnError(t *testing.T) {
	w, c := newFleet(t, sim.Config{Servers: 1, Running: 1})
	s := servers(t, w)[0]
	s.Secret = "another"
	if got, err := c.Meetings(t.Context(), s); err == nil || !strings.Contains(err.Error(), "secret of the server in Scalelite") {
		t.Errorf("Meetings() = %+v, %v, want an error about the secret", got, err)
	}
}
