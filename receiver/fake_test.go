package receiver

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// memory is a Scaler that keeps what it is told, and refuses it once closed.
type memory struct {
	mu         sync.Mutex
	closed     bool
	ready      bool
	table      map[string]fleet.Alert
	status     fleet.Status
	journal    []fleet.Entry
	pauses     []fleet.Pause
	released   []string
	remembered []fleet.CoresAt
}

var errClosed = errors.New("storing: database not open")

func (m *memory) Notify(alerts []fleet.Alert) (concern int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, errClosed
	}
	if m.table == nil {
		m.table = map[string]fleet.Alert{}
	}
	for _, a := range alerts {
		if rules.Meanings()[a.Name].Ask == "" {
			continue
		}
		concern++
		if m.table[a.Fingerprint] = a; a.Resolved {
			delete(m.table, a.Fingerprint)
		}
	}
	return concern, nil
}

func (m *memory) Ready() bool { return m.ready }

func (m *memory) Alerts() []fleet.Alert {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []fleet.Alert
	for _, a := range m.table {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b fleet.Alert) int { return compare(a.Fingerprint, b.Fingerprint) })
	return all
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func (m *memory) Status() fleet.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := m.status
	st.Pauses = m.pauses
	return st
}

// load sets the load of a server in the statuses from now on.
func (m *memory) load(i int, load float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Servers = slices.Clone(m.status.Servers)
	m.status.Servers[i].Load = load
}

func (m *memory) RememberedCores(from, until time.Time) []fleet.CoresAt {
	return slices.DeleteFunc(slices.Clone(m.remembered), func(l fleet.CoresAt) bool { return !l.At.After(from) || l.At.After(until) })
}

func (m *memory) Journal(limit int, server string) ([]fleet.Entry, error) {
	if m.closed {
		return nil, errClosed
	}
	var all []fleet.Entry
	for _, e := range m.journal {
		if len(all) < limit && e.About(server) {
			all = append(all, e)
		}
	}
	return all, nil
}

func (m *memory) Pause(p fleet.Pause) (fleet.Pause, error) {
	if m.closed {
		return fleet.Pause{}, errClosed
	}
	if _, err := path.Match(p.Server, ""); err != nil {
		return fleet.Pause{}, err
	}
	p.ID = fmt.Sprintf("p%d", len(m.pauses)+1)
	m.pauses = append(m.pauses, p)
	return p, nil
}

func (m *memory) Resume(id string) error {
	n := len(m.pauses)
	m.pauses = slices.DeleteFunc(m.pauses, func(p fleet.Pause) bool { return id == "" || p.ID == id })
	if id != "" && len(m.pauses) == n {
		return fmt.Errorf("pause %q %w", id, fleet.ErrGone)
	}
	return nil
}

func (m *memory) Release(server string) error {
	if server == "nope" {
		return fmt.Errorf("server %q %w", server, fleet.ErrGone)
	}
	m.released = append(m.released, server)
	return nil
}

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// deps returns what a handler over m needs; tests change it.
func deps(m Scaler) Deps {
	return Deps{
		Scaler: m,
		Reload: func() ([]string, error) { return nil, nil }, LoginRequired: func() bool { return false },
		Warnings: func() []string { return []string{"scalelite.url is not set"} },
		Runbook:  func() string { return "https://example.org/runbooks" },
		Metrics:  prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler), Version: "1.2.3",
		Now: func() time.Time { return noon },
	}
}

func handler(t testing.TB, m *memory) http.Handler {
	t.Helper()
	return New(Defaults(), deps(m))
}
