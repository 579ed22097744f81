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
	check   *promiseChecker
	shared  *store.SharedMemory
	daemons [2]*pairDaemon
	// kill is where the process of the leader is killed next.
	kill  *crashingStore
	stays bool // a killed daemon never comes back
	terms int
	met   map[incident]int // how often each incident happened, without its length
	late  []lateCommit
}

// pairDaemon is one process of a pair.
type pairDaemon struct {
	*pair
	name    string
	skew    time.Duration        // of its clock, as if that of the store were set at each takeover
	term    *pairTerm            // nil while it does not lead
	cut     map[string]time.Time // "store", "cloud", "balancer" → until when it is cut off from it
	stopped time.Time            // until when the process is stopped or dead
	next    incident
	busy    bool // in a cycle
}

// pairTerm is the time for which a daemon leads without interruption.
type pairTerm struct {
	*pairDaemon
	scaler *actions.Scaler
	lease  fleet.Lease
	until  time.Time // in the world's time
	doubt  bool      // the store may still get a commit that was given up
}

// twoDaemons turns a fixture into one with a pair. It replaces the fixture's store.
func (fx *fixture) twoDaemons(check *promiseChecker, skew time.Duration) *pair {
	p := &pair{fx: fx, check: check, shared: store.NewSharedMemory("bbb", fx.w.Now), met: map[incident]int{}}
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
		if d.term != nil && d.runs() {
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
	p.deliver()
	p.turn()
}

// turn turns the fixture to the daemon that leads and can be reached, and reports whether
// there is one.
func (p *pair) turn() bool {
	d := p.leading()
	if d != nil {
		p.fx.s, p.fx.now = d.term.scaler, d.now
	}
	return d != nil
}

// reload gives both daemons the configuration of the fixture. A deposed one may not know
// yet that the other one leads.
func (p *pair) reload() {
	for _, d := range p.daemons {
		if d.term != nil {
			must(p.fx.t, d.term.scaler.Reload(p.fx.cfg))
		}
	}
}

func (d *pairDaemon) runs() bool             { return !d.fx.w.Now().Before(d.stopped) }
func (d *pairDaemon) now() time.Time         { return d.fx.w.Now().Add(d.skew) }
func (d *pairDaemon) isCut(from string) bool { return !d.runs() || d.fx.w.Now().Before(d.cut[from]) }
func (t *pairTerm) over() bool               { return !t.fx.w.Now().Before(t.until) }
func (t *pairTerm) extend(held fleet.Lease) {
	t.lease, t.until = held, t.fx.w.Now().Add(held.Left()-pairMargin)
}

// compete acquires or renews the lease, and ends the term when it is over.
func (d *pairDaemon) compete() {
	ctx, claim := context.Background(), fleet.Claim{Holder: d.name, Length: pairLease}
	switch {
	case d.term != nil && d.term.over():
		d.term = nil
	case d.isCut("store"):
	case d.term != nil:
		held, err := d.shared.Renew(ctx, d.term.lease)
		if err != nil {
			d.term = nil
			return
		}
		d.term.extend(held)
	default:
		if held, err := d.shared.Acquire(ctx, claim); err == nil {
			d.begin(held)
		}
	}
}

// begin begins a term with a new Scaler.
func (d *pairDaemon) begin(held fleet.Lease) {
	fx := d.fx
	d.terms++
	cloud, balancer := fx.w.Cloud(), fx.w.Balancer()
	if fx.watch != nil {
		cloud, balancer = fx.watch(cloud, balancer)
	}
	t := &pairTerm{pairDaemon: d}
	t.extend(held)
	var err error
	t.scaler, err = actions.New(fx.cfg, actions.Deps{
		Cloud: pairCloud{cloud, t}, Balancer: pairBalancer{balancer, t}, Meetings: fx.w.Meetings(), Resolve: fx.w.Resolve,
		Store: pairStore{d.shared.Under(fleet.Lease{}), t}, Until: func() time.Time { return t.until.Add(d.skew) }, Now: d.now, InOrder: !fx.side,
	})
	must(fx.t, err)
	d.term = t
}

// cycle runs a cycle if the daemon leads. It is killed if that is due.
func (d *pairDaemon) cycle() {
	if d.term == nil {
		return
	}
	d.fx.s, d.fx.now = d.term.scaler, d.now
	d.busy = true
	err := d.term.scaler.Cycle(context.Background(), d.now())
	d.busy = false
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
	d.term = nil
	d.stopped = d.fx.w.Now().Add(2 * time.Minute)
	if d.stays {
		d.stopped = d.fx.w.Now().Add(forever)
	}
}

// forever is longer than any test.
const forever = 10_000 * time.Hour

// lost reports whether an error is one that a daemon that is killed, cut off or deposed
// gets.
func lost(err error) bool {
	return errors.Is(err, errKilled) || errors.Is(err, errCut) || errors.Is(err, fleet.ErrDeposed)
}
