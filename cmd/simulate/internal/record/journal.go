package record

import (
	"context"
	"errors"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// Journal reads the journal of a running daemon.
type Journal struct {
	// Daemon says which daemon to call, and how.
	Daemon client.Config
	// People is the number of people assumed on each server in service.
	People float64
}

// Entries reads the daemon's journal, up to api.MaxJournal entries, oldest entry
// first.
func (j Journal) Entries(ctx context.Context) ([]fleet.Entry, error) {
	daemon, err := client.New(j.Daemon)
	if err != nil {
		return nil, err
	}
	defer daemon.Close()
	entries, err := daemon.Journal(ctx, client.JournalQuery{Limit: api.MaxJournal})
	slices.Reverse(entries)
	return entries, err
}

// ErrNoService means that no server went into or out of service in the journal.
var ErrNoService = errors.New("the journal has no server that went into or out of service in that time")

// Give computes samples for the time range r from entries, which must be sorted
// oldest first, and adds them to into. It returns the number of servers.
func (j Journal) Give(entries []fleet.Entry, r Range, into *Cutter) (servers int, err error) {
	of := map[string][]fleet.Entry{}
	for _, e := range entries {
		if _, ok := inService(e); ok {
			of[e.Step.Server] = append(of[e.Step.Server], e)
		}
	}
	for name, changes := range of {
		if j.give(name, changes, r, into) {
			servers++
		}
	}
	if servers == 0 {
		return 0, ErrNoService
	}
	return servers, nil
}

// inService reports whether a server takes meetings after e. ok is false if e does
// not change that.
func inService(e fleet.Entry) (takes, ok bool) {
	if e.Outcome != fleet.Done || e.DryRun {
		return false, false
	}
	switch e.Step.Kind {
	case fleet.Enable, fleet.Reclaim:
		return true, true
	case fleet.Cordon, fleet.Disable, fleet.Stop:
		return false, true
	}
	return false, false
}

// give adds the samples of one server to into. Before the first change, the server
// has the opposite state.
func (j Journal) give(name string, changes []fleet.Entry, r Range, into *Cutter) (any bool) {
	first, _ := inService(changes[0])
	takes := !first
	for at := r.From; at.Before(r.Until); at = at.Add(r.Step) {
		for len(changes) > 0 && !changes[0].At.After(at) {
			takes, _ = inService(changes[0])
			changes = changes[1:]
		}
		s := Sample{At: at, Webcams: -1, Meetings: -1}
		if takes {
			s.People, any = j.People, true
		}
		into.Add(name, s)
	}
	return any
}
