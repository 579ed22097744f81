package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Shared is a store that several daemons use for one fleet. Only the daemon that holds
// the lease changes it; the others read.
type Shared interface {
	Leases
	// Under returns the store as the holder of a lease uses it. Its Commit writes nothing,
	// and returns ErrDeposed, once another daemon has acquired the lease or this one was
	// released. A lease whose time has ended is enough until then: nobody else has written
	// anything. Under the zero Lease, the store can only be read. Close of the returned
	// store does nothing; close the Shared instead.
	Under(held Lease) Store
	// Close releases the store and its connections. It does not end a lease.
	Close() error
}

// Leases gives the lease of one fleet to one daemon at a time. Implementations are safe
// for concurrent use. All times are those of the store's own clock, so that the clocks
// of the daemons do not matter.
type Leases interface {
	// Acquire gives the lease to the claimant, with a new epoch, if nobody holds it or
	// its time has ended. Otherwise the error is a HeldError. Each call that succeeds
	// begins a new epoch, also for the holder itself.
	Acquire(ctx context.Context, claim Claim) (Lease, error)
	// Renew extends a lease by its Length from now on, and stores its Address and
	// Digest. It also extends a lease whose time has ended, as long as nobody else has
	// acquired it since. The error matches ErrDeposed if the epoch of the lease is not
	// the newest, or if the lease was released.
	Renew(ctx context.Context, held Lease) (Lease, error)
	// Release ends a lease at once, so that another daemon can acquire it. It ends no
	// other lease than this one, and returns no error if this one has already ended.
	Release(ctx context.Context, held Lease) error
	// Newest returns the lease of the newest epoch, which may have ended (Lease.Left).
	// It is the zero Lease if there never was one.
	Newest(ctx context.Context) (Lease, error)
}

// Claim is what a daemon says of itself when it acquires the lease of a fleet.
type Claim struct {
	// Holder identifies the process. A daemon that starts again is another holder, since
	// it does not know what its predecessor was about to do.
	Holder string `json:"holder"`
	// Address is the base URL at which the other daemons reach the holder.
	Address string `json:"address,omitempty"`
	// Digest identifies the holder's configuration, to be compared with that of the
	// others.
	Digest string `json:"digest,omitempty"`
	// Length is how long the lease lasts after it was acquired or renewed.
	Length time.Duration `json:"-"`
}

// Lease is the right of one daemon to change a fleet and its store for a limited time.
type Lease struct {
	Claim
	// Fleet is the name of the fleet (FleetConfig.Name).
	Fleet string `json:"fleet"`
	// Epoch counts the acquisitions of the lease from 1. Commits under an older epoch
	// are refused.
	Epoch uint64 `json:"epoch"`
	// Since is when this epoch began, Until when the lease ends, and Read when the store
	// returned it, all by the store's clock. Until is not after Read if the lease has
	// ended.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Read  time.Time `json:"read"`
}

// Left returns how long the lease lasts from Read on, or 0 if it has ended. A daemon
// counts it from the moment before it called Acquire or Renew, on its own monotonic
// clock; the time that the call takes is then lost for the holder.
func (l Lease) Left() time.Duration { return max(0, l.Until.Sub(l.Read)) }

// ErrDeposed is returned by a Store and by Leases when the lease of the caller is not the
// newest any more: another daemon has taken over. The caller must not begin a step.
var ErrDeposed = errors.New("another daemon has taken over the fleet")

// HeldError is the error of Leases.Acquire while another daemon holds the lease.
type HeldError struct {
	By Lease // the lease of the other daemon
}

// Error names the holder, its address, and since when and how long it holds the lease.
func (e *HeldError) Error() string {
	return fmt.Sprintf("the lease of fleet %q is held by %s (%s) since %s for another %s", e.By.Fleet, e.By.Holder, e.By.Address,
		e.By.Since.UTC().Format(time.RFC3339), e.By.Left().Round(time.Millisecond))
}

// Identity is what distinguishes the fleets that share a database. A shared store keeps
// it, so that two fleets cannot use one name by mistake.
type Identity struct {
	// Name is the name of the fleet (FleetConfig.Name).
	Name string
	// Balancer is the host of the balancer's URL; empty: the fleet has none.
	Balancer string
	// Datacenters are the ids of the fleet's datacenters.
	Datacenters []string
}
