package scalelitetest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// params are what a call sends, in its query or as JSON.
type params struct {
	ID        string        `json:"id"`
	Server    *serverParams `json:"server"`
	KeepState bool          `json:"keep_state"`
}

type serverParams struct {
	URL        string      `json:"url"`
	Secret     *string     `json:"secret"`
	State      string      `json:"state"`
	Tag        *string     `json:"tag"`
	Multiplier json.Number `json:"load_multiplier"`
}

// entry is a server as the API writes it.
type entry struct {
	ID         string              `json:"id"`
	URL        string              `json:"url"`
	Secret     string              `json:"secret"`
	Tag        string              `json:"tag"`
	BBBVersion string              `json:"bbb_version"`
	State      fleet.BalancerState `json:"state"`
	Load       load                `json:"load"`
	Multiplier string              `json:"load_multiplier"`
	Online     string              `json:"online"`
}

// load is a number with a decimal point, or "unavailable".
type load struct {
	value float64
	known bool
}

// MarshalJSON writes what Ruby writes for a float.
func (l load) MarshalJSON() ([]byte, error) {
	if !l.known {
		return []byte(`"unavailable"`), nil
	}
	return []byte(decimal(l.value)), nil
}

func decimal(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func describe(m sim.Member) entry {
	e := entry{
		ID: m.ID, URL: m.URL, Secret: m.Secret.Reveal(), Tag: m.Tag, State: m.State,
		Load: load{m.Load, m.LoadKnown}, Multiplier: decimal(m.Multiplier), Online: "offline",
	}
	if m.Online {
		e.Online = "online"
	}
	return e
}

func (a *api) servers(rw http.ResponseWriter, r *http.Request, _ params) {
	members, err := a.World.Members()
	switch {
	case err != nil:
		a.refuse(rw, r, err)
	case len(members) == 0:
		reply(rw, http.StatusNotFound, map[string]string{"error": "No servers are configured"})
	default:
		list := make([]entry, len(members))
		for i, m := range members {
			list[i] = describe(m)
		}
		reply(rw, http.StatusOK, list)
	}
}

func (a *api) server(rw http.ResponseWriter, r *http.Request, p params) {
	a.tell(rw, r, p.ID, http.StatusOK)
}

func (a *api) tell(rw http.ResponseWriter, r *http.Request, id string, status int) {
	m, err := a.World.Member(id)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, status, describe(m))
}

// add registers a server, disabled.
func (a *api) add(rw http.ResponseWriter, r *http.Request, p params) {
	switch {
	case p.Server == nil:
		failed(rw, "internalError", "param is missing or the value is empty or invalid: server")
		return
	case p.Server.URL == "" || p.Server.Secret == nil || *p.Server.Secret == "":
		badRequest(rw, "Server needs a URL and a secret")
		return
	}
	multiplier, _ := p.Server.Multiplier.Float64()
	if multiplier == 0 {
		multiplier = 1
	}
	tag := ""
	if p.Server.Tag != nil {
		tag = *p.Server.Tag
	}
	m, err := a.World.AddMember(p.Server.URL, fleet.Secret(*p.Server.Secret), multiplier, tag)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusCreated, describe(m))
}

var states = map[string]fleet.BalancerState{
	"enable": fleet.Enabled, "cordon": fleet.Cordoned, "disable": fleet.Disabled,
}

// update changes a server.
func (a *api) update(rw http.ResponseWriter, r *http.Request, p params) {
	if p.Server == nil {
		badRequest(rw, "param is missing or the value is empty or invalid: server")
		return
	}
	to, ok := states[p.Server.State]
	change := sim.MemberChange{Secret: (*fleet.Secret)(p.Server.Secret), Tag: p.Server.Tag}
	var number bool
	change.Multiplier, number = p.Server.multiplier()
	switch {
	case p.Server.State != "" && !ok:
		badRequest(rw, "Invalid state parameter: "+p.Server.State)
		return
	case !number:
		badRequest(rw, "Load-multiplier must be a non-zero number")
		return
	}
	if ok {
		change.State = &to
	}
	m, err := a.World.UpdateMember(p.ID, change)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, describe(m))
}

// multiplier returns the multiplier that is sent, or nil; ok is false when it is
// not one.
func (s *serverParams) multiplier() (_ *float64, ok bool) {
	if s.Multiplier == "" {
		return nil, true
	}
	v, err := s.Multiplier.Float64()
	return &v, err == nil && v != 0
}

func (a *api) remove(rw http.ResponseWriter, r *http.Request, p params) {
	if err := a.World.RemoveMember(p.ID); err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, map[string]string{"success": "Server id=" + p.ID + " was destroyed"})
}

func (a *api) panicServer(rw http.ResponseWriter, r *http.Request, p params) {
	if err := a.World.PanicMember(p.ID, p.KeepState); err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, map[string]string{
		"success": "Server id=" + p.ID + " has been disabled and the meetings have been destroyed",
	})
}

func badRequest(rw http.ResponseWriter, message string) {
	reply(rw, http.StatusBadRequest, map[string]string{"error": message})
}
