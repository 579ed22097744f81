package fleet

import (
	"maps"
	"net/netip"
	"slices"
)

// lists is what the names and addresses in the lists of the cloud and of the balancer
// join. It is not changed after newLists, so that the next cycles can use it, too. A
// server is identified by its index, in the order of the cloud's list.
type lists struct {
	pattern   NamePattern
	hostNames HostNames
	cloud     []CloudServer
	missing   map[string]string // see Snapshot.Missing
	balancer  []BalancerServer

	table      *aliases
	servers    []int    // server → its index in cloud
	position   []int    // server → its place in the order of ByName
	registered [][]int  // server → its indexes in balancer
	hosts      []string // server → its host in the balancer
	rest       []placed // those of balancer that no name or address joined
	named      []string // hosts that are joined by name, sorted
}

// placed is a balancer server's index in its list, and the host of its URL.
type placed struct {
	at   int
	host string
}

// newLists joins the lists of a snapshot.
func newLists(cfg Config, s Snapshot) *lists {
	l := &lists{
		pattern: cfg.Fleet.NamePattern, hostNames: cfg.HostNames, cloud: s.Cloud, missing: s.Missing, balancer: s.Balancer,
		table: newAliases(len(s.Cloud)),
	}
	l.addServers()
	l.registered, l.hosts = make([][]int, len(l.servers)), make([]string, len(l.servers))
	for b := range l.balancer {
		host := hostOf(l.balancer[b].URL)
		i, ok := l.table.findHost(host, l.hostNames)
		if !ok {
			l.rest = append(l.rest, placed{b, host})
			continue
		}
		l.registered[i], l.hosts[i] = append(l.registered[i], b), host
		l.table.claim(i, host, false)
	}
	for i, host := range l.hosts {
		if _, err := netip.ParseAddr(host); err != nil && len(l.registered[i]) > 0 {
			l.named = append(l.named, host)
		}
	}
	slices.Sort(l.named)
	l.sort()
	return l
}

// of reports whether the lists of a snapshot join in the same way: whether all that
// identifies their servers is the same.
func (l *lists) of(cfg Config, s Snapshot) bool {
	return l.pattern == cfg.Fleet.NamePattern && l.hostNames == cfg.HostNames && maps.Equal(l.missing, s.Missing) &&
		slices.EqualFunc(l.cloud, s.Cloud, func(a, b CloudServer) bool {
			return a.ID == b.ID && a.Name == b.Name && slices.Equal(a.Addrs, b.Addrs)
		}) &&
		slices.EqualFunc(l.balancer, s.Balancer, func(a, b BalancerServer) bool { return a.ID == b.ID && a.URL == b.URL })
}

// addServers adds the cloud servers that belong to the fleet. A server that is listed
// twice is added once.
func (l *lists) addServers() {
	ids := make(map[string]bool, len(l.cloud))
	for at, c := range l.cloud {
		if ids[c.ID] || !l.pattern.Match(c.Name) {
			continue
		}
		i := len(l.servers)
		ids[c.ID] = true
		l.servers = append(l.servers, at)
		l.table.add(l.missing[c.ID] != "")
		l.table.claim(i, c.ID, false)
		l.table.claim(i, c.Name, false)
		for _, a := range c.Addrs {
			l.table.claim(i, a.Unmap().String(), false)
		}
	}
}

// sort sets the positions.
func (l *lists) sort() {
	order := make([]int, len(l.servers))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return ByName(l.server(a), l.server(b)) })
	l.position = make([]int, len(order))
	for at, i := range order {
		l.position[i] = at
	}
}

// server returns a server as the cloud listed it when lists was made.
func (l *lists) server(i int) *CloudServer { return &l.cloud[l.servers[i]] }

// names returns the names of the servers, sorted.
func (l *lists) names(of []int) []string {
	names := make([]string, len(of))
	for at, i := range of {
		names[at] = l.server(i).Name
	}
	slices.Sort(names)
	return names
}
