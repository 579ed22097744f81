package actions_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// incident is what happens to a daemon in the middle of its next commit or write.
type incident struct {
	in    string // "commit" or "write"
	after bool   // the other side has got the call, and the daemon not its answer
	// cut is set if the daemon is cut off from the other side. Otherwise its process is
	// stopped, as by SIGSTOP, and goes on where it was, as by SIGCONT.
	cut bool
	// late is set if the store gets the commit after the cut, when the daemon has long
	// given it up: TCP repeats what was sent, also for a connection that was closed.
	late bool
	// length is how long that lasts; 0: no incident.
	length time.Duration
}

// incidents returns every incident, without a length.
func incidents() (all []incident) {
	for _, in := range []string{"commit", "write"} {
		for _, after := range []bool{false, true} {
			for _, cut := range []bool{false, true} {
				all = append(all, incident{in: in, after: after, cut: cut})
			}
		}
	}
	return append(all, incident{in: "commit", cut: true, late: true})
}

// String describes the incident.
func (i incident) String() string {
	what, when := "stopped", "before"
	if i.cut {
		what = "cut off"
	}
	if i.after {
		when = "after"
	}
	if i.late {
		when = "late for"
	}
	return fmt.Sprintf("%s for %v %s a %s", what, i.length, when, i.in)
}

// meet lets the incident that is due happen, if it is one of this place. to is the other
// side of the call.
func (d *pairDaemon) meet(in string, after bool, to string) (was incident) {
	due := d.next
	if due.length == 0 || due.in != in || due.after != after || !d.busy || !d.check.hand.TryLock() {
		return was // not due, or a person is acting on the daemon
	}
	d.check.hand.Unlock()
	end := d.fx.w.Now().Add(due.length)
	d.next, due.length = incident{}, 0
	d.met[due]++
	if due.cut {
		d.cut[to] = end
		return due
	}
	d.stopped = d.fx.w.Now().Add(forever)
	for d.fx.w.Now().Before(end) {
		d.fx.tick()
	}
	d.stopped = time.Time{}
	return due
}

// pairStore is the store of a term, which its daemon may not reach.
type pairStore struct {
	fleet.Store
	t *pairTerm
}

func (s pairStore) Commit(ctx context.Context, c fleet.Commit) error {
	if s.t.meet("commit", false, "store").late {
		s.t.late, s.t.doubt = append(s.t.late, lateCommit{s.t.cut["store"], s.t.shared.Under(s.t.lease), c}), true
	}
	if s.t.isCut("store") {
		return errCut
	}
	if err := s.t.fence(ctx); err != nil {
		return err
	}
	err := s.commit(ctx, c)
	s.t.meet("commit", true, "store")
	if err == nil && s.t.isCut("store") {
		s.t.doubt = true
		return errCut // the store has it, but the answer is lost
	}
	return err
}

// fence does the same as that of leader.Term.
func (t *pairTerm) fence(ctx context.Context) error {
	if !t.doubt {
		return nil
	}
	held, err := t.shared.Acquire(ctx, t.lease.Claim)
	if err != nil {
		return fleet.ErrDeposed
	}
	t.extend(held)
	t.doubt = false
	return nil
}

// lateCommit is a commit that the store gets after its daemon has given it up.
type lateCommit struct {
	at     time.Time
	store  fleet.Store
	commit fleet.Commit
}

// deliver delivers the commits that arrive now.
func (p *pair) deliver() {
	p.late = slices.DeleteFunc(p.late, func(c lateCommit) bool {
		due := !p.fx.w.Now().Before(c.at)
		if due {
			_ = c.store.Commit(context.Background(), c.commit) // refused if another daemon has taken over
		}
		return due
	})
}

func (s pairStore) commit(ctx context.Context, c fleet.Commit) error {
	kill := s.t.kill
	kill.Store = s.t.shared.Under(s.t.lease)
	defer func() { kill.Store = s.t.shared.Under(fleet.Lease{}) }()
	err := kill.Commit(ctx, c)
	if newest, _ := s.t.shared.Newest(ctx); err == nil && newest.Epoch != s.t.lease.Epoch {
		s.t.check.say(sim.Reading{Name: "store"}, "a commit by %s in epoch %d, while the newest is %d", s.t.name, s.t.lease.Epoch, newest.Epoch)
	}
	return err
}

