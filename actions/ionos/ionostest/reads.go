package ionostest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// reads returns the paths that can be read, with the functions that answer them.
func (a *api) reads() map[string]func(*http.Request) (any, error) {
	const dc, server, nic = "/datacenters/{dc}", "/datacenters/{dc}/servers/{id}", "/datacenters/{dc}/servers/{id}/nics/{nic}"
	return map[string]func(*http.Request) (any, error){
		"/{$}":                     a.info,
		"/datacenters":             a.datacenters,
		dc:                         a.datacenter,
		dc + "/servers":            a.servers,
		server:                     a.server,
		server + "/labels":         a.emptyOfServer,
		server + "/cdroms":         a.emptyOfServer,
		server + "/token":          a.token,
		server + "/volumes":        a.serverVolumes,
		server + "/volumes/{v}":    a.serverVolume,
		server + "/nics":           a.serverNICs,
		nic:                        a.serverNIC,
		nic + "/firewallrules":     a.emptyOfServer,
		nic + "/flowlogs":          a.emptyOfServer,
		dc + "/volumes":            a.volumes,
		dc + "/volumes/{v}":        a.volumeOf,
		dc + "/labels":             a.emptyOfDatacenter,
		dc + "/volumes/{v}/labels": a.emptyOfDatacenter,
		dc + "/lans":               a.lans,
		dc + "/lans/{lan}":         a.lan,
		dc + "/lans/{lan}/nics":    a.lanNICs,
		"/labels":                  a.empty,
		"/locations":               a.locations,
		"/locations/{region}":      a.locations,
		"/locations/{region}/{l}":  a.location,
		"/requests":                a.requests,
		"/requests/{id}":           a.request,
		"/requests/{id}/status":    a.requestStatus,
		"/contracts":               a.contracts,
	}
}

func notFound(r *http.Request) error {
	return &sim.CloudError{Status: http.StatusNotFound, Code: "309", Message: "Resource does not exist: " + r.URL.Path}
}

func ref(r *http.Request) fleet.ServerRef {
	return fleet.ServerRef{Datacenter: r.PathValue("dc"), ID: r.PathValue("id")}
}

// path returns the request's path below BasePath.
func path(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, BasePath) }

// here returns a list whose address is the path of the request.
func (a *api) here(r *http.Request, items []item) (any, error) {
	return a.list(r, strings.TrimPrefix(path(r), "/"), self(r, "%s", path(r)), items)
}

func (a *api) info(r *http.Request) (any, error) {
	return map[string]string{"href": self(r, ""), "name": "CLOUD API", "version": "6.0"}, nil
}

func (a *api) empty(r *http.Request) (any, error) { return a.here(r, nil) }

func (a *api) emptyOfServer(r *http.Request) (any, error) {
	if _, err := a.World.Machine(ref(r)); err != nil {
		return nil, err
	}
	return a.here(r, nil)
}

func (a *api) emptyOfDatacenter(r *http.Request) (any, error) {
	if _, err := a.datacenter(r); err != nil {
		return nil, err
	}
	return a.here(r, nil)
}

// datacenters lists the datacenters. Like datacenter, it is not counted as a call and no
// fault applies to it, since the scaler does not call it.
func (a *api) datacenters(r *http.Request) (any, error) {
	var items []item
	for i := range a.World.Datacenters() {
		items = append(items, func(level int) resource { return a.describeDatacenter(r, i, level) })
	}
	return a.here(r, items)
}

func (a *api) datacenter(r *http.Request) (any, error) {
	i := slices.Index(a.World.Datacenters(), r.PathValue("dc"))
	if i < 0 {
		return nil, notFound(r)
	}
	return a.describeDatacenter(r, i, 0), nil
}

// machines returns the items that write makes of the servers of the datacenter.
func (a *api) machines(r *http.Request, write func(m sim.Machine, level int) resource) ([]item, error) {
	machines, err := a.World.Machines(r.PathValue("dc"))
	items := make([]item, len(machines))
	for i, m := range machines {
		items[i] = func(level int) resource { return write(m, level) }
	}
	return items, err
}

func (a *api) servers(r *http.Request) (any, error) {
	items, err := a.machines(r, func(m sim.Machine, level int) resource { return a.describe(r, m, level) })
	if err != nil {
		return nil, err
	}
	return a.here(r, items)
}

func (a *api) server(r *http.Request) (any, error) {
	_, _, depth, err := paging(r)
	if err != nil {
		return nil, err
	}
	m, err := a.World.Machine(ref(r))
	if err != nil {
		return nil, err
	}
	return a.describe(r, m, depth), nil
}

// token answers with the server's id. At IONOS, the token is a signed statement of the
// server's identity.
func (a *api) token(r *http.Request) (any, error) {
	m, err := a.World.Machine(ref(r))
	return map[string]string{"token": m.ID}, err
}

func (a *api) serverVolumes(r *http.Request) (any, error) {
	m, err := a.World.Machine(ref(r))
	if err != nil {
		return nil, err
	}
	return a.here(r, []item{func(level int) resource { return a.volume(r, m, level+2) }})
}

func (a *api) serverVolume(r *http.Request) (any, error) {
	m, err := a.World.Machine(ref(r))
	switch {
	case err != nil:
		return nil, err
	case m.VolumeID != r.PathValue("v"):
		return nil, notFound(r)
	}
	return a.volume(r, m, 2), nil
}

func (a *api) serverNICs(r *http.Request) (any, error) {
	m, err := a.World.Machine(ref(r))
	if err != nil {
		return nil, err
	}
	return a.here(r, []item{func(level int) resource { return a.nic(r, m, level+2) }})
}

func (a *api) serverNIC(r *http.Request) (any, error) {
	m, err := a.World.Machine(ref(r))
	switch {
	case err != nil:
		return nil, err
	case m.NICID != r.PathValue("nic"):
		return nil, notFound(r)
	}
	return a.nic(r, m, 2), nil
}

func (a *api) volumes(r *http.Request) (any, error) {
	items, err := a.machines(r, func(m sim.Machine, level int) resource { return a.volume(r, m, level+2) })
	if err != nil {
		return nil, err
	}
	return a.here(r, items)
}

func (a *api) volumeOf(r *http.Request) (any, error) {
	machines, err := a.World.Machines(r.PathValue("dc"))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(machines, func(m sim.Machine) bool { return m.VolumeID == r.PathValue("v") })
	if i < 0 {
		return nil, notFound(r)
	}
	return a.volume(r, machines[i], 2), nil
}
