package receiver

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// targets is one target group in the format of Prometheus's HTTP service discovery.
type targets struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

func (s *server) nodeTargets(c echo.Context) error {
	d := s.Discovery()
	return s.targets(c, d, &d.Node)
}

func (s *server) bbbTargets(c echo.Context) error {
	d := s.Discovery()
	return s.targets(c, d, d.BBB)
}

// targets answers with the targets of one exporter. Before the fleet is known it
// answers with an error, after which Prometheus keeps the targets that it has: with an
// empty list it would drop them all.
func (s *server) targets(c echo.Context, d rules.Discovery, e *rules.Exporter) error {
	off := false
	if text := c.QueryParam(api.QueryOff); text != "" {
		var err error
		if off, err = strconv.ParseBool(text); err != nil {
			return fail(http.StatusBadRequest, "%s: %q is not true or false", api.QueryOff, text)
		}
	}
	st := s.Scaler.Status()
	if fleetRead(st).IsZero() {
		return fail(http.StatusServiceUnavailable, "the fleet has not been read completely since the start; see %s for what is missing", api.PathFleet)
	}
	return c.JSON(http.StatusOK, targetsOf(st, d, e, off))
}

// targetsOf returns a target group for each server that is on, or that starts, and
// for those that are off if they are asked for. Without an exporter there are none.
func targetsOf(st fleet.Status, d rules.Discovery, e *rules.Exporter, off bool) []targets {
	all, seen := []targets{}, map[string]bool{}
	for _, sv := range st.Servers {
		isOff := sv.Power == fleet.PowerOff && sv.State != fleet.StateStarting
		host := targetHost(sv)
		if e == nil || seen[sv.ID] || host == "" || isOff && !off {
			continue
		}
		seen[sv.ID] = true
		all = append(all, targets{[]string{address(host, e.Port)}, map[string]string{
			"server": sv.Name, cmp.Or(d.LabelServerID, rules.LabelServerID): sv.ID, "datacenter": sv.Datacenter,
			cmp.Or(d.LabelFleet, rules.LabelFleet): d.Fleet, "__scheme__": e.Scheme, "__metrics_path__": e.Path,
		}})
	}
	return all
}

// targetHost returns the host at which a server's exporters are scraped: the one that
// the balancer uses, which the server's certificate names, or else its address.
func targetHost(s fleet.ServerStatus) string {
	if u, err := url.Parse(s.BalancerURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return s.Addr
}

// address returns a target's host and port; port 0 is left out.
func address(host string, port int) string {
	switch {
	case port != 0:
		return net.JoinHostPort(host, strconv.Itoa(port))
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}
