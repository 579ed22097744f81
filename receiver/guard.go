package receiver

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"
)

// sameOrigin refuses requests that change something and come from a page of another
// site. A browser would send such requests with the user's login.
func sameOrigin(h http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintln(w, `{"error":"refused: the request comes from a page of another site"}`)
	}))
	return protection.Handler(h)
}

// policy permits a page to load its own style sheet and script, and the script to
// read from this server; nothing else, and nothing inline.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set(echo.HeaderContentSecurityPolicy, policy)
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderReferrerPolicy, "no-referrer")
		h.Set(echo.HeaderCacheControl, "no-store")
		return next(c)
	}
}

// recover turns a panic in a handler into a response with status 500 and logs the
// stack, so that one request never ends the daemon.
func (s *server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				s.Log.Error("request panicked", "path", c.Path(), "panic", r, "stack", string(debug.Stack()))
				err = fail(http.StatusInternalServerError, "internal error; the log has the details")
			}
		}()
		return next(c)
	}
}

// allowed lets only these requests through: those with the token, those with a login
// to the server, and, if neither is configured, those from a program on this host.
func (s *server) allowed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		switch {
		case s.LoginRequired() || s.hasToken(r):
			return next(c)
		case s.cfg.Token != "":
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
			return fail(http.StatusUnauthorized, "send web.token as a bearer token")
		case fromThisHost(r):
			return next(c)
		}
		return fail(http.StatusForbidden,
			"changes are accepted from this host only, because neither web.token nor users in --web.config.file are configured")
	}
}

// permission is whether a browser may change something.
type permission string

const (
	mayChange permission = "yes"
	needToken permission = "token" // with the token of the configuration
	mayNot    permission = "no"    // only from the daemon's host
)

// may returns what allowed will say to a browser that asked for a page.
func (s *server) may(r *http.Request) permission {
	switch {
	case s.LoginRequired():
		return mayChange
	case s.cfg.Token != "":
		return needToken
	case fromThisHost(r):
		return mayChange
	}
	return mayNot
}

func (s *server) hasToken(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get(echo.HeaderAuthorization), "Bearer ")
	return ok && s.cfg.Token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token.Reveal())) == 1
}

// fromThisHost reports whether a request was sent from this host to this host. A Host
// header with another name can come from a web page by DNS rebinding. A forwarding
// header was added by a proxy, whose clients may be on any host.
func fromThisHost(r *http.Request) bool {
	for _, h := range []string{"Forwarded", echo.HeaderXForwardedFor, echo.HeaderXRealIP} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	return loopback(r.RemoteAddr) && loopback(r.Host)
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// caller returns the name of the login or of the client certificate, or "".
func caller(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return r.TLS.VerifiedChains[0][0].Subject.CommonName
	}
	return ""
}
