package bbb

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func replies(status int, body string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml;charset=utf-8"}},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}, nil
	}
}

func server() fleet.BalancerServer {
	return fleet.BalancerServer{ID: "s1", URL: "https://bbb-1.example.org/bigbluebutton/api", Secret: "bbb-5923"}
}

func client(t *testing.T, transport http.RoundTripper, set ...func(*Config)) *Client {
	t.Helper()
	config := Defaults()
	for _, f := range set {
		f(&config)
	}
	c, err := New(config, outbound.Options{Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const none = `<response>
<returncode>SUCCESS</returncode>
<meetings/>
<messageKey>noMeetings</messageKey>
<message>no meetings were found on this server</message>
</response>`

const three = `<?xml version="1.0"?><response><returncode>SUCCESS</returncode><meetings>
<meeting><meetingName><![CDATA[7b & Co]]></meetingName><meetingID>m1</meetingID><createTime>1700000000000</createTime><participantCount>28</participantCount><moderatorCount>1</moderatorCount><videoCount>4</videoCount><isBreakout>false</isBreakout><attendees><attendee><userID>u</userID><fullName>A</fullName></attendee></attendees></meeting>
<meeting><meetingID>m2</meetingID><participantCount>0</participantCount><videoCount>0</videoCount><isBreakout>false</isBreakout></meeting>
<meeting><meetingID>m3</meetingID><participantCount>5</participantCount><isBreakout>true</isBreakout></meeting>
</meetings></response>`

func TestMeetingsAreCountedBreakoutsIncluded(t *testing.T) {
	for body, want := range map[string]fleet.MeetingCount{none: {}, "\n" + none + "\r\n<!-- end -->\n": {}, three: {Meetings: 3, Breakouts: 1, Participants: 33, Videos: 4}} {
		if got, err := client(t, replies(200, body)).Meetings(t.Context(), server()); err != nil || got != want {
			t.Errorf("Meetings() = %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestWhateverIsNotAClearAnswerIsAnErrorAndNeverEmpty(t *testing.T) {
	success := func(rest string) string { return `<response><returncode>SUCCESS</returncode>` + rest + `</response>` }
	tests := []struct {
		name   string
		status int
		body   string
		help   string
	}{
		{"a refused checksum", 200, `<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey><message>no</message></response>`, "check that the secret of the server in Scalelite"},
		{"another refusal", 200, `<response><returncode>FAILED</returncode><messageKey>noMeetings</messageKey></response>`, "FAILED"},
		{"a return code that is none", 200, `<response><returncode>success</returncode><messageKey>noMeetings</messageKey></response>`, "success"},
		{"no return code", 200, `<response><meetings/><messageKey>noMeetings</messageKey></response>`, "0 returncodes"},
		{"two return codes", 200, success(`<returncode>SUCCESS</returncode><messageKey>noMeetings</messageKey>`), "2 returncodes"},
		{"an empty list without words", 200, success(`<meetings/>`), "0 meetings beside the message key"},
		{"no list at all", 200, success(``), "contradictory"},
		{"no meetings, and one", 200, success(`<meetings><meeting><meetingID>m</meetingID><participantCount>1</participantCount></meeting></meetings><messageKey>noMeetings</messageKey>`), "1 meetings beside"},
		{"two lists", 200, success(`<meetings/><meetings/><messageKey>noMeetings</messageKey>`), "2 lists"},
		{"a meeting without people", 200, success(`<meetings><meeting><meetingID>m</meetingID></meeting></meetings>`), "without a number of participants"},
		{"a meeting with fewer than none", 200, success(`<meetings><meeting><meetingID>m</meetingID><participantCount>-1</participantCount></meeting></meetings>`), "without a number"},
		{"a number that is none", 200, success(`<meetings><meeting><meetingID>m</meetingID><participantCount>many</participantCount></meeting></meetings>`), "not BigBlueButton's"},
		{"a meeting without a name", 200, success(`<meetings><meeting><participantCount>1</participantCount></meeting></meetings>`), "without meetingID"},
		{"an answer cut short", 200, none[:len(none)-5], "not BigBlueButton's"},
		{"an answer with more behind", 200, none + none, "follows the end"},
		{"another document", 200, `<html><body/></html>`, "not BigBlueButton's"},
		{"nothing", 200, ``, "not BigBlueButton's"},
		{"JSON", 200, `{}`, "not BigBlueButton's"},
		{"a right answer with a wrong status", 502, none, "502 Bad Gateway"},
		{"a redirect", 302, none, "302 Found"},
		{"no content", 204, none, "204"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := client(t, replies(tt.status, tt.body)).Meetings(t.Context(), server())
			if err == nil || got != (fleet.MeetingCount{}) || !strings.Contains(err.Error(), tt.help) ||
				!strings.HasPrefix(err.Error(), "asking bbb-1.example.org for its meetings: ") {
				t.Errorf("Meetings() = %+v, %v, want an error that names the server and %q", got, err, tt.help)
			}
			if errors.Is(err, fleet.ErrAuth) {
				t.Errorf("Meetings() = %v, which stops all writes because of one server", err)
			}
		})
	}
}

func TestTheCallIsSignedWithTheServersSecret(t *testing.T) {
	for algorithm, want := range map[outbound.Checksum]string{
		outbound.SHA1:   fmt.Sprintf("%x", sha1.Sum([]byte("getMeetingsbbb-5923"))),
		outbound.SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte("getMeetingsbbb-5923"))),
	} {
		for _, end := range []string{"", "/"} {
			var sent string
			c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
				sent = req.Method + " " + req.URL.String()
				return replies(200, none)(req)
			}), func(c *Config) { c.Checksum = algorithm })
			s := server()
			s.URL += end
			c.Meetings(t.Context(), s)
			if want := "GET https://bbb-1.example.org/bigbluebutton/api/getMeetings?checksum=" + want; sent != want {
				t.Errorf("sent %s, want %s", sent, want)
			}
		}
	}
}

