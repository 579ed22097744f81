package scalelitetest_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// overHTTP returns a world whose servers listen, the first running of n.
func overHTTP(t *testing.T, n, running int) *sim.World {
	t.Helper()
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	w := sim.New(sim.Config{Servers: n, Running: running, Each: simhttp.Loopback(listener.Addr().(*net.TCPAddr).Port)})
	server := &http.Server{Handler: bbbtest.New(bbbtest.Config{World: w})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-done })
	return w
}

// visit makes a call as a learning platform does.
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
	if a, b := w.Servers()[0].Meetings, w.Servers()[1].Meetings; a+b != 1 {
		t.Errorf("afterwards there are %d and %d meetings, want 1 in all", a, b)
	}
}

func TestMeetingsAreRefusedAsScaleliteRefusesThem(t *testing.T) {
	tests := []struct {
		name, action, query, key, want string
	}{
		{name: "no server is enabled", action: "create", query: "meetingID=m", key: secret, want: "noServersAvailable"},
		{name: "a wrong secret", action: "create", query: "meetingID=m", key: "wrong", want: "checksumError"},
		{name: "no meeting is named", action: "create", query: "name=m", key: secret, want: "missingParamMeetingID"},
		{name: "nobody knows the meeting", action: "end", query: "meetingID=m", key: secret, want: "notFound"},
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
