package scalelitetest_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// overHTTP returns a sim.World whose servers listen on HTTP and have the given tags.
func overHTTP(t *testing.T, n, running int, tags ...string) *sim.World {
	t.Helper()
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := sim.Config{Servers: n, Running: running, Each: simhttp.Loopback(listener.Addr().(*net.TCPAddr).Port)}
	for _, tag := range tags {
		cfg.Pools = append(cfg.Pools, sim.Pool{Tag: tag, Servers: 1})
	}
	w := sim.New(cfg)
	server := &http.Server{Handler: bbbtest.New(bbbtest.Config{World: w})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-done })
	return w
}

// visit sends a signed call of a learning platform.
func visit(h http.Handler, action, query, key string) string {
	r := httptest.NewRequest("GET", "http://lb.example.org"+scalelitetest.MeetingsPath+action+"?"+query+"&checksum="+sum256(action+query+key), nil)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Body.String()
}

func TestMeetingsAreCreatedOnTheEmptiestServerAndEndedThere(t *testing.T) {
	w := overHTTP(t, 2, 2)
	h := serve(w)
	for _, id := range []string{"maths", "physics", "maths"} {
		if got := visit(h, "create", "meetingID="+id+"&meta_sim-participants=20", secret); !strings.Contains(got, "<returncode>SUCCESS</returncode>") {
			t.Fatalf("create %s = %s", id, got)
		}
	}
	for _, s := range w.Servers() {
		if s.Meetings != 1 {
			t.Errorf("%s has %d meetings, want 1", s.Name, s.Meetings)
		}
	}
	if got := visit(h, "end", "meetingID=maths", secret); !strings.Contains(got, "sentEndMeetingRequest") {
		t.Errorf("end = %s", got)
	}
	if got := visit(h, "join", "meetingID=maths", secret); !strings.Contains(got, "<messageKey>notFound</messageKey>") {
		t.Errorf("join after the end = %s", got)
	}
	if a, b := w.Servers()[0].Meetings, w.Servers()[1].Meetings; a+b != 1 {
		t.Errorf("afterwards there are %d and %d meetings, want 1 in all", a, b)
	}
}

func TestMeetingsAreRefusedAsScaleliteRefusesThem(t *testing.T) {
	tests := []struct {
		name, action, query, key, want string
	}{
		{name: "no server is enabled", action: "create", query: "meetingID=m", key: secret, want: "internalError"},
		{name: "no server is enabled, whatever the tag", action: "create", query: "meetingID=m&meta_server-tag=gold!", key: secret, want: "internalError"},
		{name: "a wrong secret", action: "create", query: "meetingID=m", key: "wrong", want: "checksumError"},
		{name: "no meeting is named", action: "create", query: "name=m", key: secret, want: "missingParamMeetingID"},
		{name: "nobody knows the meeting", action: "end", query: "meetingID=m", key: secret, want: "notFound"},
		{name: "nobody knows the meeting to join", action: "join", query: "meetingID=m", key: secret, want: "notFound"},
		{name: "a call that is not served", action: "getRecordings", query: "a=b", key: secret, want: "unsupportedRequest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := visit(serve(sim.New(sim.Config{Servers: 1})), tt.action, tt.query, tt.key); !strings.Contains(got, "<messageKey>"+tt.want+"</messageKey>") {
				t.Errorf("%s = %s, want %s", tt.action, got, tt.want)
			}
		})
	}
}

func TestAServerThatDoesNotAnswerFailsTheCreate(t *testing.T) {
	w := overHTTP(t, 1, 1)
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: "bbb-server1"})
	if got := visit(serve(w), "create", "meetingID=m", secret); !strings.Contains(got, "<messageKey>internalError</messageKey>") {
		t.Errorf("create = %s, want an internalError", got)
	}
}

func TestWithoutAServerTheRefusalSaysSo(t *testing.T) {
	got := visit(serve(sim.New(sim.Config{Servers: 1})), "create", "meetingID=m", secret)
	if !strings.Contains(got, "<message>Could not find any available servers.</message>") {
		t.Errorf("create = %s", got)
	}
}

func TestATagPlacesAMeeting(t *testing.T) {
	w := overHTTP(t, 2, 2, "", "gold")
	h := serve(w)
	if got := visit(h, "create", "meetingID=a&meta_server-tag=silver!", secret); !strings.Contains(got, "<messageKey>serverTagUnavailable</messageKey>") ||
		!strings.Contains(got, "required tag=silver.") {
		t.Errorf("create with silver! = %s, want serverTagUnavailable", got)
	}
	for id, asks := range map[string]string{"b": "", "c": "&meta_server-tag=gold", "d": "&meta_server-tag=silver;gold!", "e": "&meta_server-tag=silver"} {
		if got := visit(h, "create", "meetingID="+id+asks, secret); !strings.Contains(got, "SUCCESS") {
			t.Fatalf("create %s%s = %s", id, asks, got)
		}
	}
	if a, b := w.Servers()[0].Meetings, w.Servers()[1].Meetings; a != 2 || b != 2 {
		t.Errorf("%d meetings without a match, %d with the tag, want 2 and 2", a, b)
	}
}

