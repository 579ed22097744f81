package ionostest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// document is the body of a POST: a resource, and the resources that are created in it.
type document struct {
	ID         string                                `json:"id"`
	Properties properties                            `json:"properties"`
	Entities   map[string]struct{ Items []document } `json:"entities"`
}

// post answers what creates a resource, attaches a volume, or switches a server.
func (c *cloud) post(rw http.ResponseWriter, r *http.Request, n *node, collection string) {
	if _, isAction := actions()[collection]; isAction {
		c.act(rw, r, n, collection)
		return
	}
	var d document
	if err := readBody(rw, r, &d); err != nil {
		c.refuse(rw, r, err)
		return
	}
	if err := c.admit(n, collection, d); err != nil {
		c.refuse(rw, r, err)
		return
	}
	made := c.create(n, collection, d)
	c.accept(rw, r, made, true, func() {})
}

// admit returns the error for a resource, or for one of its entities, that cannot be
// created.
func (c *cloud) admit(n *node, collection string, d document) error {
	if d.ID != "" {
		if n.collection == "servers" && collection == "volumes" && n.parent.member(collection, d.ID) != nil {
			return nil // attached
		}
		return invalid("id", "names no volume of the datacenter: got %s", d.ID)
	}
	if err := cmp.Or(c.check(n, collection, d.Properties, true), missing(collection, d.Properties)); err != nil {
		return err
	}
	if key := textOf(d.Properties["key"]); collection == "labels" && n.member(collection, key) != nil {
		return invalid("key", "is that of a label that exists: got %s", key)
	}
	// A NIC's LAN is sought in the datacenter, by way of the server.
	at := &node{collection: collection, parent: n, children: map[string][]*node{}}
	for _, name := range slices.Sorted(maps.Keys(d.Entities)) {
		if !slices.Contains(collections(collection), name) {
			return invalid("entities."+name, "is unknown")
		}
		for _, child := range d.Entities[name].Items {
			if err := c.admit(at, name, child); err != nil {
				return err
			}
		}
	}
	return nil
}

// create adds a resource that was admitted, with its entities, or attaches a volume.
func (c *cloud) create(n *node, collection string, d document) *node {
	if d.ID != "" {
		volume := n.parent.member(collection, d.ID)
		volume.attach(n)
		return volume
	}
	made := c.newNode(n, collection, d.Properties)
	if n.collection == "servers" && collection == "volumes" {
		made.attach(n)
		n = n.parent
	}
	n.add(collection, made)
	c.fill(made)
	for _, name := range slices.Sorted(maps.Keys(d.Entities)) {
		for _, child := range d.Entities[name].Items {
			c.create(made, name, child)
		}
	}
	return made
}

// newNode returns a resource for a collection of n. LANs are numbered, and a label's id is
// its key.
func (c *cloud) newNode(n *node, collection string, given properties) *node {
	now := time.Now()
	made := &node{id: c.newID(), properties: maps.Clone(given), created: now, modified: now}
	if made.properties == nil {
		made.properties = properties{}
	}
	switch collection {
	case "lans":
		made.id = nextNumber(n.children[collection])
	case "labels":
		made.id = textOf(given["key"])
	}
	return made
}

// nextNumber returns the next id of resources that are numbered.
func nextNumber(nodes []*node) string {
	most := 0
	for _, n := range nodes {
		i, _ := strconv.Atoi(n.id)
		most = max(most, i)
	}
	return strconv.Itoa(most + 1)
}

// modify answers a PATCH, whose body has some properties, and a PUT, whose body is a
// resource with all properties that a client may set. What only a POST sets can be left
// out of both.
func (c *cloud) modify(rw http.ResponseWriter, r *http.Request, n *node) {
	var given properties
	var whole document
	into := any(&given)
	if r.Method == http.MethodPut {
		into = &whole
	}
	err := readBody(rw, r, into)
	if r.Method == http.MethodPut {
		given = whole.Properties
		err = cmp.Or(err, missing(n.collection, n.withFixed(given)))
	}
	if err = cmp.Or(err, c.check(n, n.collection, given, false)); err != nil {
		c.refuse(rw, r, err)
		return
	}
	c.accept(rw, r, n, true, func() {
		if r.Method == http.MethodPut {
			n.reset()
		}
		maps.Copy(n.properties, given)
		c.fill(n)
	})
}

// withFixed returns the properties together with those that cannot be changed.
func (n *node) withFixed(given properties) properties {
	all := properties{}
	for _, name := range fixed(n.collection) {
		all[name] = n.properties[name]
	}
	maps.Copy(all, given)
	return all
}

// reset takes away what clients may set.
func (n *node) reset() {
	maps.DeleteFunc(n.properties, func(name string, _ any) bool { return !slices.Contains(fixed(n.collection), name) })
}
