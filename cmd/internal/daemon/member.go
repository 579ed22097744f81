package daemon

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/leader"
)

// member is a daemon that shares its store with others. It implements receiver.Scaler
// with the Scaler of its term while it leads, and with what it knows otherwise.
type member struct {
	*leader.Candidate
	self     string // its name as the holder of the lease
	shared   fleet.Shared
	newOf    func(fleet.Config, *leader.Term) (*actions.Scaler, error)
	digest   func() string                  // of the servers that its configuration acts on
	lasts    time.Duration                  // of a lease
	term     atomic.Pointer[actions.Scaler] // of the present term; nil: it does not lead
	last     atomic.Pointer[fleet.Status]   // of the end of its last term
	memory   atomic.Pointer[fleet.Memory]   // of the store, when it was last read
	changing sync.Mutex                     // held while a term begins and during a reload
	cfg      fleet.Config
}

// lead runs a new Scaler, with what is in the store now, for one term.
func (m *member) lead(ctx context.Context, t *leader.Term) error {
	s, err := m.begin(t)
	if err != nil {
		return err
	}
	defer func() {
		st := s.Status()
		m.last.Store(&st)
		m.term.Store(nil)
	}()
	return s.Run(ctx)
}

// begin creates the Scaler of a term.
func (m *member) begin(t *leader.Term) (*actions.Scaler, error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	s, err := m.newOf(m.cfg, t)
	if err == nil {
		m.term.Store(s)
	}
	return s, err
}

// Reload sets the configuration of this term and of those that follow.
func (m *member) Reload(cfg fleet.Config) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	if cfg.DryRun != m.cfg.DryRun {
		return errors.New("reloading: dry run cannot be switched while running: restart")
	}
	if s := m.term.Load(); s != nil {
		if err := s.Reload(cfg); err != nil {
			return err
		}
	}
	m.cfg = cfg
	return nil
}

// errStandsBy is the error of changes on a daemon that does not lead and knows none that
// does. They can be sent again.
var errStandsBy = errors.New("no daemon is known to lead the fleet at present")

// Notify implements receiver.Scaler.
func (m *member) Notify(alerts []fleet.Alert) (int, error) {
	if s := m.term.Load(); s != nil {
		return s.Notify(alerts)
	}
	return 0, errStandsBy
}

// Pause implements receiver.Scaler.
func (m *member) Pause(p fleet.Pause) (fleet.Pause, error) {
	if s := m.term.Load(); s != nil {
		return s.Pause(p)
	}
	return fleet.Pause{}, errStandsBy
}

// Resume implements receiver.Scaler.
func (m *member) Resume(id string) error {
	if s := m.term.Load(); s != nil {
		return s.Resume(id)
	}
	return errStandsBy
}

// Release implements receiver.Scaler.
func (m *member) Release(server string) error {
	if s := m.term.Load(); s != nil {
		return s.Release(server)
	}
	return errStandsBy
}

// Ready reports whether the leader has read the fleet lately. A daemon that stands by is
// ready if it reaches the store, and could take over.
func (m *member) Ready() bool {
	if s := m.term.Load(); s != nil {
		return s.Ready()
	}
	st := m.Standing()
	return st.Failing == nil && time.Since(st.ReadAt) < m.lasts
}

// Alerts implements receiver.Scaler.
func (m *member) Alerts() []fleet.Alert {
	if s := m.term.Load(); s != nil {
		return s.Alerts()
	}
	out := slices.Collect(maps.Values(m.stored().Alerts))
	out = slices.DeleteFunc(out, func(a fleet.Alert) bool { return a.Resolved })
	slices.SortFunc(out, fleet.CompareAlerts)
	return out
}

// Journal implements receiver.Scaler.
func (m *member) Journal(limit int, server string) ([]fleet.Entry, error) {
	ctx, done := context.WithTimeout(context.Background(), storeTimeout)
	defer done()
	return m.shared.Under(fleet.Lease{}).Journal(ctx, limit, server)
}

// RememberedCores implements receiver.Scaler.
func (m *member) RememberedCores(from, until time.Time) []fleet.CoresAt {
	if s := m.term.Load(); s != nil {
		return s.RememberedCores(from, until)
	}
	return m.stored().Load.Cores(from, until)
}

// Status implements receiver.Scaler. A daemon that stands by returns the servers as of
// the end of its last term, and the pauses that are in the store.
func (m *member) Status() fleet.Status {
	var st fleet.Status
	if s := m.term.Load(); s != nil {
		st = s.Status()
		st.Leadership = m.leadership(true)
		return st
	}
	if last := m.last.Load(); last != nil {
		st = *last
	}
	m.changing.Lock()
	st.Fleet, st.DryRun = m.cfg.Fleet.Name, m.cfg.DryRun
	m.changing.Unlock()
	st.Ready, st.Pauses = false, slices.Collect(maps.Values(m.stored().Pauses))
	slices.SortFunc(st.Pauses, func(a, b fleet.Pause) int { return a.From.Compare(b.From) })
	st.Leadership = m.leadership(false)
	return st
}

// stored returns what is in the store, or, if it does not answer, what was there last.
func (m *member) stored() fleet.Memory {
	ctx, done := context.WithTimeout(context.Background(), storeTimeout)
	defer done()
	if now, err := m.shared.Under(fleet.Lease{}).Load(ctx); err == nil {
		m.memory.Store(&now)
	}
	if known := m.memory.Load(); known != nil {
		return *known
	}
	return fleet.NewMemory()
}

// leadership returns who leads.
func (m *member) leadership(leads bool) *fleet.Leadership {
	st := m.Standing()
	l := &fleet.Leadership{Leads: leads, Self: m.self, OwnDigest: m.digest()}
	if err := cmp.Or(st.Failing, st.Refusal); err != nil {
		l.Problem = err.Error()
	}
	held, other := st.Other(time.Now())
	if leads || other {
		l.Holder, l.Address, l.Since, l.Digest = held.Holder, held.Address, held.Since, held.Digest
	}
	return l
}

// leader returns the base URL of the daemon that leads, or nil if it is this one or none
// is known.
func (m *member) leader() *url.URL {
	held, other := m.Standing().Other(time.Now())
	if !other {
		return nil
	}
	u, err := url.Parse(held.Address)
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// newMember returns a member that does not run yet.
func (o *options) newMember(cfg fleet.Config, shared fleet.Shared, digest func() string, newOf func(fleet.Config, *leader.Term) (*actions.Scaler, error), log *slog.Logger) (*member, error) {
	address, err := o.peers.address(o.web)
	if err != nil {
		return nil, err
	}
	if o.peers.lease < minLease {
		return nil, usage("--storage.lease-duration: %s: must be at least %s", o.peers.lease, minLease)
	}
	m := &member{self: holderName(), shared: shared, newOf: newOf, digest: digest, lasts: o.peers.lease, cfg: cfg}
	m.Candidate = leader.New(leader.For(func() fleet.Claim {
		return fleet.Claim{Holder: m.self, Address: address, Digest: digest(), Length: m.lasts}
	}, storeTimeout, log), shared)
	log.Info("sharing the store", "name", m.self, "address", address, "lease", m.lasts)
	return m, nil
}

// run competes for the lease and leads, until ctx is done.
func (m *member) run(ctx context.Context) error {
	m.Run(ctx, m.lead)
	return nil
}
