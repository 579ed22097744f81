package fleet

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// aliases is the one table of the names and addresses of the fleet's servers.
// Servers go by their index. A key of it is what HostKey returns.
type aliases struct {
	of    map[string]owner
	named [][]string       // server → its hosts, spelled as they were found
	also  map[string][]int // key that several servers share → these servers
	gone  []bool           // server → whether the cloud lists it no more
}

// owner is the server that a key names.
type owner struct {
	server  int  // shared: several
	derived bool // by DNS alone: what the cloud says of another server counts more
}

// shared stands for several servers.
const shared = -1

func newAliases(servers int) *aliases {
	return &aliases{
		of: make(map[string]owner, 4*servers), named: make([][]string, 0, servers), // an id, a name, and two addresses each
		also: map[string][]int{}, gone: make([]bool, 0, servers),
	}
}

// add makes room for one more server.
func (t *aliases) add(gone bool) {
	t.named, t.gone = append(t.named, make([]string, 0, 4)), append(t.gone, gone)
}

// claim notes that host names a server. A server that the cloud lists no more
// keeps only what no other claims: one that was made anew has its name and its
// addresses.
func (t *aliases) claim(server int, host string, derived bool) {
	if host == "" {
		return
	}
	key := HostKey(host)
	now, known := t.of[key]
	switch {
	case !known || now.server != shared && t.gone[now.server] && !t.gone[server]:
		t.of[key] = owner{server, derived}
	case now.server == server:
	case t.gone[server] && (now.server == shared || !t.gone[now.server]), derived && !now.derived:
		return
	default:
		if now.server != shared {
			t.also[key] = append(t.also[key], now.server)
		}
		if !slices.Contains(t.also[key], server) {
			t.also[key] = append(t.also[key], server)
		}
		t.of[key] = owner{shared, derived}
	}
	if !slices.Contains(t.named[server], host) {
		t.named[server] = append(t.named[server], host)
	}
}

// find returns the one server that host names.
func (t *aliases) find(host string) (server int, ok bool) {
	o, ok := t.of[HostKey(host)]
	return o.server, ok && o.server != shared
}

// findAddr returns the one server that all known ones of the addresses name.
func (t *aliases) findAddr(addrs []netip.Addr) (server int, ok bool) {
	for _, a := range addrs {
		o, known := t.of[a.Unmap().String()]
		switch {
		case !known:
		case o.server == shared, ok && o.server != server:
			return 0, false
		default:
			server, ok = o.server, true
		}
	}
	return server, ok
}

// hosts returns every host that names the server alone: as it was found, and in
// lower case. Prometheus compares with the case.
func (t *aliases) hosts(server int) []string {
	out := make([]string, 0, len(t.named[server])+1)
	for _, host := range t.named[server] {
		key := HostKey(host)
		if t.of[key].server != server {
			continue
		}
		for _, spelled := range []string{host, key} {
			if !slices.Contains(out, spelled) {
				out = append(out, spelled)
			}
		}
	}
	return out
}

// primary returns the host that stands for the server in labels: its first
// address, name or id that names no other server.
func (t *aliases) primary(s CloudServer, server int) string {
	for _, a := range s.Addrs {
		if key := a.Unmap().String(); t.of[key].server == server {
			return key
		}
	}
	if t.of[HostKey(s.Name)].server == server {
		return s.Name
	}
	return s.ID
}

// HostKey returns what the host is compared by: an address in its shortest
// form without brackets, a name in lower case without a trailing dot.
func HostKey(host string) string {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if mayBeAddr(host) {
		if a, err := netip.ParseAddr(host); err == nil {
			return a.Unmap().String()
		}
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// mayBeAddr reports whether it is worth parsing host as an address.
func mayBeAddr(host string) bool {
	return host != "" && (isDigit(host[0]) || strings.Contains(host, ":"))
}

// InstanceHost returns the host part of an exporter's instance label: without
// port and brackets.
func InstanceHost(instance string) string {
	if host, _, err := net.SplitHostPort(instance); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(instance, "["), "]")
}

// sharedHosts says which hosts name several servers.
func (t *aliases) sharedHosts(servers []Server) []string {
	var out []string
	for key, of := range t.also {
		out = append(out, fmt.Sprintf("%s: %s", key, strings.Join(namesOf(servers, of), ", ")))
	}
	slices.Sort(out)
	return out
}

func namesOf(servers []Server, of []int) []string {
	names := make([]string, len(of))
	for i, s := range of {
		names[i] = servers[s].Name
	}
	slices.Sort(names)
	return names
}
