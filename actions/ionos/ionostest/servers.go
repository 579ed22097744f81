package ionostest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Paging limits, as the API documents them.
const (
	defaultLimit = 1000
	maxLimit     = 10000
)

// datacenters, like datacenter, is not among the calls that the world counts
// or lets fail: the scaler makes none of them.
func (a *api) datacenters(rw http.ResponseWriter, r *http.Request) {
	_, _, depth, err := paging(r)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	list := collection{Type: "collection", ID: "datacenters", Href: self(r, "/datacenters")}
	for i := range a.World.Datacenters() {
		list.Items = append(list.Items, a.describeDatacenter(r, i, depth-1))
	}
	answer(rw, r, http.StatusOK, list)
}

func (a *api) datacenter(rw http.ResponseWriter, r *http.Request) {
	i := slices.Index(a.World.Datacenters(), r.PathValue("dc"))
	if i < 0 {
		a.refuse(rw, r, &sim.CloudError{Status: http.StatusNotFound, Code: "309", Message: "Resource does not exist"})
		return
	}
	answer(rw, r, http.StatusOK, a.describeDatacenter(r, i, 0))
}

func (a *api) servers(rw http.ResponseWriter, r *http.Request) {
	dc := r.PathValue("dc")
	offset, limit, depth, err := paging(r)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	machines, err := a.World.Machines(dc)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	href := self(r, "/datacenters/%s/servers", dc)
	list := collection{Type: "collection", ID: dc + "/servers", Href: href, Items: []resource{}, Offset: &offset, Limit: &limit, Links: &links{}}
	end := min(len(machines), offset+limit)
	for _, m := range machines[min(offset, len(machines)):end] {
		list.Items = append(list.Items, a.describe(r, m, depth-1))
	}
	page := func(from int) string {
		return href + "?offset=" + strconv.Itoa(from) + "&limit=" + strconv.Itoa(limit)
	}
	list.Links.Self = page(offset)
	if end < len(machines) {
		list.Links.Next = page(end)
	}
	if offset > 0 {
		list.Links.Prev = page(max(0, offset-limit))
	}
	answer(rw, r, http.StatusOK, list)
}

// paging reads offset, limit and depth.
func paging(r *http.Request) (offset, limit, depth int, err error) {
	limit = defaultLimit
	for name, v := range map[string]*int{"offset": &offset, "limit": &limit, "depth": &depth} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 0 || name == "limit" && (n < 1 || n > maxLimit) || name == "depth" && n > 10 {
			return 0, 0, 0, &sim.CloudError{Status: http.StatusUnprocessableEntity, Code: "100", Message: "[(root).query." + name + "] out of range: " + text}
		}
		*v = n
	}
	return offset, limit, depth, nil
}

func (a *api) server(rw http.ResponseWriter, r *http.Request) {
	_, _, depth, err := paging(r)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	m, err := a.World.Machine(ref(r))
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	answer(rw, r, http.StatusOK, a.describe(r, m, depth))
}

func ref(r *http.Request) fleet.ServerRef {
	return fleet.ServerRef{Datacenter: r.PathValue("dc"), ID: r.PathValue("id")}
}

// patch takes bare properties: cores, ram, or both.
func (a *api) patch(rw http.ResponseWriter, r *http.Request) {
	var to struct {
		Cores *int `json:"cores"`
		RAM   *int `json:"ram"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20)).Decode(&to); err != nil {
		a.refuse(rw, r, &sim.CloudError{Status: http.StatusBadRequest, Code: "100", Message: "[(root)] " + err.Error()})
		return
	}
	id, m, err := a.World.ChangeSize(ref(r), to.Cores, to.RAM)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	rw.Header().Set("Location", self(r, "/requests/%s/status", id))
	answer(rw, r, http.StatusAccepted, a.describe(r, m, 0))
}

// act starts, stops, resumes, suspends or reboots.
func (a *api) act(rw http.ResponseWriter, r *http.Request) {
	op := r.PathValue("act")
	if !slices.Contains([]string{"start", "stop", "resume", "suspend", "reboot"}, op) {
		a.refuse(rw, r, &sim.CloudError{Status: http.StatusNotFound, Code: "309", Message: "Resource does not exist: " + r.URL.Path})
		return
	}
	id, err := a.World.Change(op, ref(r), fleet.Size{})
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	rw.Header().Set("Location", self(r, "/requests/%s/status", id))
	rw.WriteHeader(http.StatusAccepted)
}

func (a *api) request(rw http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	phase, message, err := a.World.RequestStatus(id)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	answer(rw, r, http.StatusOK, map[string]any{
		"id": id + "/status", "type": "request-status", "href": self(r, "/requests/%s/status", id),
		"metadata": map[string]any{"status": phase, "message": message, "etag": id},
	})
}

func (a *api) contracts(rw http.ResponseWriter, r *http.Request) {
	per, limit, used, err := a.World.CloudContract()
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	limits := map[string]int{
		"coresPerServer": int(per.Cores), "coresPerContract": int(limit.Cores), "coresProvisioned": int(used.Cores),
		"ramPerServer": int(per.RAM), "ramPerContract": int(limit.RAM), "ramProvisioned": int(used.RAM),
	}
	answer(rw, r, http.StatusOK, map[string]any{
		"id": "contracts", "type": "collection", "href": self(r, "/contracts"),
		"items": []any{map[string]any{"type": "contract", "properties": map[string]any{
			"contractNumber": a.Contract, "owner": "owner@example.org", "status": "BILLABLE", "resourceLimits": limits,
		}}},
	})
}
