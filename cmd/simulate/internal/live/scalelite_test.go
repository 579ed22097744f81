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
func outside(t *testing.T, cfg Config) (*demo, *httptest.Server) {
	t.Helper()
	var h atomic.Pointer[http.Handler] // its world comes later
	lb := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*h.Load()).ServeHTTP(w, r) }))
	t.Cleanup(lb.Close)
	cfg.Scalelite.URL = lb.URL + "/scalelite/api/"
	d, err := newDemo(cfg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	handler := scalelitetest.New(scalelitetest.Config{World: d.world, Secret: lbSecret})
	h.Store(&handler)
	return d, lb
}

func beside(t *testing.T, servers int, speed float64) Config {
	return Config{
		World: light(t), File: small(), Servers: servers, Speed: speed, Daemon: daemon.Run, Out: &bytes.Buffer{}, Log: slog.New(slog.DiscardHandler),
		Scalelite: &Scalelite{Secret: lbSecret, PollInterval: time.Duration(float64(time.Minute) / speed)},
	}
}

func TestTheDemoRunsBesideAScaleliteThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	cfg := beside(t, 8, 120)
	out := &until{wants: []string{" start ", " enable ", " cordon ", " stop "}, stop: stop}
	cfg.Out = out
	d, _ := outside(t, cfg)
	s, err := d.besideScalelite(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"start", "enable", "cordon", "stop"} {
		if s.Steps[kind] == 0 {
			t.Errorf("no %s in %v", kind, s.Steps)
		}
	}
	held := d.world.Figures().Meetings
	if held == 0 || held > s.Meetings || held < s.Meetings-s.MeetingsRefused || s.MeetingsEndedEarly != 0 {
		t.Errorf("%d meetings were held; summary = %+v; want all but some of those refused, none ended early", held, s)
	}
	if members, err := d.world.Members(); err != nil || len(members) != 0 {
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
	cfg := beside(t, 2, 120)
	d, _ := outside(t, cfg)
	if _, err := d.world.AddMember("https://bbb.school.example/bigbluebutton/api", "s", 1, ""); err != nil {
		t.Fatal(err)
	}
	_, err := d.besideScalelite(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "has 1 servers already, the first at https://bbb.school.example") {
		t.Errorf("error = %v, want one that says what is there", err)
	}
	if members, _ := d.world.Members(); len(members) != 1 {
		t.Errorf("%d servers are registered, want the one that was", len(members))
	}
}

func TestMeetingsBeginOnceScaleliteHasPolledTheRunningServers(t *testing.T) {
	cfg := beside(t, 4, 120)
	d, _ := outside(t, cfg)
	if err := d.balancer.register(t.Context(), d.world.Servers()); err != nil {
		t.Fatal(err)
	}
	if err := d.awaitPolls(t.Context(), cfg.Out); err != nil {
		t.Fatal(err)
	}
	if err := d.balancer.create(t.Context(), "maths", sim.MeetingSpec{Duration: time.Hour, Participants: 20}); err != nil {
		t.Errorf("the first create after the wait: %v, want success", err)
	}
}

func TestWithoutAPollerTheDemoStopsWithAReasonASummaryAndNothingLeft(t *testing.T) {
	cfg := beside(t, 3, 240)
	d, _ := outside(t, cfg)
	d.world.Inject(sim.Fault{Kind: sim.PollerDead})
	s, err := d.besideScalelite(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "2 of 2 running servers") || !strings.Contains(err.Error(), "its poller is not running") {
		t.Errorf("error = %v, want one that names the poller and the servers that wait for it", err)
	}
	if s.Steps == nil || s.Meetings != 0 {
		t.Errorf("summary = %+v; want one, without meetings", s)
	}
	if members, err := d.world.Members(); err != nil || len(members) != 0 {
		t.Errorf("afterwards %d servers are registered, %v; want none", len(members), err)
	}
}

