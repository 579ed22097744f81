package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// Replicas configures several daemons on the demo's fleet. Each runs in a process of its
// own; all have one store in PostgreSQL.
type Replicas struct {
	// Number is the number of daemons, at least 2.
	Number int
	// StorageURL is the URL of the database. What the demo keeps there is that of a fleet
	// whose name ends in -demo.
	StorageURL fleet.Secret
	// KillEvery is the real time for which a daemon leads until it is killed; 0: it is
	// never killed.
	KillEvery time.Duration
	// Program and the arguments after it run RunReplica.
	Program []string
	// Environ is the environment of each process, to which the URL is added.
	Environ []string
}

// storageURL is the daemon's environment variable for the URL of the database, which may
// have a password and is therefore not an argument.
const storageURL = "BBB_SCALER_STORAGE_URL"

// replicas are the daemons of a run.
type replicas struct {
	Replicas
	args      func(replica int) []string
	addresses []string // host:port
	clients   []*client.Client
	log       *slog.Logger
	changes   changes

	mu        sync.Mutex
	processes []*process // nil: it was killed
	numbers   []int      // of the processes, counted over all replicas
	started   int        // number of processes
	found     Takeovers
}

// replicaName is the name of a replica in the output.
func replicaName(i int) string { return fmt.Sprintf("bbb-scaler-%d", i+1) }

// runReplicas runs the daemons, and kills the leader again and again, until ctx is done or
// a daemon ends by itself.
func (d *demo) runReplicas(ctx context.Context, log *slog.Logger, out io.Writer) (err error) {
	r := d.replicas
	if r.clients, err = d.connect(); err != nil {
		return err
	}
	defer closeAll(r.clients)
	r.log, r.addresses, r.args = log, d.daemonAt, func(i int) []string { return append(d.daemonArgs(i), d.clockArgs()...) }
	defer r.stop()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if err := r.startAll(fail); err != nil {
		return err
	}
	err = r.watch(ctx, fail, func(line string) {
		fmt.Fprintf(out, "%-6s ******** %s\n", d.world.Now().Format("15:04"), line)
	})
	return cmp.Or(err, context.Cause(ctx))
}

func (r *replicas) startAll(fail context.CancelCauseFunc) error {
	for i := range r.processes {
		if err := r.start(i, fail); err != nil {
			return err
		}
	}
	return nil
}

// start starts a replica. fail is called if it ends by itself.
func (r *replicas) start(i int, fail context.CancelCauseFunc) error {
	p, err := startProcess(replicaName(i), r.Program, r.args(i), append(r.Environ[:len(r.Environ):len(r.Environ)], storageURL+"="+r.StorageURL.Reveal()), r.log)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started++
	r.processes[i], r.numbers[i] = p, r.started
	go func() {
		<-p.ended
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.processes[i] == p {
			fail(fmt.Errorf("%s: %w", replicaName(i), p.err()))
		}
	}()
	return nil
}

// kill ends a replica as kill -9 does: it hands nothing over.
func (r *replicas) kill(i int) {
	if p := r.take(i); p != nil {
		p.kill()
	}
}

// take returns the process of a replica, whose end is expected from now on.
func (r *replicas) take(i int) *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.processes[i]
	r.processes[i] = nil
	return p
}

// stop ends all replicas.
func (r *replicas) stop() {
	var wg sync.WaitGroup
	for i := range r.processes {
		if p := r.take(i); p != nil {
			wg.Go(p.stop)
		}
	}
	wg.Wait()
}

// process returns the number of the present process of a replica, or of the last one.
func (r *replicas) process(i int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.numbers[i]
}

// identity is what the daemons tell the database of the demo's fleet.
func (d *demo) identity() fleet.Identity {
	id := fleet.Identity{Name: d.config().Actions.Fleet.Name, Datacenters: d.world.Datacenters()}
	if u, err := url.Parse(d.scaleliteURL); err == nil {
		id.Balancer = strings.ToLower(u.Hostname())
	}
	return id
}

// emptyWithin is how long the preparation of the database may take. The lease of an
// earlier run that was killed must end in that time.
const emptyWithin = 30 * time.Second

// empty deletes what an earlier run has left in the database, if there are replicas.
func (d *demo) empty(ctx context.Context) error {
	if d.replicas == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, emptyWithin)
	defer cancel()
	shared, err := postgres.Open(ctx, postgres.Config{URL: d.replicas.StorageURL, Fleet: d.identity()})
	if err != nil {
		return fmt.Errorf("--storage.url: %w", err)
	}
	defer func() { _ = shared.Close() }() // it returns no error
	claim := fleet.Claim{Holder: "simulate", Length: emptyWithin}
	lease, err := shared.Acquire(ctx, claim)
	for held := new(fleet.HeldError); errors.As(err, &held) && wait(ctx, min(held.By.Left(), time.Second)); {
		lease, err = shared.Acquire(ctx, claim)
	}
	if err != nil {
		return fmt.Errorf("--storage.url: another demo uses the database: %w", err)
	}
	return errors.Join(shared.Clear(ctx, lease), shared.Release(ctx, lease))
}
