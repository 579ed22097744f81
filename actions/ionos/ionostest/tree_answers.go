package ionostest

import (
	"fmt"
	"maps"
	"net/http"
	"time"
)

// items returns a list's items of resources.
func (c *cloud) items(r *http.Request, nodes []*node) []item {
	items := make([]item, len(nodes))
	for i, n := range nodes {
		items[i] = func(level int) resource { return c.write(r, n, level) }
	}
	return items
}

func (c *cloud) readOne(r *http.Request, n *node) (any, error) {
	_, _, depth, err := paging(r)
	if err != nil {
		return nil, err
	}
	return c.write(r, n, depth), nil
}

// write returns a resource: below level 0 only a reference, at 0 its properties, at 1
// also references to its entities, at 2 also their properties, and so on.
func (c *cloud) write(r *http.Request, n *node, level int) resource {
	answer := reference(r, n)
	if level < 0 {
		return answer
	}
	answer.Metadata = n.metadata()
	p := maps.Clone(n.properties)
	if n.collection == "servers" {
		if boot := n.members("volumes"); len(boot) > 0 {
			p["bootVolume"] = reference(r, boot[0])
		}
	}
	answer.Properties = p
	if of := c.entities(r, n, level); len(of) > 0 {
		answer.Entities = of
	}
	return answer
}

func (n *node) metadata() *metadata {
	m := metadata{
		ETag: fmt.Sprintf("%x", n.modified.UnixNano()), State: "AVAILABLE",
		Created: n.created.UTC().Format(time.RFC3339), Modified: n.modified.UTC().Format(time.RFC3339),
	}
	switch {
	case n.collection == "labels":
		m.State = "" // they have none
	case n.pending > 0:
		m.State = "BUSY"
	}
	return &m
}

// entities returns the collections of a resource, from level 1 on. Labels are not among
// them.
func (c *cloud) entities(r *http.Request, n *node, level int) map[string]collection {
	if level < 1 {
		return nil
	}
	entities := map[string]collection{}
	for _, name := range collections(n.collection) {
		if name == "labels" {
			continue
		}
		l := collection{ID: n.id + "/" + name, Type: "collection", Href: self(r, "%s/%s", n.path(), name), Items: []resource{}}
		for _, member := range n.members(name) {
			l.Items = append(l.Items, c.write(r, member, level-2))
		}
		entities[name] = l
	}
	return entities
}

func reference(r *http.Request, n *node) resource {
	return resource{ID: n.id, Type: typeOf(n.collection), Href: self(r, "%s", n.path())}
}

// fixedContract answers with limits that no setup reaches.
func (c *cloud) fixedContract(r *http.Request) (any, error) {
	const cores, ram = 1 << 20, 1 << 30
	used := resourceLimits{}
	for _, dc := range c.root.children["datacenters"] {
		for _, s := range dc.children["servers"] {
			if s.properties["vmState"] == "RUNNING" {
				used.CoresProvisioned += int(number(s.properties["cores"]))
				used.RAMProvisioned += int(number(s.properties["ram"]))
			}
		}
	}
	used.CoresPerServer, used.CoresPerContract, used.RAMPerServer, used.RAMPerContract = 62, cores, 240<<10, ram
	return c.listContract(r, used)
}

// number returns the value of a number in JSON, or 0.
func number(v any) float64 {
	n, _ := v.(float64)
	return n
}
