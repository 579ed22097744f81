package actions

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// world is what one look read from outside.
type world struct {
	cloud    []CloudServer
	unsure   map[string]string // datacenter → why its servers are uncertain
	missing  map[string]string // server id → since when the cloud does not list it
	balancer []BalancerServer
	balanced string  // why the balancer is uncertain; empty: it is not
	alerts   []Alert // believed
}

// resolver gives the addresses of hosts, of those that have any.
type resolver func(hosts []string) map[string][]netip.Addr

// join makes one Server of each cloud server of the fleet, by name, and names
// what it could not join. It asks resolve for the balancer's hosts that name no
// cloud server themselves. It does not set states.
func join(cfg Config, w world, resolve resolver) (servers []Server, unjoined []string) {
	j := newJoiner(cfg, w.cloud)
	unjoined = append(unjoined, j.addBalancer(w.balancer, resolve)...)
	unjoined = append(unjoined, j.addAlerts(w.alerts)...)
	return j.byName(), unjoined
}

// joiner indexes the fleet by what the other worlds call its servers.
type joiner struct {
	cfg     Config
	servers []Server
	byID    map[string]int
	byHost  map[string]int // address or name → index; -1: several
}

func newJoiner(cfg Config, cloud []CloudServer) *joiner {
	j := &joiner{
		cfg: cfg, servers: make([]Server, 0, len(cloud)),
		byID: make(map[string]int, len(cloud)), byHost: make(map[string]int, 2*len(cloud)), // a name and an address each
	}
	for _, c := range cloud {
		if _, twice := j.byID[c.ID]; twice || !cfg.Names.Match(c.Name) {
			continue // overlapping groups list a server twice: it is one
		}
		i := len(j.servers)
		j.byID[c.ID] = i
		j.servers = append(j.servers, Server{CloudServer: c})
		j.index(c.Name, i)
		for _, a := range c.Addrs {
			j.index(a.String(), i)
		}
	}
	return j
}

func (j *joiner) index(host string, i int) {
	if _, twice := j.byHost[host]; twice {
		i = -1
	}
	j.byHost[host] = i
}

// byName returns the servers in their order for people. A Server is large, so
// that each is moved once.
func (j *joiner) byName() []Server {
	order := make([]*Server, len(j.servers))
	for i := range j.servers {
		order[i] = &j.servers[i]
	}
	slices.SortFunc(order, byName)
	sorted := make([]Server, len(order))
	for i, s := range order {
		sorted[i] = *s
	}
	return sorted
}

// find returns the index of the one server that host names.
func (j *joiner) find(host string) (int, bool) {
	i, ok := j.byHost[host]
	return i, ok && i >= 0
}

// addBalancer joins balancer servers by name, the configured pattern, or
// address. Two balancer servers for one server leave it unjoined: cordoning one
// would not keep meetings away.
func (j *joiner) addBalancer(list []BalancerServer, resolve resolver) (unjoined []string) {
	ids := map[int][]string{} // of the balancer servers, by index of the server
	take := func(i int, b BalancerServer) {
		ids[i] = append(ids[i], b.ID)
		j.servers[i].Balancer = &b
	}
	var rest []BalancerServer
	var hosts []string
	for _, b := range list {
		host := hostOf(b.URL)
		if i, ok := j.findHost(host); ok {
			take(i, b)
			continue
		}
		rest, hosts = append(rest, b), append(hosts, host)
	}
	addrs := resolve(hosts)
	for n, b := range rest {
		i, ok := j.findAddr(addrs[hosts[n]])
		if !ok {
			unjoined = append(unjoined, fmt.Sprintf("balancer server %s (%s) matches no cloud server", b.ID, b.URL))
			continue
		}
		take(i, b)
	}
	j.leaveTwice(ids)
	return unjoined
}

func (j *joiner) leaveTwice(ids map[int][]string) {
	for i, of := range ids {
		if len(of) > 1 {
			j.servers[i].Balancer = nil
			j.servers[i].Problem = fmt.Sprintf("registered %d times in the balancer (%s): remove all but one", len(of), strings.Join(of, ", "))
		}
	}
}

func (j *joiner) findHost(host string) (int, bool) {
	if i, ok := j.find(host); ok {
		return i, true
	}
	if name := j.cfg.HostNames.ServerName(host); name != "" {
		return j.find(name)
	}
	return 0, false
}

func (j *joiner) findAddr(addrs []netip.Addr) (int, bool) {
	for _, a := range addrs {
		if i, ok := j.find(a.String()); ok {
			return i, true
		}
	}
	return 0, false
}

// addAlerts gives each server its alerts: by the server_id label, else by the
// host part of instance. Fleet alerts are nobody's.
func (j *joiner) addAlerts(alerts []Alert) (unjoined []string) {
	for _, a := range alerts {
		if a.scope(j.cfg.Asks) != rules.ScopeServer {
			continue
		}
		i, ok := j.byID[a.Labels[rules.LabelServerID]]
		if !ok {
			i, ok = j.find(instanceHost(a.Labels[rules.LabelInstance]))
		}
		if !ok {
			unjoined = append(unjoined, fmt.Sprintf("alert %s of instance %q matches no cloud server",
				a.Name, a.Labels[rules.LabelInstance]))
			continue
		}
		j.servers[i].Alerts = append(j.servers[i].Alerts, a)
	}
	return unjoined
}

// scope tells what an alert speaks of: an alert that names an instance speaks
// of that server, whatever its name.
func (a Alert) scope(asks map[string]rules.Meaning) rules.Scope {
	if m, ok := asks[a.Name]; ok && m.Scope != "" {
		return m.Scope
	}
	if a.Labels[rules.LabelServerID] != "" || a.Labels[rules.LabelInstance] != "" {
		return rules.ScopeServer
	}
	return rules.ScopeFleet
}

func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return strings.ToLower(u.Hostname())
}

func instanceHost(instance string) string {
	if host, _, err := net.SplitHostPort(instance); err == nil {
		return host
	}
	return instance
}

// excluded reports whether the configuration takes the server out of the
// scaler's hands, by id, name, or pattern of names.
func (c Config) excluded(s CloudServer) bool {
	return slices.ContainsFunc(c.Exclude, func(x string) bool {
		matched, err := path.Match(x, s.Name)
		return x == s.ID || (err == nil && matched)
	})
}
