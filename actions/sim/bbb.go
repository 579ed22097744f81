package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// bbbAnswer is how a BigBlueButton server answers a request.
type bbbAnswer int

const (
	bbbRefuses bbbAnswer = iota // no connection
	bbbAnswers
	bbbHangs
	bbbFails
)

// answer returns how the BigBlueButton of a server answers now.
func (w *World) answer(s *server) bbbAnswer {
	switch {
	case s == nil || s.vm != vmRunning || !s.bbbUp || w.hit(BBBCrashed, s) != nil:
		return bbbRefuses
	case w.hit(BBBHangs, s) != nil:
		return bbbHangs
	case w.hit(BBBFails, s) != nil:
		return bbbFails
	}
	return bbbAnswers
}

// Errors of a call to a BigBlueButton server.
var (
	// ErrRefused is returned when the connection is refused.
	ErrRefused = errors.New("connection refused")
	// ErrHangs is returned when the connection is accepted but never answered.
	ErrHangs = errors.New("no answer")
	// ErrFailed is returned when BigBlueButton answers FAILED.
	ErrFailed = errors.New("FAILED: internalError")
)

// Meeting is a running meeting, as its server describes it.
type Meeting struct {
	ID           string
	Name         string
	Created      time.Time
	Participants int
	Moderators   int
	Videos       int
	EndsAt       time.Time // when it is due to end
}

// MeetingsOn returns the meetings that a server's BigBlueButton lists, in the
// order in which they began. name is the server's name, id, host, URL or address.
// Errors match ErrRefused, ErrHangs or ErrFailed.
func (w *World) MeetingsOn(name string) ([]Meeting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls["bbb.meetings"]++
	s, err := w.reach(name)
	if err != nil {
		return nil, err
	}
	meetings := make([]Meeting, 0, s.running)
	for _, m := range s.meetings {
		if m.running {
			meetings = append(meetings, w.describe(m))
		}
	}
	return meetings, nil
}

// Reach returns the error that a call to a server's BigBlueButton would end with,
// without counting as a call: nil, or one that matches ErrRefused, ErrHangs or
// ErrFailed.
func (w *World) Reach(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.reach(name)
	return err
}

// reach returns the server with this name, or the error of its BigBlueButton.
func (w *World) reach(name string) (*server, error) {
	s, err := w.find(name)
	if err != nil {
		return nil, err
	}
	switch w.answer(s) {
	case bbbRefuses:
		err = ErrRefused
	case bbbHangs:
		err = ErrHangs
	case bbbFails:
		err = ErrFailed
	}
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", s.spec.Name, err)
	}
	return s, nil
}

func (w *World) describe(m *meeting) Meeting {
	return Meeting{
		ID: m.id, Name: m.spec.Name, Created: w.cfg.Start.Add(m.born), Participants: m.joined,
		Moderators: m.moderators(), Videos: m.webcams, EndsAt: w.cfg.Start.Add(m.ends),
	}
}

// count returns what runs on the server with this name, as one call of getMeetings.
func (w *World) count(ctx context.Context, name string) (fleet.MeetingCount, error) {
	w.mu.Lock()
	w.calls["bbb.meetings"]++
	s, err := w.reach(name)
	if err != nil {
		w.mu.Unlock()
		return fleet.MeetingCount{}, w.hang(ctx, err)
	}
	defer w.mu.Unlock()
	return fleet.MeetingCount{Meetings: s.running, Participants: s.participants, Videos: s.webcams}, nil
}

// hangs reports whether err means that there is never an answer.
func hangs(err error) bool {
	c, isCloud := errors.AsType[*CloudError](err)
	b, isBalancer := errors.AsType[*BalancerError](err)
	return isCloud && c.Hangs || isBalancer && b.Hangs || errors.Is(err, ErrHangs)
}

// hang returns the error that the caller of a call without an answer gets, after waiting
// with Config.BlockOnHang. Other errors are returned unchanged. It must be called
// without the lock.
func (w *World) hang(ctx context.Context, err error) error {
	switch {
	case !hangs(err):
		return err
	case w.cfg.BlockOnHang:
		<-ctx.Done()
		return errors.Join(err, context.Cause(ctx))
	}
	return errors.Join(err, context.DeadlineExceeded)
}
