package actions_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// Times of a pair in virtual time. A cycle takes 15 s, so that the lease is longer than
// usual.
const (
	pairLease  = time.Minute
	pairMargin = 12 * time.Second
)

// errCut is the error of calls of a process that is cut off, stopped or dead.
var errCut = errors.New("cut off")

// pair is two daemons on one store and one world. They compete for the lease as
// leader.Candidate does, in virtual time.
type pair struct {
	fx      *fixture
	shared  *store.SharedMemory
	daemons [2]*pairDaemon
	// kill is where the process of the leader is killed next.
	kill  *crashingStore
	stays bool // a killed daemon never comes back
	// terms counts the terms, and held the writes that were begun before a stop and went on
	// after it.
	terms, held int
}

// pairDaemon is one process of a pair.
type pairDaemon struct {
	*pair
	name    string
	skew    time.Duration // of its clock
	scaler  *actions.Scaler
	lease   fleet.Lease
	until   time.Time            // end of its term, in the world's time
	cut     map[string]time.Time // "store", "outside" → until when it is cut off from it
	stopped time.Time            // until when the process is stopped or dead
	hold    time.Duration        // the next write is held for so long before it is sent
}

// twoDaemons turns a fixture into one with a pair. It replaces the fixture's store.
func (fx *fixture) twoDaemons(skew time.Duration) *pair {
	p := &pair{fx: fx, shared: store.NewSharedMemory("bbb", fx.w.Now)}
	p.kill = &crashingStore{Store: p.shared.Under(fleet.Lease{}), left: 1 << 30}
	for i := range p.daemons {
		p.daemons[i] = &pairDaemon{pair: p, name: fmt.Sprint("daemon-", i), skew: time.Duration(i) * skew, cut: map[string]time.Time{}}
	}
	fx.pair, fx.store = p, p.kill
	p.step()
	return p
}

// leading returns the daemon that leads and can be reached; nil: none.
func (p *pair) leading() *pairDaemon {
	for _, d := range p.daemons {
		if d.scaler != nil && d.runs() {
			return d
		}
	}
	return nil
}

// step lets both daemons run as far as they do in one tick.
func (p *pair) step() {
	for _, d := range p.daemons {
		if d.runs() {
			d.compete()
			d.cycle()
		}
	}
	if d := p.leading(); d != nil {
		p.fx.s, p.fx.now = d.scaler, d.now
	}
}

func (d *pairDaemon) runs() bool             { return !d.fx.w.Now().Before(d.stopped) }
func (d *pairDaemon) now() time.Time         { return d.fx.w.Now().Add(d.skew) }
func (d *pairDaemon) isCut(from string) bool { return !d.runs() || d.fx.w.Now().Before(d.cut[from]) }
func (d *pairDaemon) over() bool             { return !d.fx.w.Now().Before(d.until) }
func (d *pairDaemon) end()                   { d.scaler, d.lease = nil, fleet.Lease{} }
func (d *pairDaemon) extend(held fleet.Lease) {
	d.lease, d.until = held, d.fx.w.Now().Add(held.Left()-pairMargin)
}

// compete acquires or renews the lease, and ends the term when it is over.
func (d *pairDaemon) compete() {
	ctx, claim := context.Background(), fleet.Claim{Holder: d.name, Length: pairLease}
	switch {
	case d.scaler != nil && d.over():
		d.end()
	case d.isCut("store"):
	case d.scaler != nil:
		held, err := d.shared.Renew(ctx, d.lease)
		if err != nil {
			d.end()
			return
		}
		d.extend(held)
	default:
		if held, err := d.shared.Acquire(ctx, claim); err == nil {
			d.extend(held)
			d.begin()
		}
	}
}

// begin begins a term with a new Scaler.
func (d *pairDaemon) begin() {
	fx := d.fx
	d.terms++
	cloud, balancer := fx.w.Cloud(), fx.w.Balancer()
	if fx.watch != nil {
		cloud, balancer = fx.watch(cloud, balancer)
	}
	var err error
	d.scaler, err = actions.New(fx.cfg, actions.Deps{
		Cloud: pairCloud{cloud, d}, Balancer: pairBalancer{balancer, d}, Meetings: fx.w.Meetings(), Resolve: fx.w.Resolve,
		Store: pairStore{d.shared.Under(d.lease), d}, Until: func() time.Time { return d.until.Add(d.skew) }, Now: d.now, InOrder: !fx.side,
	})
	must(fx.t, err)
}

