package bbbtest_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// world returns a sim.World of n servers, of which the first ones run. Each server
// listens on its own address, all on the same port.
func world(t *testing.T, n, running int) *sim.World {
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

type answer struct {
	Returncode string `xml:"returncode"`
	MessageKey string `xml:"messageKey"`
	BBBVersion string `xml:"bbbVersion"`
	ID         string `xml:"meetingID"`
	CreateTime int64  `xml:"createTime"`
	Running    bool   `xml:"running"`
	Meetings   []struct {
		ID           string `xml:"meetingID"`
		CreateTime   int64  `xml:"createTime"`
		Participants int    `xml:"participantCount"`
		Moderators   int    `xml:"moderatorCount"`
		Videos       int    `xml:"videoCount"`
		Breakout     bool   `xml:"isBreakout"`
	} `xml:"meetings>meeting"`
}

func call(ctx context.Context, t *testing.T, s sim.Reading, action, query, secret string) (answer, error) {
	t.Helper()
	h := sha256.Sum256([]byte(action + query + secret))
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/"+action+"?"+query+"&checksum="+hex.EncodeToString(h[:]), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := xml.Unmarshal(body, &a); err != nil {
		t.Fatalf("%s: %v in %s", action, err, body)
	}
	return a, nil
}

func TestAMeetingIsCreatedFilledListedAndEnded(t *testing.T) {
	w := world(t, 2, 2)
	first, second := w.Servers()[0], w.Servers()[1]
	query := "meetingID=maths&name=Maths&meta_sim-duration=2700&meta_sim-participants=20&meta_sim-webcams=5"
	if a, err := call(t.Context(), t, first, "create", query, first.Secret.Reveal()); err != nil || a.Returncode != "SUCCESS" || a.ID != "maths" {
		t.Fatalf("create = %+v, %v", a, err)
	}
	if a, err := call(t.Context(), t, first, "create", query, first.Secret.Reveal()); err != nil || a.Returncode != "SUCCESS" {
		t.Errorf("creating it again = %+v, %v; want no harm", a, err)
	}
	w.Run(5 * time.Minute)
	a, err := call(t.Context(), t, first, "getMeetings", "", first.Secret.Reveal())
	if err != nil || len(a.Meetings) != 1 {
		t.Fatalf("getMeetings = %+v, %v; want one", a, err)
	}
	m := a.Meetings[0]
	if m.Participants != 20 || m.Videos != 5 || m.Moderators != 1 || m.CreateTime != w.Start().UnixMilli() || m.Breakout {
		t.Errorf("the meeting = %+v", m)
	}
	if a, err := call(t.Context(), t, first, "getMeetingInfo", "meetingID=maths", first.Secret.Reveal()); err != nil || a.ID != "maths" || !a.Running {
		t.Errorf("getMeetingInfo = %+v, %v", a, err)
	}
	if a, err := call(t.Context(), t, second, "getMeetings", "", second.Secret.Reveal()); err != nil || a.Returncode != "SUCCESS" || a.MessageKey != "noMeetings" {
		t.Errorf("getMeetings of the other = %+v, %v; want noMeetings", a, err)
	}
	if a, err := call(t.Context(), t, second, "getMeetingInfo", "meetingID=maths", second.Secret.Reveal()); err != nil || a.MessageKey != "notFound" {
		t.Errorf("getMeetingInfo of the other = %+v, %v; want notFound", a, err)
	}
	if a, err := call(t.Context(), t, first, "end", "meetingID=maths", first.Secret.Reveal()); err != nil || a.Returncode != "SUCCESS" {
		t.Errorf("end = %+v, %v", a, err)
	}
	if got := w.Figures(); got.ParticipantsPresent != 0 || got.MeetingsEndedEarly != 0 {
		t.Errorf("after the end: %d present, %d ended early; want none", got.ParticipantsPresent, got.MeetingsEndedEarly)
	}
}

func TestAWrongSecretFails(t *testing.T) {
	w := world(t, 1, 1)
	if a, err := call(t.Context(), t, w.Servers()[0], "getMeetings", "", "wrong"); err != nil || a.Returncode != "FAILED" || a.MessageKey != "checksumError" {
		t.Errorf("getMeetings = %+v, %v; want checksumError", a, err)
	}
}

func TestTheIndexTellsTheVersion(t *testing.T) {
	s := world(t, 1, 1).Servers()[0]
	if a, err := call(t.Context(), t, s, "", "", s.Secret.Reveal()); err != nil || a.Returncode != "SUCCESS" || a.BBBVersion != "3.0.4" {
		t.Errorf("the index = %+v, %v; want version 3.0.4", a, err)
	}
}

func TestSHA1IsTakenToo(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	s := w.Servers()[0]
	h := sha1.Sum([]byte("getMeetings" + s.Secret.Reveal()))
	rec := httptest.NewRecorder()
	url := s.URL + "/getMeetings?checksum=" + hex.EncodeToString(h[:])
	bbbtest.New(bbbtest.Config{World: w, Identify: simhttp.ByHost}).ServeHTTP(rec, httptest.NewRequest("GET", url, nil))
	if !strings.Contains(rec.Body.String(), "<returncode>SUCCESS</returncode>") {
		t.Errorf("getMeetings = %s", rec.Body)
	}
}

func TestServersThatAreNotWellAnswerAsSuchOnesDo(t *testing.T) {
	w := world(t, 4, 3)
	w.Inject(sim.Fault{Kind: sim.BBBHangs, On: "bbb-server1"})
	w.Inject(sim.Fault{Kind: sim.BBBFails, On: "bbb-server2"})
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: "bbb-server3"})
	servers := w.Servers()
	ask := func(i int) (answer, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		return call(ctx, t, servers[i-1], "getMeetings", "", servers[i-1].Secret.Reveal())
	}
	if _, err := ask(1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the one that hangs: %v; want no answer until the deadline", err)
	}
	if a, err := ask(2); err != nil || a.Returncode != "FAILED" {
		t.Errorf("the one that fails: %+v, %v; want FAILED", a, err)
	}
	for i := 3; i <= 4; i++ {
		if a, err := ask(i); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("server %d, which crashed or is off: %+v, %v; want a broken connection", i, a, err)
		}
	}
}
