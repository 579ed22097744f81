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

// wireServer is a server as Scalelite writes it. What the scaler has no use for
// (bbb_version, load_multiplier) is not read, whatever its type.
type wireServer struct {
	ID     string       `json:"id"`
	URL    string       `json:"url"`
	Secret fleet.Secret `json:"secret"`
	Tag    tag          `json:"tag"`
	State  string       `json:"state"`
	Load   load         `json:"load"`
	Online string       `json:"online"`
}

// tag is a text. Scalelite before 1.6.0 has none.
type tag string

// UnmarshalJSON reads a text; anything else is no tag.
func (t *tag) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = tag(text)
	}
	return nil
}

// load is a number, or the text "unavailable".
type load struct {
	value float64
	known bool
}

// UnmarshalJSON reads a number, also one inside a text; any other text is
// unknown.
func (l *load) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) && v >= 0 {
		*l = load{v, true}
	}
	return nil
}

func (w wireServer) server() fleet.BalancerServer {
	return fleet.BalancerServer{
		ID: w.ID, URL: w.URL, Secret: w.Secret, Tag: string(w.Tag), State: fleet.BalancerState(outbound.Brief(w.State)),
		Online: w.Online == "online", Load: w.Load.value, LoadKnown: w.Load.known,
	}
}

// decodeServers reads a list. A server without an id, which cannot be spoken
// of, is left out.
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

// unreadable never repeats the body, which holds the secrets of all servers.
func unreadable(what string, err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("%s is a %s", wrong.Field, wrong.Value)
		if strings.HasPrefix(wrong.Value, "number ") {
			err = fmt.Errorf("%s is a number", wrong.Field)
		}
	}
	return fmt.Errorf("the answer is not %s as Scalelite writes it: %s", what, outbound.Brief(err.Error()))
}
