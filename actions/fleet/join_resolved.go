package fleet

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// resolved completes lists with the addresses of the balancer's hosts and with the
// hosts that alerts name. It is not changed after newResolved.
type resolved struct {
	lists   *lists
	spelled []string
	addrs   map[string][]netip.Addr

	table      *aliases
	registered [][]int // server → its indexes in lists.balancer
	hosts      []string
	joined     []identity // in the order of ByName
	unjoined   []Hold     // balancer servers that match no cloud server
	learned    []string   // see Join.Learned
	shared     []string   // see Join.Shared
}

// identity is what joins one server.
type identity struct {
	cloud, balancer int // its indexes in the lists; balancer is -1 if it is not there, or several times
	problem, host   string
	aliases         []string
}

// newResolved completes lists.
func newResolved(l *lists, spelled []string, addrs map[string][]netip.Addr) *resolved {
	r := &resolved{lists: l, spelled: spelled, addrs: addrs, table: l.table.clone(), registered: slices.Clone(l.registered), hosts: slices.Clone(l.hosts)}
	for _, b := range l.rest {
		r.takeRest(b)
	}
	r.claimResolved()
	r.claimSpelled()
	r.joined = make([]identity, len(l.servers))
	for i, at := range l.position {
		r.joined[at] = r.identify(i)
	}
	for _, host := range spelled {
		if _, ok := r.table.find(host); ok {
			r.learned = append(r.learned, host)
		}
	}
	r.shared = r.sharedHosts()
	return r
}

// sharedHosts returns one line for each host that names several servers, as
// "host: server, server".
func (r *resolved) sharedHosts() (out []string) {
	for key, of := range r.table.also {
		out = append(out, fmt.Sprintf("%s: %s", key, strings.Join(r.lists.names(of), ", ")))
	}
	slices.Sort(out)
	return out
}

// of reports whether r was made from the same input.
func (r *resolved) of(l *lists, spelled []string, addrs map[string][]netip.Addr) bool {
	return r.lists == l && slices.Equal(r.spelled, spelled) && maps.EqualFunc(r.addrs, addrs, slices.Equal)
}

// takeRest joins a balancer server by the addresses of its host.
func (r *resolved) takeRest(b placed) {
	i, ok := r.table.findAddr(r.addrs[b.host])
	if !ok {
		server := r.lists.balancer[b.at]
		r.unjoined = append(r.unjoined, Hold{Kind: HoldNoServer, Text: fmt.Sprintf("balancer server %s (%s) matches no cloud server%s",
			server.ID, server.URL, r.whyNot(b.host, r.addrs[b.host]))})
		return
	}
	r.registered[i], r.hosts[i] = append(slices.Clip(r.registered[i]), b.at), b.host
	r.table.claim(i, b.host, false)
}

// claimResolved adds the addresses of the balancer's hosts to the table, in the order
// of the servers, so that the same input gives the same table.
func (r *resolved) claimResolved() {
	for i, host := range r.hosts {
		for _, a := range r.addrs[host] {
			r.table.claim(i, a.Unmap().String(), true)
		}
	}
}

// claimSpelled adds the hosts of alerts to the table.
func (r *resolved) claimSpelled() {
	for _, host := range r.spelled {
		i, ok := r.table.findHost(host, r.lists.hostNames)
		if !ok {
			i, ok = r.table.findAddr(r.addrs[host])
		}
		if ok {
			r.table.claim(i, host, false)
		}
	}
}

// identify returns what joins a server. One that is registered more than once in the
// balancer stays unjoined: if one of these were cordoned, meetings would still come by
// the other.
func (r *resolved) identify(i int) identity {
	out := identity{
		cloud: r.lists.servers[i], balancer: -1, host: r.table.primary(*r.lists.server(i), i), aliases: r.table.hosts(i),
	}
	switch of := r.registered[i]; len(of) {
	case 0:
	case 1:
		out.balancer = of[0]
	default:
		ids := make([]string, len(of))
		for at, b := range of {
			ids[at] = r.lists.balancer[b].ID
		}
		out.problem = fmt.Sprintf("registered %d times in the balancer (%s): remove all but one", len(of), strings.Join(ids, ", "))
	}
	return out
}

// whyNot returns why a host is not joined, as the end of a sentence: it or one of its
// addresses names several servers, or its addresses are those of no server.
func (r *resolved) whyNot(host string, addrs []netip.Addr) string {
	keys := []string{HostKey(host)}
	for _, a := range addrs {
		keys = append(keys, a.Unmap().String())
	}
	for _, key := range keys {
		if of := r.table.also[key]; len(of) > 0 {
			return fmt.Sprintf(": %s belongs to several servers, %s", key, strings.Join(r.lists.names(of), " and "))
		}
	}
	if len(addrs) > 0 {
		return fmt.Sprintf(": it resolves to %v", addrs)
	}
	return ""
}
