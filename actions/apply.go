package actions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// applyAll carries out the steps of a plan concurrently, or sequentially with
// Deps.InOrder. It waits at most Deadlines.Patience. A write that takes longer
// continues in the background, and its server gets no other step until it ends.
func (s *Scaler) applyAll(ctx context.Context, cfg fleet.Config, plan fleet.Plan, servers []fleet.Server) error {
	if len(plan.Steps) == 0 {
		return nil
	}
	byID := make(map[string]fleet.Server, len(servers))
	for _, v := range servers {
		byID[v.ID] = v
	}
	if s.deps.InOrder {
		return s.applyInOrder(ctx, cfg, plan, byID)
	}
	return s.applySide(ctx, cfg, plan, byID)
}

// applyInOrder applies the steps sequentially, until Deadlines.Patience is over.
func (s *Scaler) applyInOrder(ctx context.Context, cfg fleet.Config, plan fleet.Plan, byID map[string]fleet.Server) error {
	var errs []error
	begun := s.deps.Now()
	for _, step := range plan.Steps {
		if s.deps.Now().Sub(begun) > cfg.Deadlines.Patience {
			break // the next cycle plans the remaining steps again
		}
		errs = append(errs, s.apply(ctx, cfg, step, byID[step.ServerID], nil))
	}
	return errors.Join(errs...)
}

// applySide applies the steps concurrently. A replaceable step that has not begun
// when Deadlines.Patience is over is dropped: the next cycle does not see it yet and
// may plan another in its place. mu is held while late is closed, so that a step is
// either in flight in the next cycle or never begins.
func (s *Scaler) applySide(ctx context.Context, cfg fleet.Config, plan fleet.Plan, byID map[string]fleet.Server) error {
	var all sync.WaitGroup
	errs := make(chan error, len(plan.Steps))
	slots, late := make(chan struct{}, cfg.Fleet.Concurrency), make(chan struct{})
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(late)
	}()
	for _, step := range plan.Steps {
		s.mark(step.ServerID, true)
		all.Add(1)
		s.writes.Go(func() {
			defer all.Done()
			defer s.mark(step.ServerID, false)
			if entered(slots, late) {
				defer func() { <-slots }()
				errs <- s.apply(ctx, cfg, step, byID[step.ServerID], late)
			}
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

// entered waits for a slot and takes it, unless late is closed first.
func entered(slots chan<- struct{}, late <-chan struct{}) bool {
	if over(late) {
		return false
	}
	select {
	case <-late:
		return false
	case slots <- struct{}{}:
		return true
	}
}

// over reports whether late is closed. It returns false for nil.
func over(late <-chan struct{}) bool {
	select {
	case <-late:
		return true
	default:
		return false
	}
}

// mark records that a write to the server is in progress, or no longer is.
func (s *Scaler) mark(id string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.applying[id] = true
	} else {
		delete(s.applying, id)
	}
}

// apply checks a step again, commits the intent, makes the change, and commits the
// result. It begins nothing once late is closed. It returns an error only if the
// store fails, since nothing may be changed without a journal; the failure of a write
// is journaled instead.
func (s *Scaler) apply(ctx context.Context, cfg fleet.Config, step fleet.Step, v fleet.Server, late <-chan struct{}) error {
	if cfg.DryRun {
		return s.pretend(step)
	}
	if no := s.precheck(ctx, cfg, step, v); no != "" {
		return s.abandon(step, no)
	}
	before, begun, err := s.intend(ctx, cfg, step, v, late)
	if !begun {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.untilEnd(cfg.Deadlines.Write))
	defer cancel()
	request, err := s.write(s.checked(ctx, step, v), step, v)
	return s.settle(cfg, step, before, request, err)
}

// precheck calls recheck before the intent is journaled, so that a step which must not
// be taken has no entry "begun". Its timeout, Deadlines.Write, is separate from that
// of the write.
func (s *Scaler) precheck(ctx context.Context, cfg fleet.Config, step fleet.Step, v fleet.Server) string {
	if step.Kind == fleet.Cordon && step.Aim == fleet.AimRepair && v.Record.Aim != fleet.AimRepair {
		if no := s.mustBeSilent(ctx, cfg, v); no != "" {
			return no
		}
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Deadlines.Write)
	defer cancel()
	return s.recheck(ctx, step, v)
}

// abandon journals why a step was not taken.
func (s *Scaler) abandon(step fleet.Step, why string) error {
	if s.toldLately(step, why) {
		return nil
	}
	return s.record(step, fleet.Abandoned, why, nil)
}

// pretend journals a step that a dry run does not take.
func (s *Scaler) pretend(step fleet.Step) error {
	const why = "dry run: not made"
	if s.toldLately(step, why) {
		return nil
	}
	return s.record(step, fleet.Done, why, func(e *fleet.Entry, _ *fleet.Commit) { e.DryRun = true })
}

// telling is the text that was journaled for a step that was not taken, and the last
// time at which it was due.
type telling struct {
	what string
	at   time.Time
}

// toldLately reports whether the same text was due for the same server and kind of
// step within the last hour. Each cycle repeats the text every few seconds; the
// journal gets it once.
func (s *Scaler) toldLately(step fleet.Step, what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, now := step.ServerID+" "+string(step.Kind), telling{what, s.deps.Now()}
	old := s.told[key]
	s.told[key] = now
	return old.what == what && now.at.Sub(old.at) < time.Hour
}

// record commits a journal entry, and what with adds to the entry and the commit.
func (s *Scaler) record(step fleet.Step, o fleet.Outcome, detail string, with func(*fleet.Entry, *fleet.Commit)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.note(step, o, detail, with)
}

// note does the same as record for a caller that holds mu.
func (s *Scaler) note(step fleet.Step, o fleet.Outcome, detail string, with func(*fleet.Entry, *fleet.Commit)) error {
	e := fleet.Entry{At: s.deps.Now(), Step: step, Outcome: o, Detail: detail}
	var c fleet.Commit
	if with != nil {
		with(&e, &c)
	}
	c.Entries = []fleet.Entry{e}
	if err := s.commit(c); err != nil {
		return fmt.Errorf("journaling %s of %s: %w", step.Kind, step.Server, err)
	}
	return nil
}
