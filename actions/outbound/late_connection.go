package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// fresh is for how long a passed check lets a write be sent: opening a connection
// takes some ten milliseconds, but a host that does not answer takes seconds.
const fresh = 500 * time.Millisecond

// lateConnection calls the check of a write again when its connection was there
// only after the last check had become stale, before the first byte is sent on it.
type lateConnection struct {
	base  http.RoundTripper
	fresh time.Duration
}

// RoundTrip implements http.RoundTripper.
func (l lateConnection) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		return l.base.RoundTrip(req)
	}
	var refused error
	checked := time.Now()
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if refused == nil && time.Since(checked) > l.fresh {
			refused = fleet.Check(req.Context())
		}
		if refused != nil {
			shut(info.Conn, refused)
		}
	}}
	resp, err := l.base.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if refused != nil {
		return nil, &refusal{refused}
	}
	return resp, err
}

// refusal is a check's error, told apart from those of a connection.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// shutter is a connection on which nothing more is sent once refused is set.
type shutter struct {
	net.Conn
	refused error
}

// Write implements net.Conn.
func (s *shutter) Write(b []byte) (int, error) {
	if s.refused != nil {
		return 0, s.refused
	}
	return s.Conn.Write(b)
}

// shut lets nothing more be sent on a connection that dial opened.
func shut(conn net.Conn, refused error) {
	for {
		wrapped, ok := conn.(*tls.Conn)
		if !ok {
			break
		}
		conn = wrapped.NetConn()
	}
	if s, ok := conn.(*shutter); ok {
		s.refused = refused
	}
}

// shuttable returns dial with connections that can be shut.
func shuttable(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &shutter{Conn: conn}, nil
	}
}
