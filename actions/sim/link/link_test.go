package link

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// linked returns a link to a server that answers with the bodies of requests,
// and a client that waits half a second.
func linked(t *testing.T) (*Link, *http.Client) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	t.Cleanup(s.Close)
	l, err := New(strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, &http.Client{Timeout: 500 * time.Millisecond}
}

func say(c *http.Client, l *Link, text string) (string, error) {
	resp, err := c.Post("http://"+l.Addr(), "text/plain", strings.NewReader(text))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestRequestsPassUnlessTheLinkIsDown(t *testing.T) {
	l, client := linked(t)
	for _, step := range []struct {
		name   string
		change func()
		passes bool
	}{
		{"at first", func() {}, true}, {"cut", l.Cut, false}, {"mended", l.Mend, true},
		{"hanging", l.Hang, false}, {"hanging, then cut", l.Cut, false}, {"cut, then hanging", l.Hang, false}, {"mended again", l.Mend, true},
	} {
		step.change()
		if got, err := say(client, l, "hello"); (err == nil && got == "hello") != step.passes {
			t.Errorf("%s: %q, %v; want an answer: %v", step.name, got, err, step.passes)
		}
	}
}

func TestWhatWasSentWhileTheLinkHangsArrivesAfterwards(t *testing.T) {
	l, client := linked(t)
	client.Timeout = time.Minute
	l.Hang()
	answered := make(chan string, 1)
	go func() {
		got, err := say(client, l, "late")
		if err != nil {
			got = err.Error()
		}
		answered <- got
	}()
	select {
	case got := <-answered:
		t.Fatalf("answered %q over a link that hangs", got)
	case <-time.After(300 * time.Millisecond):
	}
	l.Mend()
	if got := <-answered; got != "late" {
		t.Errorf("after the link was mended: %q, want late", got)
	}
}

func TestPacketsPassBothWaysUnlessTheLinkIsDown(t *testing.T) {
	target, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	go func() {
		buffer := make([]byte, packet)
		for {
			n, from, err := target.ReadFromUDP(buffer)
			if err != nil {
				return
			}
			_, _ = target.WriteToUDP(buffer[:n], from)
		}
	}()
	l, err := New(target.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("udp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, step := range []struct {
		name   string
		change func()
		passes bool
	}{{"at first", func() {}, true}, {"cut", l.Cut, false}, {"hanging", l.Hang, false}, {"mended", l.Mend, true}} {
		step.change()
		if passed := echoes(t, conn, step.passes); passed != step.passes {
			t.Errorf("%s: a packet passed: %v, want %v", step.name, passed, step.passes)
		}
	}
}

// echoes reports whether a packet comes back, and waits longer if it should.
func echoes(t *testing.T, conn net.Conn, should bool) bool {
	t.Helper()
	limit := 300 * time.Millisecond
	if should {
		limit = time.Minute
	}
	_ = conn.SetReadDeadline(time.Now().Add(limit))
	if _, err := conn.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, packet)
	n, err := conn.Read(buffer)
	return err == nil && string(buffer[:n]) == "ping"
}