// reached calls the other side, if the daemon reaches it.
func reached[T any](d *pairDaemon, to string, call func() (T, error)) (answer T, err error) {
	if d.isCut(to) {
		return answer, errCut
	}
	return call()
}

// send sends a write, if the daemon reaches the other side.
func (t *pairTerm) send(ctx context.Context, to string, write func(context.Context) (string, error)) (string, error) {
	t.meet("write", false, to)
	answer, err := reached(t.pairDaemon, to, func() (string, error) { return write(t.arriving(ctx, to)) })
	t.meet("write", true, to)
	if err == nil && t.isCut(to) {
		return "", fmt.Errorf("the answer is lost: %w", fleet.ErrUnknown)
	}
	return answer, err
}

// arriving returns the context of a write that checks, when the write arrives, that its
// daemon holds the lease.
func (t *pairTerm) arriving(ctx context.Context, to string) context.Context {
	return fleet.WithCheck(ctx, func(context.Context) error {
		err := fleet.Check(ctx)
		if newest, _ := t.shared.Newest(ctx); err == nil && (newest.Epoch != t.lease.Epoch || newest.Left() == 0) {
			t.check.say(sim.Reading{Name: to}, "a write by %s in epoch %d, while the newest is %d with %v left",
				t.name, t.lease.Epoch, newest.Epoch, newest.Left())
		}
		return err
	})
}

// pairCloud is the cloud as one daemon reaches it.
type pairCloud struct {
	fleet.Cloud
	t *pairTerm
}

func (c pairCloud) Servers(ctx context.Context, dc string) ([]fleet.CloudServer, error) {
	return reached(c.t.pairDaemon, "cloud", func() ([]fleet.CloudServer, error) { return c.Cloud.Servers(ctx, dc) })
}

func (c pairCloud) Server(ctx context.Context, ref fleet.ServerRef) (fleet.CloudServer, error) {
	return reached(c.t.pairDaemon, "cloud", func() (fleet.CloudServer, error) { return c.Cloud.Server(ctx, ref) })
}

func (c pairCloud) Request(ctx context.Context, id string) (fleet.RequestStatus, error) {
	return reached(c.t.pairDaemon, "cloud", func() (fleet.RequestStatus, error) { return c.Cloud.Request(ctx, id) })
}

func (c pairCloud) Contract(ctx context.Context) (fleet.Contract, error) {
	return reached(c.t.pairDaemon, "cloud", func() (fleet.Contract, error) { return c.Cloud.Contract(ctx) })
}

func (c pairCloud) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return c.t.send(ctx, "cloud", func(ctx context.Context) (string, error) { return c.Cloud.Start(ctx, ref) })
}

func (c pairCloud) Stop(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return c.t.send(ctx, "cloud", func(ctx context.Context) (string, error) { return c.Cloud.Stop(ctx, ref) })
}

func (c pairCloud) Resize(ctx context.Context, ref fleet.ServerRef, to fleet.Size) (string, error) {
	return c.t.send(ctx, "cloud", func(ctx context.Context) (string, error) { return c.Cloud.Resize(ctx, ref, to) })
}

// pairBalancer is the balancer as one daemon reaches it.
type pairBalancer struct {
	fleet.Balancer
	t *pairTerm
}

func (b pairBalancer) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	return reached(b.t.pairDaemon, "balancer", func() ([]fleet.BalancerServer, error) { return b.Balancer.Servers(ctx) })
}

func (b pairBalancer) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	return reached(b.t.pairDaemon, "balancer", func() (fleet.BalancerServer, error) { return b.Balancer.Server(ctx, id) })
}

func (b pairBalancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	_, err := b.t.send(ctx, "balancer", func(ctx context.Context) (string, error) { return "", b.Balancer.SetState(ctx, id, to) })
	return err
}
