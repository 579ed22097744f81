package ionostest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// patch answers a PATCH of name, cores and ram. Other properties may be sent with their
// present values, but not changed.
func (a *api) patch(rw http.ResponseWriter, r *http.Request) {
	to, err := a.readChange(rw, r)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	id, m, err := a.World.ChangeServer(ref(r), to)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	rw.Header().Set("Location", self(r, "/requests/%s/status", id))
	answer(rw, r, http.StatusAccepted, a.describe(r, m, 0))
}

// readChange returns the change in the body of a PATCH, or the error to answer with.
func (a *api) readChange(rw http.ResponseWriter, r *http.Request) (to sim.ServerChange, err error) {
	var sent map[string]json.RawMessage
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20)).Decode(&sent); err != nil {
		return to, &sim.CloudError{Status: http.StatusBadRequest, Code: "100", Message: "[(root)] The request body must be a JSON object"}
	}
	known := map[string]any{"name": &to.Name, "cores": &to.Cores, "ram": &to.RAM}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		value, ok := known[name]
		switch {
		case !ok:
			err = a.mustBeAsIs(r, name, sent[name])
		case json.Unmarshal(sent[name], value) != nil:
			err = invalid(name, "has the wrong type: got %s", sent[name])
		}
		if err != nil {
			return sim.ServerChange{}, err
		}
	}
	return to, nil
}

// mustBeAsIs returns an error if an attribute is sent with another than its present
// value.
func (a *api) mustBeAsIs(r *http.Request, name string, sent json.RawMessage) error {
	m, err := a.World.Machine(ref(r))
	if err != nil {
		return err
	}
	var want any
	if json.Unmarshal(sent, &want) != nil || !reflect.DeepEqual(attributes(a.describe(r, m, 0).Properties)[name], want) {
		return invalid(name, "cannot be changed: only name, cores and ram can")
	}
	return nil
}

// invalid returns the API's error for an attribute.
func invalid(attribute, format string, args ...any) error {
	return &sim.CloudError{
		Status: http.StatusUnprocessableEntity, Code: "100",
		Message: fmt.Sprintf("[(root).%s] Attribute '%s' ", attribute, attribute) + fmt.Sprintf(format, args...),
	}
}

// act answers the calls that start, stop, resume, suspend or reboot a server.
func (a *api) act(rw http.ResponseWriter, r *http.Request) {
	op := r.PathValue("act")
	if !slices.Contains([]string{"start", "stop", "resume", "suspend", "reboot"}, op) {
		a.absent(rw, r)
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
