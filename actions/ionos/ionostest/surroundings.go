package ionostest

import (
	"net/http"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// lanID is the id of the only LAN of each datacenter, to which all NICs are connected.
const lanID = "1"

type lanProperties struct {
	Name   string `json:"name"`
	Public bool   `json:"public"`
}

func (a *api) describeLAN(r *http.Request, level int) resource {
	l := resource{ID: lanID, Type: "lan", Href: self(r, "/datacenters/%s/lans/%s", r.PathValue("dc"), lanID)}
	if level >= 0 {
		l.Metadata, l.Properties = &metadata{State: "AVAILABLE"}, lanProperties{Name: "public", Public: true}
	}
	return l
}

func (a *api) lans(r *http.Request) (any, error) {
	if _, err := a.datacenter(r); err != nil {
		return nil, err
	}
	return a.here(r, []item{func(level int) resource { return a.describeLAN(r, level) }})
}

func (a *api) lan(r *http.Request) (any, error) {
	if _, err := a.datacenter(r); err != nil {
		return nil, err
	}
	if r.PathValue("lan") != lanID {
		return nil, notFound(r)
	}
	return a.describeLAN(r, 0), nil
}

func (a *api) lanNICs(r *http.Request) (any, error) {
	if r.PathValue("lan") != lanID {
		return nil, notFound(r)
	}
	items, err := a.machines(r, func(m sim.Machine, level int) resource { return a.nic(r, m, level+2) })
	if err != nil {
		return nil, err
	}
	return a.here(r, items)
}

type locationProperties struct {
	Name     string   `json:"name"`
	Features []string `json:"features"`
}

// Location of all datacenters.
const (
	region       = "de"
	locationID   = "de/fra"
	locationName = "frankfurt"
)

func (a *api) describeLocation(r *http.Request, level int) resource {
	l := resource{ID: locationID, Type: "location", Href: self(r, "/locations/%s", locationID)}
	if level >= 0 {
		l.Metadata, l.Properties = &metadata{State: "AVAILABLE"}, locationProperties{Name: locationName, Features: []string{"SSD"}}
	}
	return l
}

// locations lists all locations, or those of one region.
func (a *api) locations(r *http.Request) (any, error) {
	if in := r.PathValue("region"); in != "" && in != region {
		return nil, notFound(r)
	}
	return a.here(r, []item{func(level int) resource { return a.describeLocation(r, level) }})
}

func (a *api) location(r *http.Request) (any, error) {
	if r.PathValue("region")+"/"+r.PathValue("l") != locationID {
		return nil, notFound(r)
	}
	return a.describeLocation(r, 0), nil
}

type requestProperties struct {
	Method string `json:"method"`
	URL    string `json:"url"`
}

// requestMetadata is the metadata of a request.
type requestMetadata struct {
	Created string        `json:"createdDate"`
	ETag    string        `json:"etag"`
	Status  requestStatus `json:"requestStatus"`
}

// requestStatus is the status of a request in the format of the API.
type requestStatus struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	Href     string         `json:"href"`
	Metadata statusMetadata `json:"metadata"`
}

type statusMetadata struct {
	Status  string          `json:"status"`
	Message string          `json:"message"`
	ETag    string          `json:"etag"`
	Targets []requestTarget `json:"targets"`
}

type requestTarget struct {
	Target resource `json:"target"`
	Status string   `json:"status"`
}

func describeStatus(r *http.Request, c sim.CloudRequest) requestStatus {
	server := resource{ID: c.Server.ID, Type: "server", Href: self(r, "/datacenters/%s/servers/%s", c.Server.Datacenter, c.Server.ID)}
	return statusOf(r, c.ID, c.Phase, c.Message, server)
}

// statusOf returns the status of a request that changes the target.
func statusOf(r *http.Request, id, phase, message string, target resource) requestStatus {
	return requestStatus{ID: id + "/status", Type: "request-status", Href: self(r, "/requests/%s/status", id), Metadata: statusMetadata{
		Status: phase, Message: message, ETag: id, Targets: []requestTarget{{target, phase}},
	}}
}

func describeRequest(r *http.Request, c sim.CloudRequest, level int) resource {
	q := resource{ID: c.ID, Type: "request", Href: self(r, "/requests/%s", c.ID)}
	if level < 0 {
		return q
	}
	q.Metadata = requestMetadata{Created: c.Created.UTC().Format(time.RFC3339), ETag: c.ID, Status: describeStatus(r, c)}
	p := requestProperties{Method: http.MethodPost, URL: self(r, "/datacenters/%s/servers/%s/%s", c.Server.Datacenter, c.Server.ID, c.Op)}
	if c.Op == "resize" {
		p = requestProperties{Method: http.MethodPatch, URL: self(r, "/datacenters/%s/servers/%s", c.Server.Datacenter, c.Server.ID)}
	}
	q.Properties = p
	return q
}

func (a *api) requests(r *http.Request) (any, error) {
	all, err := a.World.Requests()
	if err != nil {
		return nil, err
	}
	items := make([]item, len(all))
	for i, c := range all {
		items[i] = func(level int) resource { return describeRequest(r, c, level) }
	}
	return a.here(r, items)
}

func (a *api) request(r *http.Request) (any, error) {
	c, err := a.World.Request(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return describeRequest(r, c, 0), nil
}

func (a *api) requestStatus(r *http.Request) (any, error) {
	c, err := a.World.Request(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return describeStatus(r, c), nil
}
