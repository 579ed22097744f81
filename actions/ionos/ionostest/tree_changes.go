package ionostest

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// change is an accepted request.
type change struct {
	id     string
	method string
	path   string // of the call, below BasePath
	of     *node
	made   time.Time
	ends   time.Time
	effect func() // nil once it has taken place
}

// newID returns the next id: a UUID that depends only on the number of ids before it.
func (c *cloud) newID() string {
	c.made++
	return fmt.Sprintf("%08x-5100-4000-8000-%012x", uint32(c.made)*2654435761, c.made)
}

// accept records a change of n with its effect, and answers with the resource as it is
// before. A call without a body in its answer has a nil body.
func (c *cloud) accept(rw http.ResponseWriter, r *http.Request, n *node, body bool, effect func()) {
	if n.collection == "labels" {
		c.changeLabel(rw, r, n, effect)
		return
	}
	now := time.Now()
	ends := now
	if n.freeAt.After(now) {
		ends = n.freeAt
	}
	n.freeAt = ends.Add(c.cfg.Takes)
	n.pending++
	ch := &change{id: c.newID(), method: r.Method, path: path(r), of: n, made: now, ends: n.freeAt, effect: effect}
	c.changes = append(c.changes, ch)
	c.settle()
	rw.Header().Set("Location", self(r, "/requests/%s/status", ch.id))
	if !body {
		rw.WriteHeader(http.StatusAccepted)
		return
	}
	answer(rw, r, http.StatusAccepted, c.write(r, n, 3))
}

// settle lets the changes whose time has come take effect.
func (c *cloud) settle() {
	now := time.Now()
	for _, ch := range c.changes {
		if ch.effect == nil || ch.ends.After(now) {
			continue
		}
		ch.of.pending--
		ch.of.modified = ch.ends
		ch.effect()
		ch.effect = nil
	}
}

// phase returns the status of the request.
func (ch *change) phase() string {
	if ch.effect == nil {
		return sim.RequestDone
	}
	return sim.RequestRunning
}

func (ch *change) status(r *http.Request) requestStatus {
	return statusOf(r, ch.id, ch.phase(), map[bool]string{true: "Request has been successfully executed"}[ch.effect == nil], reference(r, ch.of))
}

func (ch *change) write(r *http.Request, level int) resource {
	q := resource{ID: ch.id, Type: "request", Href: self(r, "/requests/%s", ch.id)}
	if level >= 0 {
		q.Metadata = requestMetadata{Created: ch.made.UTC().Format(time.RFC3339), ETag: ch.id, Status: ch.status(r)}
		q.Properties = requestProperties{Method: ch.method, URL: self(r, "%s", ch.path)}
	}
	return q
}

func (c *cloud) listChanges(r *http.Request) (any, error) {
	items := make([]item, len(c.changes))
	for i, ch := range c.changes {
		items[i] = func(level int) resource { return ch.write(r, level) }
	}
	return c.here(r, items)
}

func (c *cloud) findChange(r *http.Request) (*change, error) {
	i := slices.IndexFunc(c.changes, func(ch *change) bool { return ch.id == r.PathValue("id") })
	if i < 0 {
		return nil, notFound(r)
	}
	return c.changes[i], nil
}

func (c *cloud) readChangeByID(r *http.Request) (any, error) {
	ch, err := c.findChange(r)
	if err != nil {
		return nil, err
	}
	return ch.write(r, 0), nil
}

func (c *cloud) readStatus(r *http.Request) (any, error) {
	ch, err := c.findChange(r)
	if err != nil {
		return nil, err
	}
	return ch.status(r), nil
}

// actions are those of servers, with the vmState that they lead to.
func actions() map[string]string {
	return map[string]string{"start": "RUNNING", "stop": "SHUTOFF", "resume": "RUNNING", "suspend": "SUSPENDED", "reboot": "RUNNING"}
}

// act switches a server.
func (c *cloud) act(rw http.ResponseWriter, r *http.Request, n *node, action string) {
	isCube := n.properties["type"] == sim.Cube
	if action != "reboot" && isCube != (action == "resume" || action == "suspend") {
		c.refuse(rw, r, &sim.CloudError{
			Status: http.StatusUnprocessableEntity, Code: "200",
			Message: fmt.Sprintf("[VDC-5-1415] Operation %q is not supported for a server of type %s", action, n.properties["type"]),
		})
		return
	}
	c.accept(rw, r, n, false, func() {
		n.properties["vmState"] = actions()[action]
		if c.cfg.Switched != nil {
			c.cfg.Switched(n.parent.id, textOf(n.properties["name"]), actions()[action] == "RUNNING")
		}
	})
}

// remove deletes a resource with all that is below it. The volumes of a deleted server
// stay, unless the query has deleteVolumes=true.
func (c *cloud) remove(rw http.ResponseWriter, r *http.Request, n *node) {
	if n.collection == "lans" && len(n.members("nics")) > 0 {
		c.refuse(rw, r, &sim.CloudError{Status: http.StatusUnprocessableEntity, Code: "200", Message: "[VDC-5-1420] NICs are connected to the LAN"})
		return
	}
	detach := path(r) != n.path() // of a volume, at its server
	withVolumes := r.URL.Query().Get("deleteVolumes") == "true"
	c.accept(rw, r, n, false, func() {
		if detach {
			n.attach(nil)
		} else {
			n.destroy(withVolumes)
		}
	})
}

// destroy removes a resource from the tree, and a server's volumes or their attachment.
func (n *node) destroy(withVolumes bool) {
	if n.collection == "servers" {
		for _, v := range n.members("volumes") {
			v.attach(nil)
			if withVolumes {
				v.unlink()
			}
		}
	}
	n.unlink()
}

func (n *node) unlink() {
	in := n.parent.children
	in[n.collection] = slices.DeleteFunc(in[n.collection], func(m *node) bool { return m == n })
}

// attach connects a volume to a server, or to none.
func (n *node) attach(server *node) {
	n.server = server
	delete(n.properties, "bootServer")
	if server != nil {
		n.properties["bootServer"] = server.id
	}
}
