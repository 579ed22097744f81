package scalelite

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// wireServer is a server in Scalelite's format. Fields that the scaler does not use
// (bbb_version, load_multiplier) are not decoded, so that their types do not matter.
type wireServer struct {
	ID     string       `json:"id"`
	URL    string       `json:"url"`
	Secret fleet.Secret `json:"secret"`
	Tag    tag          `json:"tag"`
	State  string       `json:"state"`
	Load   load         `json:"load"`
	Online string       `json:"online"`
}

// tag is the tag of a server. Scalelite before 1.6.0 has no tags.
type tag string

// UnmarshalJSON reads a string. Any other value counts as no tag.
func (t *tag) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = tag(text)
	}
	return nil
}

// load is a number, or unknown if Scalelite writes "unavailable".
type load struct {
	value float64
	known bool
}

// UnmarshalJSON reads a non-negative number, also one in a string. Any other value
// counts as unknown.
func (l *load) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) && v >= 0 {
		*l = load{v, true}
	}
	return nil
}

// server returns the server as a fleet.BalancerServer.
func (w wireServer) server() fleet.BalancerServer {
	return fleet.BalancerServer{
		ID: w.ID, URL: w.URL, Secret: w.Secret, Tag: string(w.Tag), State: fleet.BalancerState(outbound.Brief(w.State)),
		Online: w.Online == "online", Load: w.Load.value, LoadKnown: w.Load.known,
	}
}

// decodeServers returns the servers in the body of an answer. It leaves out servers
// without an id, since no call can name them.
func decodeServers(body []byte) ([]fleet.BalancerServer, error) {
	var list []wireServer
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, unreadable("a list of servers", err)
	}
	if list == nil {
		return nil, unreadable("a list of servers", errors.New("it is null"))
	}
	servers := make([]fleet.BalancerServer, 0, len(list))
	for _, w := range list {
		if w.ID != "" {
			servers = append(servers, w.server())
		}
	}
	return servers, nil
}

// decodeServer returns the server in the body of an answer.
func decodeServer(body []byte) (fleet.BalancerServer, error) {
	var w wireServer
	if err := json.Unmarshal(body, &w); err != nil {
		return fleet.BalancerServer{}, unreadable("a server", err)
	}
	if w.ID == "" {
		return fleet.BalancerServer{}, unreadable("a server", errors.New("it has no id"))
	}
	return w.server(), nil
}

// unreadable returns the error of an answer that cannot be decoded. It never includes
// the body, which has the secrets of all servers.
func unreadable(what string, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("%s is a %s", wrong.Field, wrong.Value)
		if strings.HasPrefix(wrong.Value, "number ") {
			err = fmt.Errorf("%s is a number", wrong.Field)
		}
	}
	return fmt.Errorf("the answer is not %s as Scalelite writes it: %s", what, outbound.Brief(err.Error()))
}
