package ionostest

import (
	"net/http"
	"time"
)

// labels returns all labels below n.
func (n *node) labels() (all []*node) {
	for _, collection := range collections(n.collection) {
		for _, child := range n.children[collection] {
			if collection == "labels" {
				all = append(all, child)
			}
			all = append(all, child.labels()...)
		}
	}
	return all
}

// changeLabel changes a label, which takes effect at once and makes no request.
func (c *cloud) changeLabel(rw http.ResponseWriter, r *http.Request, n *node, effect func()) {
	effect()
	n.modified = time.Now()
	switch r.Method {
	case http.MethodDelete:
		rw.WriteHeader(http.StatusOK)
	case http.MethodPost:
		answer(rw, r, http.StatusCreated, c.write(r, n, 0))
	default:
		answer(rw, r, http.StatusOK, c.write(r, n, 0))
	}
}
