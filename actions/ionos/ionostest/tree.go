package ionostest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// properties are those of a resource, by their names in JSON.
type properties = map[string]any

// node is a resource in the tree: the root has datacenters, which have servers, and so on.
type node struct {
	id         string
	collection string // that it is in; "" for the root
	parent     *node
	children   map[string][]*node // by collection, in the order of their creation
	properties properties
	server     *node // of an attached volume
	created    time.Time
	modified   time.Time
	pending    int       // changes that have not taken effect
	freeAt     time.Time // when the last of them does
}

// collections returns the names of the collections that the resources of one have, and
// of the root's with "".
func collections(of string) []string {
	switch of {
	case "":
		return []string{"datacenters", "ipblocks", "images", "snapshots", "labels"}
	case "datacenters":
		return []string{"servers", "volumes", "lans", "labels"}
	case "servers":
		return []string{"volumes", "nics", "cdroms", "labels"}
	case "nics":
		return []string{"firewallrules", "flowlogs"}
	case "lans":
		return []string{"nics"}
	case "volumes", "ipblocks":
		return []string{"labels"}
	}
	return nil
}

// typeOf returns the type of a collection's resources.
func typeOf(collection string) string {
	switch collection {
	case "firewallrules":
		return "firewall-rule"
	case "flowlogs":
		return "flow-log"
	}
	return strings.TrimSuffix(collection, "s")
}

// isReadOnly reports whether the resource, or that collection of it, cannot be changed by
// clients.
func (n *node) isReadOnly(collection string) bool {
	switch {
	case n.collection == "" && (collection == "labels" || collection == "images" || collection == "snapshots"), n.collection == "images":
		return true
	case n.collection == "lans" && collection == "nics", collection == "cdroms", collection == "flowlogs":
		return true
	}
	return false
}

// add appends a resource to a collection.
func (n *node) add(collection string, child *node) {
	child.parent, child.collection, child.children = n, collection, map[string][]*node{}
	n.children[collection] = append(n.children[collection], child)
}

// members returns the resources of a collection. A server has its attached volumes and a
// LAN the NICs connected to it, and the root all labels.
func (n *node) members(collection string) []*node {
	switch {
	case n.collection == "servers" && collection == "volumes":
		return kept(n.parent.children["volumes"], func(v *node) bool { return v.server == n })
	case n.collection == "lans" && collection == "nics":
		var nics []*node
		for _, server := range n.parent.children["servers"] {
			nics = append(nics, kept(server.children["nics"], func(nic *node) bool { return textOf(nic.properties["lan"]) == n.id })...)
		}
		return nics
	case n.collection == "" && collection == "labels":
		return n.labels()
	}
	return n.children[collection]
}

func kept(nodes []*node, keep func(*node) bool) (some []*node) {
	for _, n := range nodes {
		if keep(n) {
			some = append(some, n)
		}
	}
	return some
}

// member returns the resource of a collection with that id, or nil.
func (n *node) member(collection, id string) *node {
	all := n.members(collection)
	i := slices.IndexFunc(all, func(m *node) bool { return m.id == id })
	if i < 0 {
		return nil
	}
	return all[i]
}

// path returns the path below BasePath.
func (n *node) path() string {
	if n.parent == nil {
		return ""
	}
	return n.parent.path() + "/" + n.collection + "/" + n.id
}

// at returns the resource that the path of a request names, and a collection of it or an
// action, if the path ends with one.
func (c *cloud) at(r *http.Request) (n *node, last string, err error) {
	if !strings.HasPrefix(r.URL.Path, BasePath+"/") {
		return nil, "", notSimulated(r)
	}
	n = c.root
	names := strings.Split(strings.Trim(path(r), "/"), "/")
	for len(names) > 0 {
		_, isAction := actions()[names[0]]
		switch {
		case isAction && n.collection == "servers" && len(names) == 1 && r.Method == http.MethodPost:
		case !slices.Contains(collections(n.collection), names[0]):
			return nil, "", notSimulated(r)
		}
		if len(names) == 1 {
			return n, names[0], nil
		}
		if n = n.member(names[0], names[1]); n == nil {
			return nil, "", notFound(r)
		}
		names = names[2:]
	}
	return n, "", nil
}
