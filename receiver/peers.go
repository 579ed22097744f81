package receiver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// headerPassedOn marks a request that another daemon has passed on, so that two daemons
// that take each other for the leader do not pass it back.
const headerPassedOn = "Bbb-Scaler-Passed-On"

// ownPaths are about the daemon itself, not about the fleet.
var ownPaths = []string{"", api.PathHealthy, api.PathReady, api.PathReload, api.PathStepDown, api.PathMetrics}

// passOn passes requests about the fleet on to the daemon that leads, with the caller's
// login, and returns its answer: only the leader knows the fleet, and what it has
// acknowledged is stored and in force. If the leader does not answer, a read is served
// from what this daemon knows, and a change gets 503, so that it is sent again.
func (s *server) passOn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if s.Leader == nil || slices.Contains(ownPaths, c.Path()) || r.Header.Get(headerPassedOn) != "" {
			return next(c)
		}
		leader := s.Leader()
		if leader == nil {
			return next(c)
		}
		ctx, cancel := s.unlessClosed(r.Context())
		defer cancel()
		if c.Path() == api.PathEvents {
			_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Time{}) // lasts as long as a page is open
		}
		var failed error
		proxy := &httputil.ReverseProxy{
			Transport: s.Peers,
			Rewrite: func(p *httputil.ProxyRequest) {
				p.SetURL(leader)
				p.SetXForwarded()
				p.Out.Host = p.In.Host // which a browser's Origin is compared with
				p.Out.Header.Set(headerPassedOn, "1")
			},
			ModifyResponse: func(resp *http.Response) error {
				for name := range c.Response().Header() { // the same headers, set here already
					resp.Header.Del(name)
				}
				return nil
			},
			ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { failed = err },
		}
		proxy.ServeHTTP(c.Response(), r.WithContext(ctx))
		switch {
		case failed == nil:
			return nil
		case r.Method == http.MethodGet:
			return next(c)
		}
		return fail(http.StatusServiceUnavailable, "this daemon stands by, and the one that leads, %s, does not answer: %v; send it again", leader.Redacted(), failed)
	}
}

// unlessClosed returns a context that also ends when the server shuts down.
func (s *server) unlessClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.streams.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// stepDown hands the fleet over to another daemon.
func (s *server) stepDown(c echo.Context) error {
	if s.StepDown == nil {
		return fail(http.StatusConflict, "there is no other daemon: this one is alone with its store")
	}
	if err := s.StepDown(); errors.Is(err, fleet.ErrDeposed) {
		return fail(http.StatusConflict, "%v", err)
	} else if err != nil {
		return err
	}
	s.Log.Info("stepping down", "by", caller(c.Request()))
	return c.String(http.StatusOK, "stepping down\n")
}