func TestAURLThatIsNoneIsAnErrorThatNamesTheServer(t *testing.T) {
	for _, address := range []string{"", "bbb-1", "ftp://h/api", "https:///api", "https://h/api?x=1", "https://h/\x7f"} {
		s := server()
		s.URL = address
		_, err := client(t, replies(200, none)).Meetings(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), "server s1") {
			t.Errorf("%q: Meetings() = %v, want an error that names s1", address, err)
		}
	}
}

func TestAServerThatHangsIsGivenUpAfterTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		start := time.Now()
		_, err := c.Meetings(t.Context(), server())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 6*time.Second {
			t.Errorf("Meetings() = %v after %v, want a timeout after 6s", err, time.Since(start))
		}
	})
}

func TestABodyThatHangsOrNeverEndsIsGivenUp(t *testing.T) {
	stop := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, none)
		w.(http.Flusher).Flush()
		<-stop
	}))
	defer hang.Close()
	defer close(stop)
	flood := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := bytes.Repeat([]byte(" "), 1<<20); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer flood.Close()
	for url, want := range map[string]error{hang.URL: context.DeadlineExceeded, flood.URL: outbound.ErrTooLarge} {
		s := server()
		s.URL = url
		// The timeout is long enough to send the large answer, and short enough for a test.
		_, err := client(t, nil, func(c *Config) { c.RequestTimeout = 2 * time.Second }).Meetings(t.Context(), s)
		if !errors.Is(err, want) {
			t.Errorf("Meetings() = %v, want %v", err, want)
		}
	}
}

func TestCertificatesAreCheckedUnlessSwitchedOff(t *testing.T) {
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, none) }))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	s := server()
	s.URL = tls.URL
	if _, err := client(t, nil).Meetings(t.Context(), s); err == nil || !strings.Contains(err.Error(), "bbb.ca_file") {
		t.Errorf("Meetings() = %v, want an error that names bbb.ca_file", err)
	}
	if _, err := client(t, nil, func(c *Config) { c.InsecureSkipVerify = true }).Meetings(t.Context(), s); err != nil {
		t.Errorf("Meetings() = %v with the check switched off", err)
	}
}

func TestNothingPrintedOrEncodedShowsASecret(t *testing.T) {
	secrets := []string{"bbb-5923", fmt.Sprintf("%x", "bbb-5923"), fmt.Sprintf("%x", sha256.Sum256([]byte("getMeetingsbbb-5923")))}
	broken := func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
	for _, transport := range []roundTrip{broken, replies(200, `<html/>`), replies(302, ``)} {
		c := client(t, transport)
		_, err := c.Meetings(t.Context(), server())
		outboundtest.CheckSecrets(t, secrets, err, errors.Unwrap(err), c, *c, server())
	}
	s := server()
	s.URL = "https://h/%zz" // not a URL
	_, err := client(t, replies(200, none)).Meetings(t.Context(), s)
	outboundtest.CheckSecrets(t, secrets, err)
}

// FuzzAnswers checks that only a document with SUCCESS and noMeetings counts as empty.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(none))
	f.Add([]byte(three))
	f.Add([]byte(`<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>`))
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "noMeetings">]><response><returncode>SUCCESS</returncode><messageKey>&a;</messageKey></response>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, fault := count(body)
		if fault != nil {
			if len(fault.Error()) > 500 || strings.ContainsAny(fault.Error(), "\r\n\x00") {
				t.Errorf("error does not fit on a line: %q", fault)
			}
			return
		}
		if got.Meetings == 0 && !(bytes.Contains(body, []byte("returncode")) && bytes.Contains(body, []byte("messageKey"))) {
			t.Errorf("%q counts as empty", body)
		}
		if got.Meetings < 0 || got.Meetings > bytes.Count(body, []byte("<")) {
			t.Errorf("%q counts %d meetings", body, got.Meetings)
		}
	})
}

func BenchmarkMeetings(b *testing.B) {
	c, err := New(Defaults(), outbound.Options{Transport: replies(200, three)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Meetings(b.Context(), server()); err != nil {
			b.Fatal(err)
		}
	}
}
