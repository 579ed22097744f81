package scalelitetest

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// entry is a server in the format of the API.
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

// MarshalJSON writes a number in the format of Ruby's floats, such as 5.0.
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
		ID: m.ID, URL: m.URL, Secret: m.Secret.Reveal(), Tag: m.Tag, BBBVersion: m.Version, State: m.State,
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
	m, err := a.World.Member(p.text("id"))
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, describe(m))
}

// missing is the message of Rails for a missing or blank parameter.
const missing = "param is missing or the value is empty or invalid: server"

// add registers a server, disabled.
func (a *api) add(rw http.ResponseWriter, r *http.Request, p params) {
	server, present, object := p.server()
	switch {
	case !present:
		failed(rw, "internalError", missing)
		return
	case !object:
		exception(rw, r, http.StatusInternalServerError)
		return
	case server.text("url") == "" || server.text("secret") == "":
		badRequest(rw, "Server needs a URL and a secret")
		return
	}
	multiplier := server.number("load_multiplier")
	if multiplier == 0 {
		multiplier = 1
	}
	m, err := a.World.AddMember(server.text("url"), fleet.Secret(server.text("secret")), multiplier, server.text("tag"))
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusCreated, describe(m))
}

var states = map[string]fleet.BalancerState{
	"enable": fleet.Enabled, "cordon": fleet.Cordoned, "disable": fleet.Disabled,
}

// update changes a server. An unknown server is refused before an invalid change.
func (a *api) update(rw http.ResponseWriter, r *http.Request, p params) {
	id := p.text("id")
	change, wrong := p.change()
	if wrong != "" {
		if _, err := a.World.Member(id); err != nil {
			a.refuse(rw, r, err)
			return
		}
		badRequest(rw, wrong)
		return
	}
	m, err := a.World.UpdateMember(id, change)
	if err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, describe(m))
}

// change returns the change of an update, or the error message if it is invalid. A
// blank state, multiplier or secret changes nothing; a blank tag removes the tag.
func (p params) change() (c sim.MemberChange, wrong string) {
	server, present, object := p.server()
	switch {
	case !present:
		return c, missing
	case !object:
		return c, "undefined method 'permit'"
	}
	if state := server.text("state"); state != "" {
		to, ok := states[state]
		if !ok {
			return c, "Invalid state parameter: " + state
		}
		c.State = &to
	}
	if server.text("load_multiplier") != "" {
		by := server.number("load_multiplier")
		if by == 0 {
			return c, "Load-multiplier must be a non-zero number"
		}
		c.Multiplier = &by
	}
	if secret := fleet.Secret(server.text("secret")); secret != "" {
		c.Secret = &secret
	}
	if server["tag"] != nil {
		tag := server.text("tag")
		c.Tag = &tag
	}
	return c, ""
}

func (a *api) remove(rw http.ResponseWriter, r *http.Request, p params) {
	id := p.text("id")
	if err := a.World.RemoveMember(id); err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, map[string]string{"success": "Server id=" + id + " was destroyed"})
}

func (a *api) panicServer(rw http.ResponseWriter, r *http.Request, p params) {
	id := p.text("id")
	if err := a.World.PanicMember(id, p.text("keep_state") != ""); err != nil {
		a.refuse(rw, r, err)
		return
	}
	reply(rw, http.StatusOK, map[string]string{
		"success": "Server id=" + id + " has been disabled and the meetings have been destroyed",
	})
}
