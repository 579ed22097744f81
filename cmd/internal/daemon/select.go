package daemon

import (
	"path"
	"slices"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// selection is which servers a command shows. An empty list selects all.
type selection struct {
	servers, states, datacenters []string
}

// serverFlag adds --server.
func (s *selection) serverFlag(cmd *kingpin.CmdClause) {
	cmd.Flag("server", "Name or id of a server to show, or a pattern of names such as bbb-1*. May be repeated.").StringsVar(&s.servers)
}

// flags adds the flags of a list of servers.
func (s *selection) flags(cmd *kingpin.CmdClause) {
	var states []string
	for _, state := range fleet.States() {
		states = append(states, string(state))
	}
	s.serverFlag(cmd)
	cmd.Flag("state", "State of the servers to show, such as draining. May be repeated.").HintOptions(states...).EnumsVar(&s.states, states...)
	cmd.Flag("datacenter", "Id of the datacenter of the servers to show. May be repeated.").StringsVar(&s.datacenters)
}

// validate refuses patterns that cannot match.
func (s *selection) validate() error {
	for _, pattern := range s.servers {
		if _, err := path.Match(pattern, ""); err != nil {
			return usage("--server: %q: must be a name, an id or a pattern such as bbb-1*", pattern)
		}
	}
	return nil
}

// all reports whether every server is selected.
func (s *selection) all() bool { return len(s.servers)+len(s.states)+len(s.datacenters) == 0 }

// names reports whether a server with a name and an id is selected by --server.
func (s *selection) names(name, id string) bool {
	return len(s.servers) == 0 || slices.ContainsFunc(s.servers, func(pattern string) bool {
		matches, _ := path.Match(pattern, name)
		return matches || pattern == id
	})
}

// of returns the selected servers.
func (s *selection) of(servers []fleet.ServerStatus) []fleet.ServerStatus {
	return slices.DeleteFunc(slices.Clone(servers), func(one fleet.ServerStatus) bool {
		return !s.names(one.Name, one.ID) ||
			len(s.states) > 0 && !slices.Contains(s.states, string(one.State)) ||
			len(s.datacenters) > 0 && !slices.Contains(s.datacenters, one.Datacenter)
	})
}
