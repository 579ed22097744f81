package ionostest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// ResourcesConfig sets what NewResources serves, and the credentials that clients must
// send.
type ResourcesConfig struct {
	// User and Password, or Token, are the credentials that clients must send. If none
	// is set, all clients are accepted.
	User            string
	Password, Token fleet.Secret
	// Datacenters are the ids of those that exist at the start, and are empty.
	Datacenters []string
	// Zones are those of Cloud DNS, whose domains are by their ids. They are empty at the
	// start.
	Zones map[string]string
	// Takes is the time from the acceptance of a change to its effect, when its request
	// is DONE and the resource AVAILABLE again. Changes of one resource take effect one
	// after the other.
	Takes time.Duration
	// RateLimit is the allowed average number of calls per minute; 0 means no limit and
	// no headers. RateBurst is the number of calls allowed at once.
	RateLimit, RateBurst int
	// Switched, if not nil, is called when a server was switched on or off, with its
	// name and its datacenter.
	Switched func(datacenter, server string, on bool)
}

// cloud is the handler of NewResources.
type cloud struct {
	api
	cfg     ResourcesConfig
	limiter *rate.Limiter // nil for no limit

	mu      sync.Mutex
	root    *node
	changes []*change // the oldest first
	made    int       // number of resources and changes, for their ids
	zones   map[string]*zone
}

// NewResources returns the API as a handler for clients that create and delete resources,
// such as Terraform's provider. It has no sim.World: servers are only descriptions, which
// can be switched and resized.
//
// It serves datacenters, servers, volumes, NICs, LANs, firewall rules, reserved IP blocks
// and labels (create, list with depth, paging, filters and order, read, PATCH, PUT, delete),
// the actions of servers, requests with their status, and images, locations and the
// contract, which can only be read, and the records of zones of Cloud DNS. There are no
// snapshots. Everything else is answered with 501. A NIC may have any address: whether it
// is reserved is not checked.
func NewResources(cfg ResourcesConfig) http.Handler {
	c := newCloud(cfg)
	mux := http.NewServeMux()
	for path, read := range map[string]func(*http.Request) (any, error){
		"/{$}": c.info, "/contracts": c.fixedContract, "/locations": c.locations, "/locations/{region}": c.locations, "/locations/{region}/{l}": c.location,
		"/requests": c.listChanges, "/requests/{id}": c.readChangeByID, "/requests/{id}/status": c.readStatus,
	} {
		mux.HandleFunc("GET "+BasePath+path, c.locked(c.serve(read)))
	}
	c.serveDNS(mux)
	mux.HandleFunc("/", c.locked(c.serveTree))
	return c.guard(c.limit, mux)
}

// newCloud returns a cloud with empty datacenters and zones, and the images.
func newCloud(cfg ResourcesConfig) *cloud {
	c := &cloud{
		api: api{Config: Config{User: cfg.User, Password: cfg.Password, Token: cfg.Token, Contract: defaultContract}}, cfg: cfg,
		root: &node{children: map[string][]*node{}}, zones: map[string]*zone{},
	}
	if cfg.RateLimit > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(float64(cfg.RateLimit)/60), cfg.RateBurst)
	}
	c.addImages()
	for i, id := range cfg.Datacenters {
		c.root.add("datacenters", &node{id: id, properties: properties{"name": fmt.Sprintf("bbb-%d", i+1), "location": locationID}})
	}
	for id, domain := range cfg.Zones {
		c.zones[id] = &zone{id: id, domain: domain}
	}
	return c
}

// locked lets one request after the other see and change the resources.
func (c *cloud) locked(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.settle()
		next(rw, r)
	}
}

// limit takes a call from the rate limit and sets the headers of it.
func (c *cloud) limit(rw http.ResponseWriter) error {
	if c.limiter == nil {
		return nil
	}
	allowed := c.limiter.Allow()
	limitHeaders(rw, c.cfg.RateLimit, c.cfg.RateBurst, max(0, int(c.limiter.Tokens())))
	if !allowed {
		return &sim.CloudError{Status: http.StatusTooManyRequests, Code: "429", Message: "Rate limit exceeded", RetryAfter: time.Minute / time.Duration(c.cfg.RateLimit)}
	}
	return nil
}

// serveTree answers what concerns a resource or a collection of resources.
func (c *cloud) serveTree(rw http.ResponseWriter, r *http.Request) {
	n, collection, err := c.at(r)
	if err != nil {
		c.refuse(rw, r, err)
		return
	}
	switch isOwn := path(r) == n.path(); {
	case r.Method == http.MethodGet && collection != "":
		c.serve(func(r *http.Request) (any, error) { return c.here(r, c.items(r, n.members(collection))) })(rw, r)
	case r.Method == http.MethodGet:
		c.serve(func(r *http.Request) (any, error) { return c.readOne(r, n) })(rw, r)
	case n.isReadOnly(collection):
		c.refuse(rw, r, notSimulated(r))
	case r.Method == http.MethodPost && collection != "":
		c.post(rw, r, n, collection)
	case isOwn && (r.Method == http.MethodPatch && n.collection != "labels" || r.Method == http.MethodPut):
		c.modify(rw, r, n)
	case r.Method == http.MethodDelete && (isOwn || collection == "" && n.collection == "volumes"):
		c.remove(rw, r, n)
	default:
		c.refuse(rw, r, notSimulated(r))
	}
}

// notSimulated returns the error for what IONOS may have and this simulation does not.
func notSimulated(r *http.Request) error {
	return &sim.CloudError{Status: http.StatusNotImplemented, Code: "501", Message: "This is a simulation of IONOS, which does not have " + r.Method + " " + r.URL.Path}
}

// readBody decodes the body of a request.
func readBody(rw http.ResponseWriter, r *http.Request, v any) error {
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 4<<20)).Decode(v); err != nil {
		return &sim.CloudError{Status: http.StatusBadRequest, Code: "100", Message: "[(root)] The request body must be a JSON object"}
	}
	return nil
}
