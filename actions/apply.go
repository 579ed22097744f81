package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// applyAll carries out a plan's steps side by side, or in order where the
// configuration asks for one thing at a time. It waits at most the patience:
// a write that hangs ends in the background, while its server is left alone.
func (s *Scaler) applyAll(ctx context.Context, cfg Config, plan Plan, servers []Server) error {
	byID := make(map[string]Server, len(servers))
	for _, v := range servers {
		byID[v.ID] = v
	}
	if cfg.Fleet.Concurrency <= 1 {
		var errs []error
		for _, step := range plan.Steps {
			errs = append(errs, s.apply(ctx, cfg, step, byID[step.ServerID]))
		}
		return errors.Join(errs...)
	}
	return s.applySide(ctx, cfg, plan, byID)
}

// applySide applies side by side.
func (s *Scaler) applySide(ctx context.Context, cfg Config, plan Plan, byID map[string]Server) error {
	var all sync.WaitGroup
	errs := make(chan error, len(plan.Steps))
	slots := make(chan struct{}, cfg.Fleet.Concurrency)
	for _, step := range plan.Steps {
		s.mark(step.ServerID, true)
		all.Add(1)
		s.writes.Go(func() {
			defer all.Done()
			defer s.mark(step.ServerID, false)
			slots <- struct{}{}
			defer func() { <-slots }()
			errs <- s.apply(ctx, cfg, step, byID[step.ServerID])
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	timer := time.NewTimer(cfg.Deadlines.Patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	var failed []error
	for len(errs) > 0 {
		failed = append(failed, <-errs)
	}
	return errors.Join(failed...)
}

func (s *Scaler) mark(id string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.applying[id] = true
	} else {
		delete(s.applying, id)
	}
}

// apply checks a step once more, writes the intent, makes the change, and
// writes what came of it. Only a failing store is an error: without a journal
// nothing may be done.
func (s *Scaler) apply(ctx context.Context, cfg Config, step Step, v Server) error {
	if cfg.DryRun {
		return s.pretend(step)
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Deadlines.Write)
	defer cancel()
	if no := s.recheck(ctx, cfg, step, v); no != "" {
		return s.record(step, Abandoned, no, nil)
	}
	before, err := s.intend(cfg, step, v)
	if err != nil {
		return err
	}
	request, err := s.write(ctx, step, v)
	return s.settle(cfg, step, before, request, err)
}

// pretend journals a step of a dry run, once until it is long past.
func (s *Scaler) pretend(step Step) error {
	key := step.ServerID + " " + string(step.Kind)
	s.mu.Lock()
	now := s.deps.Now()
	again := now.Sub(s.dryRun[key]) < time.Hour
	s.dryRun[key] = now
	s.mu.Unlock()
	if again {
		return nil
	}
	return s.record(step, Done, "dry run: not made", func(e *Entry, _ *Commit) { e.DryRun = true })
}

// record commits a journal line, and what else with adds to the commit.
func (s *Scaler) record(step Step, o Outcome, detail string, with func(*Entry, *Commit)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Entry{At: s.deps.Now(), Step: step, Outcome: o, Detail: detail}
	var c Commit
	if with != nil {
		with(&e, &c)
	}
	c.Entries = []Entry{e}
	if err := s.commit(c); err != nil {
		return fmt.Errorf("journaling %s of %s: %w", step.Kind, step.Server, err)
	}
	return nil
}

// intend commits what is about to be done, and returns the record before it.
func (s *Scaler) intend(cfg Config, step Step, v Server) (before Record, err error) {
	err = s.record(step, Begun, "", func(e *Entry, c *Commit) {
		before = s.memory.Records[step.ServerID]
		r := before
		r.ID = step.ServerID
		if step.Aim != r.Aim {
			r.aim(step.Aim, e.At)
		}
		if to := step.Kind.state(); to != "" {
			r.wrote(to, e.At)
		} else {
			r.Flight = &Flight{Step: step, At: e.At, Deadline: e.At.Add(cfg.Deadlines.of(step.Kind) + s.queue(cfg, v))}
		}
		if step.Kind == Start {
			c.Fleet = s.memory.Fleet.started(e.At, cfg.Cooldowns.Out)
		}
		c.Records = []Record{r}
	})
	return before, err
}

// queue is how much longer a change may take behind the others that are under
// way in its datacenter. The caller holds mu.
func (s *Scaler) queue(cfg Config, v Server) (wait time.Duration) {
	for id, other := range s.servers {
		if other.Datacenter == v.Datacenter && s.memory.Records[id].Flight != nil {
			wait += cfg.Deadlines.Queue
		}
	}
	return wait
}

// state is the balancer state that a step writes; "" for steps of the cloud.
func (k Kind) state() BalancerState {
	switch k {
	case Enable, Reclaim:
		return Enabled
	case Cordon:
		return Cordoned
	case Disable:
		return Disabled
	}
	return ""
}

func (d Deadlines) of(k Kind) time.Duration {
	switch k {
	case Start:
		return d.Start
	case Stop:
		return d.Stop
	}
	return d.Resize
}

// write makes the change.
func (s *Scaler) write(ctx context.Context, step Step, v Server) (request string, err error) {
	switch step.Kind {
	case Start:
		return s.deps.Cloud.Start(ctx, v.ServerRef)
	case Stop:
		return s.deps.Cloud.Stop(ctx, v.ServerRef)
	case Grow, Shrink:
		return s.deps.Cloud.Resize(ctx, v.ServerRef, step.To)
	}
	return "", s.deps.Balancer.SetState(ctx, v.Balancer.ID, step.Kind.state())
}

// settle commits what came of a write. A change of the cloud stays in flight
// until the world shows it; so does one whose outcome is unknown.
func (s *Scaler) settle(cfg Config, step Step, before Record, request string, failure error) error {
	switch {
	case failure == nil && step.Kind.state() == "":
		return s.sent(cfg, step, request)
	case failure == nil:
		return s.record(step, Done, "", func(e *Entry, c *Commit) { s.changed(cfg, step, e.At, c) })
	case errors.Is(failure, ErrUnknown), errors.Is(failure, context.DeadlineExceeded), errors.Is(failure, context.Canceled):
		s.log.Warn("outcome unknown, the next look will tell", "step", step.Kind, "server", step.Server, "error", failure)
		return nil
	}
	return s.fell(cfg, step, before, failure)
}

// sent notes the request of an accepted change of the cloud.
func (s *Scaler) sent(cfg Config, step Step, request string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.memory.Records[step.ServerID]
	var c Commit
	if r.Flight != nil {
		f := *r.Flight
		f.Request = request
		r.Flight = &f
	}
	c.Records = []Record{r}
	s.refused.cloud = time.Time{}
	s.changed(cfg, step, s.deps.Now(), &c)
	if err := s.commit(c); err != nil {
		return fmt.Errorf("journaling %s of %s: %w", step.Kind, step.Server, err)
	}
	return nil
}

// changed adds the cooldowns that a change that was made begins. The caller
// holds mu.
func (s *Scaler) changed(cfg Config, step Step, now time.Time, c *Commit) {
	f := s.memory.Fleet
	r := s.memory.Records[step.ServerID]
	if len(c.Records) > 0 {
		r = c.Records[0]
	}
	switch step.Kind {
	case Start, Enable, Reclaim:
		f.In = now
	case Cordon:
		r.Down = now
		if step.Aim != AimRepair {
			f.In = now
		}
	case Grow:
		r.Up = now
	case Shrink:
		r.Down = now
	}
	c.Fleet, c.Records = &f, []Record{r}
}

// fell commits a failure, and the server backs off, unless the credentials are
// refused, which is no fault of the server's. After a definite no the server is as before; a balancer that failed otherwise may have done
// what it was told, so the aim stays and the next look compares.
func (s *Scaler) fell(cfg Config, step Step, before Record, failure error) error {
	outcome := Failed
	if errors.Is(failure, ErrBusy) || errors.Is(failure, ErrThrottled) {
		outcome = Abandoned
	}
	return s.record(step, outcome, failure.Error(), func(e *Entry, c *Commit) {
		r := before
		if r.ID = step.ServerID; step.Kind.state() != "" && !definite(failure) {
			r = s.memory.Records[step.ServerID]
		}
		if errors.Is(failure, ErrAuth) {
			s.refused.note(step.Kind, e.At.Add(cfg.Cooldowns.BackoffMax))
		} else {
			r.failed(failure.Error(), e.At, cfg.Cooldowns)
		}
		if step.Kind == Start {
			c.Fleet = s.memory.Fleet.forgiven()
		}
		c.Records = []Record{r}
	})
}

// definite reports whether a failed write surely changed nothing.
func definite(err error) bool {
	return errors.Is(err, ErrAuth) || errors.Is(err, ErrGone) || errors.Is(err, ErrBusy) || errors.Is(err, ErrThrottled)
}

// refusals remembers until when no write is made since credentials were
// refused: repeating them would only lock the account.
type refusals struct{ cloud, balancer time.Time }

func (f *refusals) note(k Kind, until time.Time) {
	if k.state() == "" {
		f.cloud = until
	} else {
		f.balancer = until
	}
}

func (f *refusals) why(now time.Time) (out []string) {
	if now.Before(f.cloud) {
		out = append(out, "the cloud refuses our credentials; next try at "+clock(f.cloud)+", or after a reload")
	}
	if now.Before(f.balancer) {
		out = append(out, "the balancer refuses our credentials; next try at "+clock(f.balancer)+", or after a reload")
	}
	return out
}

// recheck reads again, right before harm could be done, what the step depends
// on, and says why it must not be made.
func (s *Scaler) recheck(ctx context.Context, cfg Config, step Step, v Server) string {
	switch {
	case step.Kind == Stop:
		return s.mustBeEmpty(ctx, v, Disabled)
	case step.Kind == Disable:
		return s.mustBeEmpty(ctx, v, Cordoned, Disabled)
	case step.Kind == Shrink && v.Balancer != nil:
		return s.mustBe(ctx, v, Disabled, Cordoned)
	case step.Kind == Cordon && step.Aim == AimRepair && v.Record.Aim != AimRepair:
		return s.mustBeSilent(ctx, v)
	case step.Kind == Cordon && step.Aim != v.Record.Aim:
		return s.mustBeAsked(cfg, step)
	}
	return ""
}

// mustBe says why the server is not in one of the states.
func (s *Scaler) mustBe(ctx context.Context, v Server, states ...BalancerState) string {
	now, err := s.deps.Balancer.Server(ctx, v.Balancer.ID)
	switch {
	case err != nil:
		return fmt.Sprintf("checking its state again: %v", err)
	case !slices.Contains(states, now.State):
		return fmt.Sprintf("it is %s now", now.State)
	}
	return ""
}

// mustBeEmpty says why the server is not out of service and proven to be empty.
func (s *Scaler) mustBeEmpty(ctx context.Context, v Server, states ...BalancerState) string {
	if no := s.mustBe(ctx, v, states...); no != "" {
		return no
	}
	count, err := s.deps.Meetings.Meetings(ctx, *v.Balancer)
	switch {
	case err != nil:
		return fmt.Sprintf("not proven empty: %v", err)
	case count.Meetings > 0 || count.Participants > 0:
		return fmt.Sprintf("it has %s now", plural(count.Meetings, "meeting", "meetings"))
	}
	return ""
}

func (s *Scaler) mustBeSilent(ctx context.Context, v Server) string {
	if _, err := s.deps.Meetings.Meetings(ctx, *v.Balancer); err == nil {
		return "BigBlueButton answers now"
	}
	return ""
}

// mustBeAsked says that none of the alerts behind the step fires any more.
func (s *Scaler) mustBeAsked(cfg Config, step Step) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range cfg.active(s.memory.Alerts, s.deps.Now()) {
		if slices.Contains(step.Alerts, a.Name) && cfg.Asks[a.Name].Ask != rules.AskNothing {
			return ""
		}
	}
	return "the alert behind it does not fire any more"
}
