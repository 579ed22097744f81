package actions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
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
