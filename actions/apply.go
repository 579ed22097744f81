package actions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// applyAll carries out a plan's steps side by side, or one after the other with
// Deps.InOrder. It waits at most Deadlines.Patience: a write that hangs ends in
// the background, while its server is left alone.
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

// applyInOrder applies one step after the other, for as long as the patience.
func (s *Scaler) applyInOrder(ctx context.Context, cfg fleet.Config, plan fleet.Plan, byID map[string]fleet.Server) error {
	var errs []error
	begun := s.deps.Now()
	for _, step := range plan.Steps {
		if s.deps.Now().Sub(begun) > cfg.Deadlines.Patience {
			break // what is left is decided anew
		}
		errs = append(errs, s.apply(ctx, cfg, step, byID[step.ServerID], nil))
	}
	return errors.Join(errs...)
}

// applySide applies side by side. A step that has not begun when the patience
// is over is called off and decided anew: others would be planned in its place,
// since nothing shows it yet. late is closed while nothing can begin, so that
// the next cycle sees either the step in flight or none.
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

// entered takes a slot, unless it is too late.
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

// over reports whether late is closed; nil never is.
func over(late <-chan struct{}) bool {
	select {
	case <-late:
		return true
	default:
		return false
	}
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
// writes what came of it, unless it is too late for it. Only a failing store is
// an error: without a journal nothing may be done.
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
	ctx, cancel := context.WithTimeout(ctx, cfg.Deadlines.Write)
	defer cancel()
	request, err := s.write(s.checked(ctx, step, v), step, v)
	return s.settle(cfg, step, before, request, err)
}

// precheck is recheck before the intent is journaled, so that a step which must
// not be made leaves no trace of an attempt. It has its own time beside that of
// the write.
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

// abandon journals why a step was not made.
func (s *Scaler) abandon(step fleet.Step, why string) error {
	if s.toldLately(step, why) {
		return nil
	}
	return s.record(step, fleet.Abandoned, why, nil)
}

// pretend journals a step of a dry run.
func (s *Scaler) pretend(step fleet.Step) error {
	const why = "dry run: not made"
	if s.toldLately(step, why) {
		return nil
	}
	return s.record(step, fleet.Done, why, func(e *fleet.Entry, _ *fleet.Commit) { e.DryRun = true })
}

// telling is what was journaled of a step that was not made, and when it was
// last so.
type telling struct {
	what string
	at   time.Time
}

// toldLately reports whether the same was to be journaled within the last hour:
// a cycle repeats itself every few seconds, and the journal is for news.
func (s *Scaler) toldLately(step fleet.Step, what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, now := step.ServerID+" "+string(step.Kind), telling{what, s.deps.Now()}
	old := s.told[key]
	s.told[key] = now
	return old.what == what && now.at.Sub(old.at) < time.Hour
}

// record commits a journal line, and what else with adds to the commit.
func (s *Scaler) record(step fleet.Step, o fleet.Outcome, detail string, with func(*fleet.Entry, *fleet.Commit)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.note(step, o, detail, with)
}

// note is record for a caller that holds mu.
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
