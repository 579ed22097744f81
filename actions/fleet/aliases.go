package fleet

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// aliases maps the names and addresses of the fleet's servers to the servers. A
// server is identified by its index; keys are the results of HostKey.
type aliases struct {
	of    map[string]owner // key → the server that it names
	named [][]string       // server → its hosts, in their original spelling
	also  map[string][]int // key that several servers share → these servers
	gone  []bool           // server → whether the cloud no longer lists it
}

// owner is the server that a key names.
type owner struct {
	server  int  // index of the server, or shared
	derived bool // known only from DNS; what the cloud lists for another server takes precedence
}

// shared is the owner.server of a key that names several servers.
const shared = -1

// newAliases returns an empty table with room for the given number of servers.
func newAliases(servers int) *aliases {
	return &aliases{
		of: make(map[string]owner, 4*servers), named: make([][]string, 0, servers), // an id, a name, and two addresses each
		also: map[string][]int{}, gone: make([]bool, 0, servers),
	}
}

// add appends one more server to the table, without hosts.
func (t *aliases) add(gone bool) {
	t.named, t.gone = append(t.named, make([]string, 0, 4)), append(t.gone, gone)
}

// claim records that host names a server. A server that the cloud no longer lists
// loses every host that a listed server claims, since a server that was created again
// has the same name and addresses. A host known only from DNS never replaces one that
// the cloud lists.
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

// clone returns a copy, which can be changed while this table stays as it is.
func (t *aliases) clone() *aliases {
	c := &aliases{of: maps.Clone(t.of), named: slices.Clone(t.named), also: maps.Clone(t.also), gone: t.gone}
	for i := range c.named {
		c.named[i] = slices.Clip(c.named[i])
	}
	for key := range c.also {
		c.also[key] = slices.Clip(c.also[key])
	}
	return c
}

// findHost returns the server that a host names, also by the names derived from hosts.
func (t *aliases) findHost(host string, derive HostNames) (server int, ok bool) {
	if i, ok := t.find(host); ok {
		return i, true
	}
	if name := derive.ServerName(strings.ToLower(host)); name != "" {
		return t.find(name)
	}
	return 0, false
}

// find returns the server that host names. ok is false if it names none or several.
func (t *aliases) find(host string) (server int, ok bool) {
	o, ok := t.of[HostKey(host)]
	return o.server, ok && o.server != shared
}

// findAddr returns the server that the addresses name; unknown addresses are ignored.
// ok is false if they name none or several servers.
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

// hosts returns every host that names this server and no other, in its original
// spelling and in lower case, because Prometheus compares labels case-sensitively.
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

// primary returns the host that identifies the server in labels: the first of its
// addresses, its name and its id that names no other server.
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

// HostKey returns the canonical form of a host, by which hosts are compared: an
// address in its shortest form without brackets, a name in lower case without a
// trailing dot.
func HostKey(host string) string {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if mayBeAddr(host) {
		if a, err := netip.ParseAddr(host); err == nil {
			return a.Unmap().String()
		}
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// mayBeAddr reports whether host can be an IP address: it saves the time to parse
// names.
func mayBeAddr(host string) bool {
	return host != "" && (isDigit(host[0]) || strings.Contains(host, ":"))
}

// InstanceHost returns the host part of an exporter's instance label, without the
// port and brackets.
func InstanceHost(instance string) string {
	if host, _, err := net.SplitHostPort(instance); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(instance, "["), "]")
}
