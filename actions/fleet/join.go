package fleet

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"

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
	cfg      Config
	snapshot Snapshot
	alerts   []Alert  // those about servers
	spelled  []string // hosts that alerts name, without duplicates, in their original spelling
	lists    *lists
	known    *resolved // nil until Servers
}

// NewJoin starts the join of a snapshot: it joins all that its names and addresses
// identify. before is the join of the cycle before, or nil: what identifies the servers
// is seldom different, and is then taken from it.
func NewJoin(cfg Config, snapshot Snapshot, before *Join) *Join {
	j := &Join{cfg: cfg, snapshot: snapshot}
	if before != nil {
		j.lists, j.known = before.lists, before.known
	}
	if j.lists == nil || !j.lists.of(cfg, snapshot) {
		j.lists = newLists(cfg, snapshot)
	}
	j.addSpelled()
	return j
}

// addSpelled collects the alerts about servers, and the hosts that they name.
func (j *Join) addSpelled() {
	seen := map[string]bool{"": true}
	spell := func(host string) {
		if !seen[host] {
			seen[host] = true
			j.spelled = append(j.spelled, host)
		}
	}
	for _, a := range j.snapshot.Alerts {
		if a.scope(j.cfg.Asks) != rules.ScopeServer {
			continue
		}
		j.alerts = append(j.alerts, a)
		if _, ok := j.lists.table.find(a.Labels[rules.LabelServerID]); !ok {
			spell(InstanceHost(a.Labels[rules.LabelInstance]))
		}
	}
	for _, host := range j.snapshot.Hosts {
		spell(host)
	}
}

// Unknown returns the hosts that are not joined yet. Servers needs their addresses.
func (j *Join) Unknown() []string {
	var hosts []string
	for _, b := range j.lists.rest {
		hosts = append(hosts, b.host)
	}
	for _, host := range j.spelled {
		if _, ok := j.lists.table.findHost(host, j.cfg.HostNames); !ok {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Named returns the balancer's hosts that are joined by name, sorted. Servers uses
// their addresses as further aliases, but does not need them.
func (j *Join) Named() []string { return j.lists.named }

// Servers returns the joined servers, sorted with ByName, and what could not be
// joined. addrs holds the addresses of the hosts that Unknown and Named returned.
// Servers does not set State.
func (j *Join) Servers(addrs map[string][]netip.Addr) (servers []Server, unjoined []Hold) {
	if j.known == nil || !j.known.of(j.lists, j.spelled, addrs) {
		j.known = newResolved(j.lists, j.spelled, addrs)
	}
	balancer := slices.Clone(j.snapshot.Balancer) // the servers point into it
	servers = make([]Server, len(j.known.joined))
	for at, k := range j.known.joined {
		servers[at] = Server{CloudServer: j.snapshot.Cloud[k.cloud], Problem: k.problem, Host: k.host, Aliases: k.aliases}
		if k.balancer >= 0 {
			servers[at].Balancer = &balancer[k.balancer]
		}
	}
	return servers, slices.Concat(j.known.unjoined, j.addAlerts(servers))
}

// Learned returns the hosts that alerts name and that are joined, in the spelling of
// the alerts.
func (j *Join) Learned() []string { return j.known.learned }

// Shared returns one line for each host that names several servers. Nothing is joined
// by such a host.
func (j *Join) Shared() []string { return j.known.shared }

// addAlerts adds the alerts about servers to their servers: by the server_id label,
// otherwise by the host part of instance. It returns the alerts that match no server.
func (j *Join) addAlerts(servers []Server) (unjoined []Hold) {
	for _, a := range j.alerts {
		host := InstanceHost(a.Labels[rules.LabelInstance])
		i, ok := j.known.table.find(a.Labels[rules.LabelServerID])
		if !ok {
			i, ok = j.known.table.find(host)
		}
		if !ok {
			unjoined = append(unjoined, Hold{Kind: HoldNoTarget, Text: fmt.Sprintf("alert %s of instance %q matches no cloud server%s",
				a.Name, a.Labels[rules.LabelInstance], j.known.whyNot(host, nil))})
			continue
		}
		at := j.lists.position[i]
		servers[at].Alerts = append(servers[at].Alerts, a)
	}
	return unjoined
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
