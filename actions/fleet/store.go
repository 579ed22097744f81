package fleet

import (
	"context"
	"maps"
	"slices"
)

// Store keeps what must survive a restart. Implementations are safe for
// concurrent use. A store on another machine ends a call when its context is done; a
// local one may ignore the context.
type Store interface {
	// Commit writes all of c or nothing, and returns after it is durable. The error
	// matches ErrDeposed if another daemon has taken over, and nothing was written then.
	// The error matches ErrUnknown if c may have been written all the same, or may be
	// written later, for example if the connection broke before the answer arrived.
	Commit(ctx context.Context, c Commit) error
	// Load returns everything committed, except for the journal.
	Load(ctx context.Context) (Memory, error)
	// Journal returns up to limit entries, newest first. If server is not empty, only
	// the entries of the server with this id or name are returned.
	Journal(ctx context.Context, limit int, server string) ([]Entry, error)
	// Close releases the store. It must not be used afterwards.
	Close() error
}

// Commit is one atomic change of a Store.
type Commit struct {
	Alerts     []Alert      // added or replaced, by fingerprint
	DropAlerts []string     // fingerprints
	Records    []Record     // added or replaced, by server id
	Fleet      *FleetRecord // replaces the record of the fleet; nil: no change
	Pauses     []Pause      // added or replaced, by id
	DropPauses []string     // ids
	Entries    []Entry      // appended to the journal; the store sets Seq
	Load       []LoadDay    // added or replaced, by LoadDay.Key
	DropLoad   []string     // keys
	Feeds      []Feed       // added or replaced, by name
	DropFeeds  []string     // names
}

// Empty reports whether the commit changes nothing.
func (c Commit) Empty() bool {
	return len(c.Alerts)+len(c.DropAlerts)+len(c.Records)+len(c.Pauses)+len(c.DropPauses)+len(c.Entries)+len(c.Load)+len(c.DropLoad)+
		len(c.Feeds)+len(c.DropFeeds) == 0 && c.Fleet == nil
}

// Memory is everything that a Store holds, except for the journal.
type Memory struct {
	Alerts  AlertTable
	Records map[string]Record // by server id
	Pauses  map[string]Pause  // by pause id
	Fleet   FleetRecord
	Load    LoadHistory     // remembered load, by LoadDay.Key
	Feeds   map[string]Feed // by name of the calendar
}

// NewMemory returns an empty Memory.
func NewMemory() Memory {
	return Memory{Alerts: AlertTable{}, Records: map[string]Record{}, Pauses: map[string]Pause{}, Load: LoadHistory{}, Feeds: map[string]Feed{}}
}

// Apply makes the changes of c in m. It ignores the journal entries.
func (m *Memory) Apply(c Commit) {
	for _, a := range c.Alerts {
		m.Alerts[a.Fingerprint] = a
	}
	for _, f := range c.DropAlerts {
		delete(m.Alerts, f)
	}
	for _, r := range c.Records {
		m.Records[r.ID] = r
	}
	for _, p := range c.Pauses {
		m.Pauses[p.ID] = p
	}
	for _, id := range c.DropPauses {
		delete(m.Pauses, id)
	}
	for _, d := range c.Load {
		m.Load[d.Key()] = d
	}
	for _, key := range c.DropLoad {
		delete(m.Load, key)
	}
	for _, f := range c.Feeds {
		m.Feeds[f.Name] = f
	}
	for _, name := range c.DropFeeds {
		delete(m.Feeds, name)
	}
	if c.Fleet != nil {
		m.Fleet = *c.Fleet
	}
}

// Whole returns the change that makes m from an empty Memory.
func (m *Memory) Whole() Commit {
	return Commit{
		Alerts: slices.Collect(maps.Values(m.Alerts)), Records: slices.Collect(maps.Values(m.Records)),
		Pauses: slices.Collect(maps.Values(m.Pauses)), Fleet: &m.Fleet,
		Load: slices.Collect(maps.Values(m.Load)), Feeds: slices.Collect(maps.Values(m.Feeds)),
	}
}