// cycle runs a cycle if the daemon leads. It is killed if that is due.
func (d *pairDaemon) cycle() {
	if d.scaler == nil {
		return
	}
	d.fx.s, d.fx.now = d.scaler, d.now
	err := d.scaler.Cycle(context.Background(), d.now())
	if err != nil && !lost(err) {
		d.fx.t.Fatalf("Cycle() = %v", err)
	}
	if d.kill.dead {
		d.die()
	}
}

// die kills the process. Another one is started after two minutes, unless the daemon
// stays dead.
func (d *pairDaemon) die() {
	d.kill.dead, d.kill.left = false, 1<<30
	d.end()
	d.stopped = d.fx.w.Now().Add(2 * time.Minute)
	if d.stays {
		d.stopped = d.fx.w.Now().Add(1000 * time.Hour)
	}
}

// lost reports whether an error is one that a daemon that is killed, cut off or deposed
// gets.
func lost(err error) bool {
	return errors.Is(err, errKilled) || errors.Is(err, errCut) || errors.Is(err, fleet.ErrDeposed)
}

// wait stops the process in the middle of a write, if that is due, while the world and the
// other daemon go on.
func (d *pairDaemon) wait() {
	if d.hold == 0 {
		return
	}
	end := d.fx.w.Now().Add(d.hold)
	d.hold, d.stopped = 0, end
	d.held++
	for d.fx.w.Now().Before(end) {
		d.fx.tick()
	}
	d.stopped = time.Time{}
}

// pairStore is the store of a term, which its daemon may not reach.
type pairStore struct {
	fleet.Store
	d *pairDaemon
}

func (s pairStore) Commit(ctx context.Context, c fleet.Commit) error {
	if s.d.isCut("store") {
		return errCut
	}
	kill := s.d.kill
	kill.Store = s.Store
	defer func() { kill.Store = s.d.shared.Under(fleet.Lease{}) }()
	return kill.Commit(ctx, c)
}

// pairCloud is the cloud as one daemon reaches it.
type pairCloud struct {
	fleet.Cloud
	d *pairDaemon
}

func (c pairCloud) Servers(ctx context.Context, dc string) ([]fleet.CloudServer, error) {
	if c.d.isCut("outside") {
		return nil, errCut
	}
	return c.Cloud.Servers(ctx, dc)
}

func (c pairCloud) Server(ctx context.Context, ref fleet.ServerRef) (fleet.CloudServer, error) {
	if c.d.isCut("outside") {
		return fleet.CloudServer{}, errCut
	}
	return c.Cloud.Server(ctx, ref)
}

func (c pairCloud) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return c.d.send(func() (string, error) { return c.Cloud.Start(ctx, ref) })
}

func (c pairCloud) Stop(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return c.d.send(func() (string, error) { return c.Cloud.Stop(ctx, ref) })
}

func (c pairCloud) Resize(ctx context.Context, ref fleet.ServerRef, to fleet.Size) (string, error) {
	return c.d.send(func() (string, error) { return c.Cloud.Resize(ctx, ref, to) })
}

// send sends a write, unless the daemon is cut off.
func (d *pairDaemon) send(write func() (string, error)) (string, error) {
	d.wait()
	if d.isCut("outside") {
		return "", errCut
	}
	return write()
}

// pairBalancer is the balancer as one daemon reaches it.
type pairBalancer struct {
	fleet.Balancer
	d *pairDaemon
}

func (b pairBalancer) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	if b.d.isCut("outside") {
		return nil, errCut
	}
	return b.Balancer.Servers(ctx)
}

func (b pairBalancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	_, err := b.d.send(func() (string, error) { return "", b.Balancer.SetState(ctx, id, to) })
	return err
}
