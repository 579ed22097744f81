package fleet

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Snapshot is what one cycle read from the cloud, the balancer and the alerts.
type Snapshot struct {
	Cloud          []CloudServer
	Unsure         map[string]string // datacenter → why its servers are uncertain
	Missing        map[string]string // server id → why it counts as missing from the cloud's list
	Balancer       []BalancerServer
	BalancerUnsure string   // why the state of the balancer is uncertain; empty: it is not
	Alerts         []Alert  // see AlertTable.Believed
	Hosts          []string // hosts that earlier alerts named, from Join.Learned
}

// Join makes one Server of each cloud server of the fleet, with its balancer server
// and its alerts. It makes no DNS queries itself: NewJoin joins by the names and
// addresses in the snapshot, Unknown and Named return the hosts to look up, and
// Servers completes the join with their addresses.
type Join struct {
	cfg     Config
	alerts  []Alert // those about servers
	servers []Server
	table   *aliases
	ids     map[int][]string // server → ids of its balancer servers
	hosts   map[int]string   // server → its host in the balancer
	rest    []placed         // balancer servers that no name or address joined
	spelled []string         // hosts that alerts name, without duplicates, in their original spelling
}

// placed is a balancer server and the host of its URL.
type placed struct {
	BalancerServer
	host string
}

// NewJoin starts the join of a snapshot: it joins all that its names and addresses
// identify.
func NewJoin(cfg Config, snapshot Snapshot) *Join {
	n := len(snapshot.Cloud)
	j := &Join{cfg: cfg, servers: make([]Server, 0, n), table: newAliases(n), ids: map[int][]string{}, hosts: make(map[int]string, n)}
	j.addServers(snapshot)
	for _, b := range snapshot.Balancer {
		at := placed{b, hostOf(b.URL)}
		if i, ok := j.findHost(at.host); ok {
			j.take(i, at)
			continue
		}
		j.rest = append(j.rest, at)
	}
	j.addSpelled(snapshot)
	return j
}

// addServers adds the cloud servers that belong to the fleet. A server that is listed
// twice is added once.
func (j *Join) addServers(snapshot Snapshot) {
	ids := make(map[string]bool, len(snapshot.Cloud))
	for _, c := range snapshot.Cloud {
		if ids[c.ID] || !j.cfg.Fleet.NamePattern.Match(c.Name) {
			continue
		}
		i := len(j.servers)
		ids[c.ID] = true
		j.servers = append(j.servers, Server{CloudServer: c})
		j.table.add(snapshot.Missing[c.ID] != "")
		j.table.claim(i, c.ID, false)
		j.table.claim(i, c.Name, false)
		for _, a := range c.Addrs {
			j.table.claim(i, a.Unmap().String(), false)
		}
	}
}

// addSpelled collects the alerts about servers, and the hosts that they name.
func (j *Join) addSpelled(snapshot Snapshot) {
	seen := map[string]bool{"": true}
	spell := func(host string) {
		if !seen[host] {
			seen[host] = true
			j.spelled = append(j.spelled, host)
		}
	}
	for _, a := range snapshot.Alerts {
		if a.scope(j.cfg.Asks) != rules.ScopeServer {
			continue
		}
		j.alerts = append(j.alerts, a)
		if _, ok := j.table.find(a.Labels[rules.LabelServerID]); !ok {
			spell(InstanceHost(a.Labels[rules.LabelInstance]))
		}
	}
	for _, host := range snapshot.Hosts {
		spell(host)
	}
}