func TestTheWaitForPollsEndsWithTheDemo(t *testing.T) {
	cfg := beside(t, 3, 120)
	cfg.Scalelite.PollInterval = time.Hour // it would wait for six hours
	d, _ := outside(t, cfg)
	d.world.Inject(sim.Fault{Kind: sim.PollerDead})
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if s, err := d.besideScalelite(ctx, cfg); err != nil || s.Steps == nil {
		t.Errorf("summary %+v, error %v; want a summary and no error", s, err)
	}
	if members, err := d.world.Members(); err != nil || len(members) != 0 {
		t.Errorf("afterwards %d servers are registered, %v; want none", len(members), err)
	}
}

func TestServersAreRegisteredAlsoWhenScaleliteIsBusy(t *testing.T) {
	cfg := beside(t, 3, 120)
	d, _ := outside(t, cfg)
	d.world.Inject(sim.Fault{Kind: sim.BalancerFail, Times: 2})
	if err := d.balancer.register(t.Context(), d.world.Servers()); err != nil {
		t.Fatal(err)
	}
	members, _ := d.world.Members()
	seen := map[string]bool{}
	for _, m := range members {
		seen[m.URL] = true
	}
	if len(members) != 3 || len(seen) != 3 {
		t.Errorf("%d servers, %d of them different, want each of 3 once", len(members), len(seen))
	}
}

func TestAMeetingIsCreatedThroughScalelite(t *testing.T) {
	cfg := beside(t, 2, 120)
	d, _ := outside(t, cfg)
	if err := d.balancer.register(t.Context(), d.world.Servers()); err != nil {
		t.Fatal(err)
	}
	spec := sim.MeetingSpec{Duration: time.Hour, Participants: 20, Webcams: 5}
	if err := d.balancer.create(t.Context(), "maths", spec); err == nil || !strings.Contains(err.Error(), "Could not find any available servers.") {
		t.Errorf("before the first poll: %v, want that there are no servers", err)
	}
	d.world.Run(2 * time.Minute)
	for range 2 { // again does no harm
		if err := d.balancer.create(t.Context(), "maths", spec); err != nil {
			t.Fatal(err)
		}
	}
	d.world.Run(10 * time.Minute)
	var meetings, people, cams int
	for _, r := range d.world.Servers() {
		meetings, people, cams = meetings+r.Meetings, people+r.Participants, cams+r.Webcams
	}
	if meetings != 1 || people != 20 || cams != 5 {
		t.Errorf("%d meetings with %d people and %d webcams, want 1 with 20 and 5", meetings, people, cams)
	}
}

func TestLeavingEndsAllMeetingsAlsoWhenOneEndedByItself(t *testing.T) {
	cfg := beside(t, 1, 120)
	d, _ := outside(t, cfg)
	if err := d.balancer.register(t.Context(), d.world.Servers()); err != nil {
		t.Fatal(err)
	}
	d.world.Run(2 * time.Minute)
	for _, id := range []string{"art", "maths", "music"} {
		if err := d.balancer.create(t.Context(), id, sim.MeetingSpec{Duration: time.Hour, Participants: 20}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.world.EndMeeting(d.world.Servers()[0].ID, "art"); err != nil {
		t.Fatal(err)
	}
	if err := d.balancer.leave(t.Context()); err != nil {
		t.Errorf("leave = %v", err)
	}
	members, err := d.world.Members()
	if n := d.world.Servers()[0].Meetings; len(members) != 0 || n != 0 || err != nil {
		t.Errorf("%d servers are registered, %d meetings run, %v; want none", len(members), n, err)
	}
}

func TestAWrongSecretIsToldAndNotShown(t *testing.T) {
	cfg := beside(t, 2, 120)
	cfg.Scalelite.Secret = "wr0ng"
	d, lb := outside(t, cfg)
	for name, err := range map[string]error{
		"register": d.balancer.register(t.Context(), d.world.Servers()),
		"create":   d.balancer.create(t.Context(), "maths", sim.MeetingSpec{}),
	} {
		if err == nil || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("%s: %v, want an error without the secret", name, err)
		}
	}
	lb.Close()
	if err := d.balancer.create(t.Context(), "maths", sim.MeetingSpec{}); err == nil || strings.Contains(err.Error(), "checksum") {
		t.Errorf("when nothing listens: %v, want an error without the signed address", err)
	}
}
