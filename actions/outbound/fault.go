package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Fault is a call that failed, or one attempt of it.
type Fault struct {
	// Text tells what happened and what to do about it; never a whole body.
	Text string
	// Kinds are the errors that it matches: sentinels of actions, and causes.
	Kinds []error
	// Outcome is its name in the metrics.
	Outcome string
	// Repeat is set when another attempt may help, and can do no harm.
	Repeat bool
	// Attempts that were made.
	Attempts int
}

// Error tells the kind first, since that decides what happens next.
func (f *Fault) Error() string {
	var b strings.Builder
	for _, kind := range f.Kinds {
		if slices.Contains(Sentinels(), kind) {
			b.WriteString(kind.Error() + ": ")
		}
	}
	b.WriteString(f.Text)
	if f.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", f.Attempts)
	}
	return b.String()
}

// Sentinels returns the errors of actions that callers branch on.
func Sentinels() []error {
	return []error{fleet.ErrAuth, fleet.ErrGone, fleet.ErrBusy, fleet.ErrUnknown, fleet.ErrThrottled}
}

// Unwrap gives the errors that the fault matches.
func (f *Fault) Unwrap() []error { return f.Kinds }

func (f *Fault) matches(target error) bool { return errors.Is(f, target) }

// OutcomeOf names the outcome of an attempt for the metrics; nil is "ok".
func OutcomeOf(f *Fault) string {
	if f == nil {
		return "ok"
	}
	return f.Outcome
}

// NotSent is a call that was not made, since its time was over or the rate
// limit leaves none.
func NotSent(err error) *Fault {
	if errors.Is(err, fleet.ErrThrottled) {
		// The sentinel's own words are in front of err already.
		text := strings.TrimPrefix(err.Error(), fleet.ErrThrottled.Error()+": ")
		return &Fault{Text: text, Kinds: []error{fleet.ErrThrottled}, Outcome: "throttled"}
	}
	return &Fault{Text: "not sent: " + err.Error(), Kinds: []error{err}, Outcome: "canceled"}
}

// NoAnswer is a request that failed with err instead of an answer. It tells
// apart what cannot have reached the host, which may always be repeated, from
// what may have: repeatable says whether such a request may be repeated too.
// Requests other than GET that may have arrived have an unknown outcome. caKey
// is the configuration key of the host's authorities.
func NoAnswer(req *http.Request, err error, repeatable bool, caKey string) *Fault {
	err = withoutAddress(err)
	fault := &Fault{Text: "no answer from " + req.URL.Host + ": " + Brief(err.Error()), Kinds: []error{err}, Outcome: "network"}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		fault.Repeat = true
		return fault
	}
	if hint := certificateHint(err, caKey); hint != "" {
		fault.Text += "; " + hint
		return fault
	}
	fault.Repeat = repeatable && !errors.Is(err, ErrTooLarge)
	if req.Method != http.MethodGet {
		fault.Kinds = append(fault.Kinds, fleet.ErrUnknown)
	}
	return fault
}

// withoutAddress strips the wrapping that repeats the address, whose signature
// is as good as a password for that call.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// Retry repeats calls.
type Retry struct {
	Attempts int // in all
	Backoff  Backoff
}

// Do calls try until it succeeds, may not be repeated, or neither attempts nor
// time are left. When an attempt left the outcome unknown, so does the whole.
// before is told of each repetition.
func (r Retry) Do(ctx context.Context, try func() *Fault, before func(*Fault)) *Fault {
	unsure := false
	for attempt := 1; ; attempt++ {
		fault := try()
		if fault == nil {
			return nil
		}
		fault.Attempts = attempt
		unsure = unsure || fault.matches(fleet.ErrUnknown)
		if !fault.Repeat || attempt >= r.Attempts || ctx.Err() != nil {
			return fault.settle(unsure)
		}
		before(fault)
		// A rate limit makes all calls wait, and so does its keeper.
		if !fault.matches(fleet.ErrThrottled) && !Sleep(ctx, r.Backoff.After(attempt)) {
			return fault.settle(unsure)
		}
	}
}

func (f *Fault) settle(unsure bool) *Fault {
	if unsure && !f.matches(fleet.ErrUnknown) {
		f.Kinds = append(f.Kinds, fleet.ErrUnknown)
	}
	return f
}
