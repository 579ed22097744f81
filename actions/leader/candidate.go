package leader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Config is how a daemon competes for the lease. See For.
type Config struct {
	// Claim returns what the daemon says of itself, including the length of the lease.
	Claim func() fleet.Claim
	// Retry is the interval at which a follower asks for the lease, and Renew that at
	// which the leader renews it.
	Retry, Renew time.Duration
	// Margin is how long before the end of the lease the leader stops. It covers what its
	// clock may be slower than that of the store, and a write that has just been sent.
	Margin time.Duration
	// Timeout is the longest time that one call of the store may take.
	Timeout time.Duration
	// Log gets each beginning and end of a term, and each change of what prevents one.
	Log *slog.Logger
}

// For returns the configuration for a lease of the length in claim. It is renewed five
// times in its length, asked for ten times, and its margin is a fifth of it.
func For(claim func() fleet.Claim, timeout time.Duration, log *slog.Logger) Config {
	length := claim().Length
	return Config{
		Claim: claim, Retry: length / 10, Renew: length / 5, Margin: length / 5, Timeout: min(timeout, length/5), Log: log,
	}
}

// Candidate competes for the lease of a fleet. It is safe for concurrent use.
type Candidate struct {
	cfg    Config
	shared fleet.Shared
	clock  *clock // of the store

	mu       sync.Mutex
	standing Standing
	term     *Term       // nil while it does not lead
	rival    fleet.Lease // the last lease of another daemon that was seen
}

// New returns a candidate. It does nothing until Run is called.
func New(cfg Config, shared fleet.Shared) *Candidate {
	return &Candidate{cfg: cfg, shared: shared, clock: new(clock)}
}

// Now returns the time by the clock of the store, which all daemons have in common. It is
// the local time until the store has answered once.
func (c *Candidate) Now() time.Time { return c.clock.of(time.Now()) }

// Standing returns what is known now about who leads.
func (c *Candidate) Standing() Standing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.standing
}

// Run competes for the lease until ctx is done. While it holds the lease, it runs lead,
// whose context ends with the term; lead must return soon after that. Then Run releases
// the lease, so that another daemon takes over at once. If lead returns by itself, the
// lease is released, too, and asked for again later.
func (c *Candidate) Run(ctx context.Context, lead func(context.Context, *Term) error) {
	for ctx.Err() == nil {
		rest := c.cfg.Retry
		if asked := time.Now(); !c.mayLead() {
			c.look(ctx)
		} else if lease, err := c.acquire(ctx); err == nil && c.serve(ctx, lease, asked, lead) {
			rest = lease.Length // the others come first
		}
		sleep(ctx, rest)
	}
}

// StepDown ends the term of this daemon, which then hands the lease over, and does not ask
// for it again for as long as a lease lasts. The error matches fleet.ErrDeposed if the
// daemon does not lead.
func (c *Candidate) StepDown() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.term == nil {
		return fmt.Errorf("this daemon does not lead: %w", fleet.ErrDeposed)
	}
	c.term.end(errResigned)
	return nil
}

// acquire asks for the lease once.
func (c *Candidate) acquire(ctx context.Context) (fleet.Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	asked := time.Now()
	lease, err := c.shared.Acquire(ctx, c.cfg.Claim())
	if held, is := errors.AsType[*fleet.HeldError](err); is {
		c.note(asked, held.By, nil)
	} else {
		c.note(asked, lease, err)
	}
	return lease, err
}

// look reads who leads, without asking for the lease.
func (c *Candidate) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	asked := time.Now()
	lease, err := c.shared.Newest(ctx)
	c.note(asked, lease, err)
}

// serve leads for one term, and returns whether another daemon should lead now: because
// this one was asked to step down, or because leading has failed.
func (c *Candidate) serve(ctx context.Context, lease fleet.Lease, asked time.Time, lead func(context.Context, *Term) error) (others bool) {
	t, term := newTerm(ctx, c.shared, c.clock, lease, asked, c.cfg.Margin)
	defer t.timer.Stop()
	c.leads(t)
	c.cfg.Log.Info("this daemon leads now", "epoch", lease.Epoch, "since", lease.Since, "until", t.Until(), "clock_behind", time.Until(t.Now()).Round(time.Millisecond))
	done := make(chan error, 1)
	go func() { done <- lead(term, t) }()
	err := c.renew(term, t, done)
	c.leads(nil)
	c.cfg.Log.Info("this daemon does not lead any more", "epoch", lease.Epoch, "because", context.Cause(term), "error", err)
	c.release(t)
	return err != nil || errors.Is(context.Cause(term), errResigned)
}

// renew renews the lease until the term ends or lead is done, and returns the error of
// lead.
func (c *Candidate) renew(term context.Context, t *Term, done <-chan error) error {
	tick := time.NewTicker(c.cfg.Renew)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			t.end(errors.New("leading has failed"))
			return err
		case <-term.Done():
			return <-done
		case <-tick.C:
			c.extend(term, t)
		}
	}
}

// extend renews the lease once. A failure is tried again at the next tick.
func (c *Candidate) extend(ctx context.Context, t *Term) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	asked := time.Now()
	lease, err := t.renew(ctx, c.cfg.Claim())
	if errors.Is(err, fleet.ErrDeposed) {
		t.end(err)
	}
	c.note(asked, lease, err)
}

// release hands the lease over. It does not matter if that fails: the lease then ends by
// itself.
func (c *Candidate) release(t *Term) {
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.Timeout)
	defer cancel()
	if err := c.shared.Release(ctx, t.held()); err != nil {
		c.cfg.Log.Warn("the lease could not be released, and ends by itself", "error", err)
	}
}

// note notes the answer of the store to a call that began at the given time, and logs
// when the store begins to fail and when it answers again.
func (c *Candidate) note(asked time.Time, lease fleet.Lease, err error) {
	if err == nil {
		c.clock.note(lease, asked)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.standing
	if err != nil {
		if s.Failing == nil {
			c.cfg.Log.Error("the lease cannot be read or renewed", "error", err)
		}
		s.Failing = err
		return
	}
	if s.Failing != nil {
		c.cfg.Log.Info("the store answers again", "leader", lease.Holder)
	}
	s.Newest, s.ReadAt, s.Failing = lease, asked, nil
	if lease.Holder != c.cfg.Claim().Holder {
		c.rival = lease
	}
}

// leads notes the term in which this daemon leads; nil: it does not.
func (c *Candidate) leads(t *Term) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.term, c.standing.Leads = t, t != nil
}

// mayLead reports whether this daemon may ask for the lease. It must not if it has seen
// another one lead that acted on other servers and has not handed over: the servers that
// this one would not know of would be nobody's. A daemon that hands over, or one that is
// started after the other has gone, has been given its configuration on purpose.
func (c *Candidate) mayLead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was, rival, own := c.standing.Refusal, c.rival, c.cfg.Claim()
	c.standing.Refusal = nil
	if rival.Holder != "" && rival.Digest != own.Digest {
		c.standing.Refusal = fmt.Errorf("the leader %s acts on other servers: the digest of its configuration is %s, and that of this daemon is %s; give both the same configuration, or restart this daemon to use its own",
			rival.Holder, rival.Digest, own.Digest)
	}
	if c.standing.Refusal != nil && was == nil {
		c.cfg.Log.Error("this daemon does not take over", "error", c.standing.Refusal)
	}
	return c.standing.Refusal == nil
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
