package fleet

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

// Snapshot is what one cycle read from outside.
type Snapshot struct {
	Cloud          []CloudServer
	Unsure         map[string]string // datacenter → why its servers are uncertain
	Missing        map[string]string // server id → since when the cloud does not list it
	Balancer       []BalancerServer
	BalancerUnsure string  // why the balancer is uncertain; empty: it is not
	Alerts         []Alert // believed
}

// Join makes one Server of each cloud server of the fleet, with what the
// balancer and the alerts tell of it. It works in two steps, so that it reads
// nothing itself: NewJoin finds what names and addresses tell, Unknown is what
// must be looked up, and Servers finishes with the addresses found.
type Join struct {
	cfg     Config
	alerts  []Alert
	servers []Server
	byID    map[string]int
	byHost  map[string]int   // address or name → index; -1: several
	ids     map[int][]string // index → ids of its balancer servers
	rest    []BalancerServer // those that no name told the server of
}

// NewJoin joins a snapshot as far as names and addresses in it tell.
func NewJoin(cfg Config, snapshot Snapshot) *Join {
	cloud := snapshot.Cloud
	j := &Join{
		cfg: cfg, alerts: snapshot.Alerts, servers: make([]Server, 0, len(cloud)), ids: map[int][]string{},
		byID: make(map[string]int, len(cloud)), byHost: make(map[string]int, 2*len(cloud)), // a name and an address each
	}
	for _, c := range cloud {
		if _, twice := j.byID[c.ID]; twice || !cfg.Fleet.NamePattern.Match(c.Name) {
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
	for _, b := range snapshot.Balancer {
		if i, ok := j.findHost(hostOf(b.URL)); ok {
			j.take(i, b)
			continue
		}
		j.rest = append(j.rest, b)
	}
	return j
}

// Unknown returns the hosts whose addresses Servers needs.
func (j *Join) Unknown() []string {
	hosts := make([]string, len(j.rest))
	for i, b := range j.rest {
		hosts[i] = hostOf(b.URL)
	}
	return hosts
}

// Servers returns the servers, in the order of their names, and what could not
// be joined; addrs holds the addresses of the unknown hosts that have any. It
// sets no states.
func (j *Join) Servers(addrs map[string][]netip.Addr) (servers []Server, unjoined []Hold) {
	for _, b := range j.rest {
		i, ok := j.findAddr(addrs[hostOf(b.URL)])
		if !ok {
			unjoined = append(unjoined, Hold{HoldNoServer, fmt.Sprintf("balancer server %s (%s) matches no cloud server", b.ID, b.URL)})
			continue
		}
		j.take(i, b)
	}
	j.leaveTwice()
	unjoined = append(unjoined, j.addAlerts()...)
	return j.byName(), unjoined
}

func (j *Join) take(i int, b BalancerServer) {
	j.ids[i] = append(j.ids[i], b.ID)
	j.servers[i].Balancer = &b
}

func (j *Join) index(host string, i int) {
	if _, twice := j.byHost[host]; twice {
		i = -1
	}
	j.byHost[host] = i
}

// byName returns the servers in their order for people. A Server is large, so
// that each is moved once.
func (j *Join) byName() []Server {
	order := make([]*Server, len(j.servers))
	for i := range j.servers {
		order[i] = &j.servers[i]
	}
	slices.SortFunc(order, ByName)
	sorted := make([]Server, len(order))
	for i, s := range order {
		sorted[i] = *s
	}
	return sorted
}

// find returns the index of the one server that host names.
func (j *Join) find(host string) (int, bool) {
	i, ok := j.byHost[host]
	return i, ok && i >= 0
}

// leaveTwice leaves a server unjoined that two balancer servers stand for:
// cordoning one of them would not keep meetings away.
func (j *Join) leaveTwice() {
	for i, of := range j.ids {
		if len(of) > 1 {
			j.servers[i].Balancer = nil
			j.servers[i].Problem = fmt.Sprintf("registered %d times in the balancer (%s): remove all but one", len(of), strings.Join(of, ", "))
		}
	}
}

func (j *Join) findHost(host string) (int, bool) {
	if i, ok := j.find(host); ok {
		return i, true
	}
	if name := j.cfg.HostNames.ServerName(host); name != "" {
		return j.find(name)
	}
	return 0, false
}

func (j *Join) findAddr(addrs []netip.Addr) (int, bool) {
	for _, a := range addrs {
		if i, ok := j.find(a.String()); ok {
			return i, true
		}
	}
	return 0, false
}

// addAlerts gives each server its alerts: by the server_id label, else by the
// host part of instance. Fleet alerts are nobody's.
func (j *Join) addAlerts() (unjoined []Hold) {
	for _, a := range j.alerts {
		if a.scope(j.cfg.Asks) != rules.ScopeServer {
			continue
		}
		i, ok := j.byID[a.Labels[rules.LabelServerID]]
		if !ok {
			i, ok = j.find(instanceHost(a.Labels[rules.LabelInstance]))
		}
		if !ok {
			unjoined = append(unjoined, Hold{HoldNoTarget, fmt.Sprintf("alert %s of instance %q matches no cloud server",
				a.Name, a.Labels[rules.LabelInstance])})
			continue
		}
		j.servers[i].Alerts = append(j.servers[i].Alerts, a)
	}
	return unjoined
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

// Excluded reports whether the configuration takes the server out of the
// scaler's hands, by id, name, or pattern of names.
func (c Config) Excluded(s CloudServer) bool {
	return slices.ContainsFunc(c.Fleet.Exclude, func(x string) bool {
		matched, err := path.Match(x, s.Name)
		return x == s.ID || (err == nil && matched)
	})
}
