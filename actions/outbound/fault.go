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

// Fault is the error of a call, or of one attempt of a call.
type Fault struct {
	// Text says what happened and what to do. It never holds a whole body.
	Text string
	// Kinds are the errors that errors.Is finds in it: sentinels of package fleet, and
	// the causes.
	Kinds []error
	// Outcome is the value of the metrics' label outcome.
	Outcome string
	// Repeat is set when another attempt may succeed and is safe.
	Repeat bool
	// Attempts is the number of attempts that were made.
	Attempts int
}

// Error returns the sentinels of package fleet in Kinds, the text, and the number of
// attempts if there were several.
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

// ErrLogin is returned when a host other than the cloud's or the balancer's refuses the
// credentials. Those two return fleet.ErrAuth, which stops writes.
var ErrLogin = errors.New("login refused")

// Sentinels returns the errors of package fleet that callers test for.
func Sentinels() []error {
	return []error{fleet.ErrAuth, fleet.ErrGone, fleet.ErrBusy, fleet.ErrUnknown, fleet.ErrThrottled}
}

// Unwrap returns the errors that errors.Is finds in the fault.
func (f *Fault) Unwrap() []error { return f.Kinds }

// matches reports whether errors.Is finds target in the fault.
func (f *Fault) matches(target error) bool { return errors.Is(f, target) }

// OutcomeOf returns the value of the metrics' label outcome, which is "ok" for nil.
func OutcomeOf(f *Fault) string {
	if f == nil {
		return "ok"
	}
	return f.Outcome
}

// NotSent returns the fault of a call that was not sent, because its deadline was
// over or the wait for the rate limit would have exceeded it.
func NotSent(err error) *Fault {
	if errors.Is(err, fleet.ErrThrottled) {
		// Error adds the text of the sentinel, so that it is removed here.
		text := strings.TrimPrefix(err.Error(), fleet.ErrThrottled.Error()+": ")
		return &Fault{Text: text, Kinds: []error{fleet.ErrThrottled}, Outcome: "throttled"}
	}
	return &Fault{Text: "not sent: " + err.Error(), Kinds: []error{err}, Outcome: "canceled"}
}

// Check calls the check of the context of a write that is about to be sent. It
// returns nil if the write may be sent, and otherwise the fault of a call that was
// not sent, in which errors.Is finds the check's error.
func Check(ctx context.Context) *Fault {
	if err := fleet.Check(ctx); err != nil {
		return refusedBy(err)
	}
	return nil
}

// refusedBy returns the fault of a write that its check stopped.
func refusedBy(check error) *Fault {
	return &Fault{Text: check.Error(), Kinds: []error{check}, Outcome: "checked"}
}

// NoAnswer returns the fault of a request that failed with err instead of an
// answer. A request that cannot have reached the host may always be repeated; one
// that may have reached it only if repeatable is set. If it may have reached the
// host and its method is not GET, its outcome is unknown. caKey is the
// configuration key of the host's certificate authorities.
func NoAnswer(req *http.Request, err error, repeatable bool, caKey string) *Fault {
	err = withoutAddress(err)
	if r, ok := errors.AsType[*refusal](err); ok {
		return refusedBy(r.error)
	}
	fault := &Fault{Text: "no answer from " + req.URL.Host + ": " + Brief(err.Error()), Kinds: []error{err}, Outcome: "network"}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		fault.Repeat = true
		return fault
	}
	if hint := CertificateHint(err, caKey); hint != "" {
		fault.Text += "; " + hint
		return fault
	}
	fault.Repeat = repeatable && !errors.Is(err, ErrTooLarge)
	if req.Method != http.MethodGet {
		fault.Kinds = append(fault.Kinds, fleet.ErrUnknown)
	}
	return fault
}

// withoutAddress removes the wrapper that repeats the URL, because its signature
// is enough to make that call again.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// OneLine returns an error whose text has one line and is safe to log. A Fault is
// returned unchanged. Any other error is from the library of a client that could not
// decode an answer; only the beginning of its text is kept. OneLine returns nil for nil.
func OneLine(err error) error {
	if err == nil {
		return nil
	}
	if fault, ok := errors.AsType[*Fault](err); ok {
		return fault
	}
	return errors.New("unreadable answer: " + Brief(err.Error()))
}

// Retry repeats calls.
type Retry struct {
	Attempts int     // maximum number of attempts, including the first
	Backoff  Backoff // waits between attempts
}

// Do calls try until it succeeds, fails with a fault that must not be repeated, or
// no attempts or no time are left. If the outcome of any attempt is unknown, the
// outcome of the call is unknown. before is called before each repetition.
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
		// After a throttled call, the rate limiter makes the next attempt wait.
		if !fault.matches(fleet.ErrThrottled) && !Sleep(ctx, r.Backoff.After(attempt)) {
			return fault.settle(unsure)
		}
	}
}

// settle adds fleet.ErrUnknown if the outcome of an earlier attempt is unknown.
func (f *Fault) settle(unsure bool) *Fault {
	if unsure && !f.matches(fleet.ErrUnknown) {
		f.Kinds = append(f.Kinds, fleet.ErrUnknown)
	}
	return f
}
