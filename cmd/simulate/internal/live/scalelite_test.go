package live

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
)

const lbSecret = "load-balancer-secret"

// outside is a demo that reaches its balancer over HTTP only, as it does a
// Scalelite that is not its own; what is placed there comes back over HTTP.
func outside(t *testing.T, cfg Config) (*place, *httptest.Server) {
	t.Helper()
	var h atomic.Pointer[http.Handler] // its world comes later
	lb := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*h.Load()).ServeHTTP(w, r) }))
	t.Cleanup(lb.Close)
	cfg.Scalelite.URL = lb.URL + "/scalelite/api/"
	p, err := newPlace(cfg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	handler := scalelitetest.New(scalelitetest.Config{World: p.world, Secret: lbSecret})
	h.Store(&handler)
	return p, lb
}

func beside(servers int, speed float64) Config {
	return Config{
		Servers: servers, Speed: speed, Daemon: daemon.Run, Out: &bytes.Buffer{}, Log: slog.New(slog.DiscardHandler),
		Scalelite: &Scalelite{Secret: lbSecret, PollInterval: time.Duration(float64(time.Minute) / speed)},
	}
}

func TestTheDemoRunsBesideAScaleliteThatIsNotItsOwn(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
	defer stop()
	cfg := beside(8, 120)
	out := &until{wants: []string{" start ", " enable ", " cordon ", " stop "}, stop: stop}
	cfg.Out = out
	p, _ := outside(t, cfg)
	s, err := p.besideScalelite(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"start", "enable", "cordon", "stop"} {
		if s.Steps[kind] == 0 {
			t.Errorf("no %s in %v", kind, s.Steps)
		}
	}
	held := p.world.Figures().Meetings
	if held == 0 || held > s.Meetings || held < s.Meetings-s.MeetingsRefused || s.MeetingsEndedEarly != 0 {
		t.Errorf("%d meetings were held; summary = %+v; want all but some of those refused, none ended early", held, s)
	}
	if members, err := p.world.Members(); err != nil || len(members) != 0 {
		t.Errorf("afterwards %d servers are registered, %v; want none", len(members), err)
	}
	if text := out.text.String(); strings.Contains(text, lbSecret) || !strings.Contains(text, "registered there until the end") {
		t.Error("the introduction shows the secret, or does not tell whose Scalelite it is")
	}
	if t.Failed() {
		t.Log(out.text.String())
	}
}

func TestAScaleliteWithServersIsLeftAlone(t *testing.T) {
	cfg := beside(2, 120)
	p, _ := outside(t, cfg)
	if _, err := p.world.AddMember("https://bbb.school.example/bigbluebutton/api", "s", 1, ""); err != nil {
		t.Fatal(err)
	}
	_, err := p.besideScalelite(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "has 1 servers already, the first at https://bbb.school.example") {
		t.Errorf("error = %v, want one that says what is there", err)
	}
	if members, _ := p.world.Members(); len(members) != 1 {
		t.Errorf("%d servers are registered, want the one that was", len(members))
	}
}

func TestServersAreRegisteredAlsoWhenScaleliteIsBusy(t *testing.T) {
	cfg := beside(3, 120)
	p, _ := outside(t, cfg)
	p.world.Inject(sim.Fault{Kind: sim.BalancerFail, Times: 2})
	if err := p.balancer.register(t.Context(), p.world.Servers()); err != nil {
		t.Fatal(err)
	}
	members, _ := p.world.Members()
	seen := map[string]bool{}
	for _, m := range members {
		seen[m.URL] = true
	}
	if len(members) != 3 || len(seen) != 3 {
		t.Errorf("%d servers, %d of them different, want each of 3 once", len(members), len(seen))
	}
}

func TestAMeetingIsCreatedThroughScalelite(t *testing.T) {
	cfg := beside(2, 120)
	p, _ := outside(t, cfg)
	if err := p.balancer.register(t.Context(), p.world.Servers()); err != nil {
		t.Fatal(err)
	}
	spec := sim.MeetingSpec{Duration: time.Hour, Participants: 20, Webcams: 5}
	if err := p.balancer.create(t.Context(), "maths", spec); err == nil || !strings.Contains(err.Error(), "Could not find any available servers.") {
		t.Errorf("before the first poll: %v, want that there are no servers", err)
	}
	p.world.Run(2 * time.Minute)
	for range 2 { // again does no harm
		if err := p.balancer.create(t.Context(), "maths", spec); err != nil {
			t.Fatal(err)
		}
	}
	p.world.Run(10 * time.Minute)
	var meetings, people, cams int
	for _, r := range p.world.Servers() {
		meetings, people, cams = meetings+r.Meetings, people+r.Participants, cams+r.Webcams
	}
	if meetings != 1 || people != 20 || cams != 5 {
		t.Errorf("%d meetings with %d people and %d webcams, want 1 with 20 and 5", meetings, people, cams)
	}
}

func TestLeavingEndsAllMeetingsAlsoWhenOneEndedByItself(t *testing.T) {
	cfg := beside(1, 120)
	p, _ := outside(t, cfg)
	if err := p.balancer.register(t.Context(), p.world.Servers()); err != nil {
		t.Fatal(err)
	}
	p.world.Run(2 * time.Minute)
	for _, id := range []string{"art", "maths", "music"} {
		if err := p.balancer.create(t.Context(), id, sim.MeetingSpec{Duration: time.Hour, Participants: 20}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.world.EndMeeting(p.world.Servers()[0].ID, "art"); err != nil {
		t.Fatal(err)
	}
	if err := p.balancer.leave(t.Context()); err != nil {
		t.Errorf("leave = %v", err)
	}
	members, err := p.world.Members()
	if n := p.world.Servers()[0].Meetings; len(members) != 0 || n != 0 || err != nil {
		t.Errorf("%d servers are registered, %d meetings run, %v; want none", len(members), n, err)
	}
}

func TestAWrongSecretIsToldAndNotShown(t *testing.T) {
	cfg := beside(2, 120)
	cfg.Scalelite.Secret = "wr0ng"
	p, lb := outside(t, cfg)
	for name, err := range map[string]error{
		"register": p.balancer.register(t.Context(), p.world.Servers()),
		"create":   p.balancer.create(t.Context(), "maths", sim.MeetingSpec{}),
	} {
		if err == nil || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("%s: %v, want an error without the secret", name, err)
		}
	}
	lb.Close()
	if err := p.balancer.create(t.Context(), "maths", sim.MeetingSpec{}); err == nil || strings.Contains(err.Error(), "checksum") {
		t.Errorf("when nothing listens: %v, want an error without the signed address", err)
	}
}