func TestAServerIsToldItsOwnTag(t *testing.T) {
	for tag, want := range map[string][]string{"": nil, "gold": {"gold"}} {
		var told url.Values
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told = r.URL.Query() }))
		w := sim.New(sim.Config{Servers: 1, Running: 1, Each: func(_ int, s *sim.ServerSpec) { s.URL, s.Tag = server.URL, tag }})
		visit(serve(w), "create", "meetingID=m&meta_server-tag=gold;none", secret)
		server.Close()
		if got := told["meta_server-tag"]; !slices.Equal(got, want) || told.Get("meetingID") != "m" {
			t.Errorf("a server with the tag %q was told %v, want the tag %q", tag, told, want)
		}
	}
}

func TestJoinsGoToTheMeetingsServerUnlessItIsDisabled(t *testing.T) {
	w := overHTTP(t, 1, 1)
	h, id := serve(w), w.Servers()[0].BalancerID
	visit(h, "create", "meetingID=maths&meta_sim-participants=0", secret)
	join := func() *httptest.ResponseRecorder {
		const query = "meetingID=maths&fullName=Ada"
		r := httptest.NewRequest("GET", "http://lb.example.org"+scalelitetest.MeetingsPath+"join?"+query+"&checksum="+sum256("join"+query+secret), nil)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	if rec := join(); rec.Code != http.StatusFound || !strings.HasPrefix(rec.Header().Get("Location"), w.Servers()[0].URL+"/join?fullName=Ada&meetingID=maths&checksum=") {
		t.Errorf("join = %d to %q, want 302 to the server", rec.Code, rec.Header().Get("Location"))
	}
	for _, tt := range []struct {
		to   fleet.BalancerState
		code int
		want string
	}{{fleet.Disabled, 200, "<messageKey>serverUnavailable</messageKey>"}, {fleet.Cordoned, 302, ""}} {
		if err := w.SetState(id, tt.to); err != nil {
			t.Fatal(err)
		}
		if got := visit(h, "create", "meetingID=other-"+string(tt.to), secret); strings.Contains(got, "SUCCESS") {
			t.Errorf("%s: a new meeting was created: %s", tt.to, got)
		}
		if rec := join(); rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.want) {
			t.Errorf("%s: join = %d %s, want %d with %q", tt.to, rec.Code, rec.Body, tt.code, tt.want)
		}
	}
}

func TestAMeetingThatEndedIsCreatedAgainWhereTheBalancerBelievesIt(t *testing.T) {
	tests := []struct {
		name      string
		state     fleet.BalancerState
		polled    bool
		elsewhere bool
	}{
		{name: "a disabled server keeps it", state: fleet.Disabled},
		{name: "a cordoned one does not", state: fleet.Cordoned, elsewhere: true},
		{name: "after a poll it is placed anew", polled: true, elsewhere: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := overHTTP(t, 2, 2)
			h := serve(w)
			visit(h, "create", "meetingID=maths", secret)
			at := 0
			if w.Servers()[1].Meetings > 0 {
				at = 1
			}
			first := w.Servers()[at]
			if err := w.EndMeeting(first.ID, "maths"); err != nil {
				t.Fatal(err)
			}
			if tt.polled { // and the other server has the lower load
				if _, err := w.HostMeeting(first.ID, sim.MeetingSpec{ID: "other", Duration: time.Hour, Participants: 50}); err != nil {
					t.Fatal(err)
				}
				w.Run(2 * time.Minute)
			}
			if tt.state != "" {
				if err := w.SetState(first.BalancerID, tt.state); err != nil {
					t.Fatal(err)
				}
			}
			if got := visit(h, "create", "meetingID=maths", secret); !strings.Contains(got, "SUCCESS") {
				t.Fatalf("create again = %s", got)
			}
			if got := w.Servers()[1-at].Meetings; (got == 1) != tt.elsewhere {
				t.Errorf("%d meetings on the other server, want the meeting there: %v", got, tt.elsewhere)
			}
		})
	}
}

func TestPanicServerStopsHalfWayAtAMeetingThatEnded(t *testing.T) {
	w := overHTTP(t, 1, 1)
	h, s := serve(w), w.Servers()[0]
	for _, id := range []string{"a", "b", "c"} {
		visit(h, "create", "meetingID="+id, secret)
	}
	if err := w.EndMeeting(s.ID, "b"); err != nil {
		t.Fatal(err)
	}
	panicServer := func() *httptest.ResponseRecorder {
		return ask(t, h, "POST", "panicServer", "", `{"id":"`+s.BalancerID+`"}`, secret, sum256)
	}
	if rec := panicServer(); rec.Code != 400 || !strings.Contains(rec.Body.String(), `{"error":"Couldn't disable server id=`+s.BalancerID+`"}`) {
		t.Errorf("panicServer = %d %s, want 400", rec.Code, rec.Body)
	}
	if s := w.Servers()[0]; s.Meetings != 1 || s.State != fleet.Enabled {
		t.Errorf("half way: %d meetings, %s, want 1 and enabled", s.Meetings, s.State)
	}
	if rec := panicServer(); rec.Code != 200 {
		t.Errorf("panicServer again = %d %s, want 200", rec.Code, rec.Body)
	}
	if s := w.Servers()[0]; s.Meetings != 0 || s.State != fleet.Disabled {
		t.Errorf("in the end: %d meetings, %s, want none and disabled", s.Meetings, s.State)
	}
}
