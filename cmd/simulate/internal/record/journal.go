package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Journal is a running scaler's journal.
type Journal struct {
	URL      string // of the daemon
	User     string // "" for no login
	Password fleet.Secret
	// People is how many are taken to be on each server in service.
	People float64
}

// mostEntries is the most that the daemon gives at once.
const mostEntries = 10_000

// mostBytes bounds an answer.
const mostBytes = 64 << 20

// Entries asks the daemon for its journal, oldest entry first.
func (j Journal) Entries(ctx context.Context) ([]fleet.Entry, error) {
	address := fmt.Sprintf("%s/api/v1/journal?limit=%d", strings.TrimRight(j.URL, "/"), mostEntries)
	text, err := j.read(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	var entries []fleet.Entry
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("reading the journal: %s is no list of entries: %w", address, err)
	}
	slices.SortFunc(entries, func(a, b fleet.Entry) int { return a.At.Compare(b.At) })
	return entries, nil
}

func (j Journal) read(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if j.User != "" {
		req.SetBasicAuth(j.User, j.Password.Reveal())
	}
	transport, err := outbound.Connections{}.Transport()
	if err != nil {
		return nil, err
	}
	defer transport.CloseIdleConnections()
	client := outbound.NewClient(transport)
	client.Timeout = time.Minute
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes+1))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answered %s: %s", j.URL, resp.Status, outbound.Brief(string(text)))
	case len(text) > mostBytes:
		return nil, errors.New("the answer has more than 64 MiB")
	}
	return text, nil
}

// ErrNoService is a journal without a server that went into service or out.
var ErrNoService = errors.New("the journal has no server that went into service or out of it in that time")

// Give hands what entries, oldest first, tell of r to into. It returns the
// number of servers.
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

// inService tells whether a server takes meetings after e; ok is false where e
// does not change that.
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

// give replays the changes of one server: before the first, it was as that one
// found it.
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