// Unknown returns the hosts that are not joined yet. Servers needs their addresses.
func (j *Join) Unknown() []string {
	var hosts []string
	for _, b := range j.rest {
		hosts = append(hosts, b.host)
	}
	for _, host := range j.spelled {
		if _, ok := j.findHost(host); !ok {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Named returns the balancer's hosts that are joined by name, sorted. Servers uses
// their addresses as further aliases, but does not need them.
func (j *Join) Named() []string {
	var hosts []string
	for _, host := range j.hosts {
		if _, err := netip.ParseAddr(host); err != nil {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

// Servers returns the joined servers, sorted with ByName, and what could not be
// joined. addrs holds the addresses of the hosts that Unknown and Named returned.
// Servers does not set State.
func (j *Join) Servers(addrs map[string][]netip.Addr) (servers []Server, unjoined []Hold) {
	for _, b := range j.rest {
		i, ok := j.table.findAddr(addrs[b.host])
		if !ok {
			unjoined = append(unjoined, Hold{Kind: HoldNoServer, Text: fmt.Sprintf("balancer server %s (%s) matches no cloud server%s",
				b.ID, b.URL, j.whyNot(b.host, addrs[b.host]))})
			continue
		}
		j.take(i, b)
	}
	j.claimResolved(addrs)
	j.claimSpelled(addrs)
	j.leaveTwice()
	unjoined = append(unjoined, j.addAlerts()...)
	for i := range j.servers {
		s := &j.servers[i]
		s.Host, s.Aliases = j.table.primary(s.CloudServer, i), j.table.hosts(i)
	}
	return j.byName(), unjoined
}

// Learned returns the hosts that alerts name and that are joined, in the spelling of
// the alerts.
func (j *Join) Learned() []string {
	var out []string
	for _, host := range j.spelled {
		if _, ok := j.table.find(host); ok {
			out = append(out, host)
		}
	}
	return out
}

// Shared returns one line for each host that names several servers. Nothing is joined
// by such a host.
func (j *Join) Shared() []string { return j.table.sharedHosts(j.servers) }

// take joins a balancer server to the server with index i.
func (j *Join) take(i int, b placed) {
	j.ids[i], j.hosts[i] = append(j.ids[i], b.ID), b.host
	j.servers[i].Balancer = &b.BalancerServer
	j.table.claim(i, b.host, false)
}

// claimResolved adds the addresses of the balancer's hosts to the table, in the order
// of the servers, so that the same input gives the same table.
func (j *Join) claimResolved(addrs map[string][]netip.Addr) {
	for i := range j.servers {
		for _, a := range addrs[j.hosts[i]] {
			j.table.claim(i, a.Unmap().String(), true)
		}
	}
}

// claimSpelled adds the hosts of alerts to the table.
func (j *Join) claimSpelled(addrs map[string][]netip.Addr) {
	for _, host := range j.spelled {
		i, ok := j.findHost(host)
		if !ok {
			i, ok = j.table.findAddr(addrs[host])
		}
		if ok {
			j.table.claim(i, host, false)
		}
	}
}

// byName returns the servers sorted with ByName. It sorts pointers, because a Server
// is large and is then copied only once.
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

// leaveTwice leaves a server unjoined that is registered more than once in the
// balancer: if one of these were cordoned, meetings would still come by the other.
func (j *Join) leaveTwice() {
	for i, of := range j.ids {
		if len(of) > 1 {
			j.servers[i].Balancer = nil
			j.servers[i].Problem = fmt.Sprintf("registered %d times in the balancer (%s): remove all but one", len(of), strings.Join(of, ", "))
		}
	}
}

// findHost returns the server that a host names, also by HostNames.
func (j *Join) findHost(host string) (int, bool) {
	if i, ok := j.table.find(host); ok {
		return i, true
	}
	if name := j.cfg.HostNames.ServerName(strings.ToLower(host)); name != "" {
		return j.table.find(name)
	}
	return 0, false
}

// addAlerts adds the alerts about servers to their servers: by the server_id label,
// otherwise by the host part of instance. It returns the alerts that match no server.
func (j *Join) addAlerts() (unjoined []Hold) {
	for _, a := range j.alerts {
		host := InstanceHost(a.Labels[rules.LabelInstance])
		i, ok := j.table.find(a.Labels[rules.LabelServerID])
		if !ok {
			i, ok = j.table.find(host)
		}
		if !ok {
			unjoined = append(unjoined, Hold{Kind: HoldNoTarget, Text: fmt.Sprintf("alert %s of instance %q matches no cloud server%s",
				a.Name, a.Labels[rules.LabelInstance], j.whyNot(host, nil))})
			continue
		}
		j.servers[i].Alerts = append(j.servers[i].Alerts, a)
	}
	return unjoined
}

// whyNot returns why a host is not joined, as the end of a sentence: it or one of its
// addresses names several servers, or its addresses are those of no server.
func (j *Join) whyNot(host string, addrs []netip.Addr) string {
	keys := []string{HostKey(host)}
	for _, a := range addrs {
		keys = append(keys, a.Unmap().String())
	}
	for _, key := range keys {
		if of := j.table.also[key]; len(of) > 0 {
			return fmt.Sprintf(": %s belongs to several servers, %s", key, strings.Join(namesOf(j.servers, of), " and "))
		}
	}
	if len(addrs) > 0 {
		return fmt.Sprintf(": it resolves to %v", addrs)
	}
	return ""
}

// hostOf returns the host of a URL, or all of the text if it is not a URL.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return u.Hostname()
}

// Excluded reports whether FleetConfig.Exclude lists the server, by id, name or name
// pattern.
func (c Config) Excluded(s CloudServer) bool {
	return slices.ContainsFunc(c.Fleet.Exclude, func(x string) bool {
		matched, err := path.Match(x, s.Name)
		return x == s.ID || (err == nil && matched)
	})
}
