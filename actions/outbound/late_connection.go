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

// fresh is how long after a successful check a write may be sent. Opening a connection
// usually takes some 10 ms, but can take seconds if the host does not answer.
const fresh = 500 * time.Millisecond

// lateConnection calls the check of a write again if opening the connection took longer
// than fresh, before the first byte is sent on the connection.
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

// refusal is the error of a check. The type distinguishes it from errors of the
// connection.
type refusal struct{ error }

// Unwrap returns the error of the check.
func (r *refusal) Unwrap() error { return r.error }

// shutter is a connection on which nothing more is sent once refused is set.
type shutter struct {
	net.Conn
	refused error
}

// Write implements net.Conn. It fails once refused is set.
func (s *shutter) Write(b []byte) (int, error) {
	if s.refused != nil {
		return 0, s.refused
	}
	return s.Conn.Write(b)
}

// shut prevents all further writes on a connection that a dialer of shuttable opened.
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

// shuttable returns a dialer whose connections can be passed to shut.
func shuttable(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &shutter{Conn: conn}, nil
	}
}
