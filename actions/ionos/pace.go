package ionos

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// pace keeps all calls together within the limits of the cloud: the number of
// concurrent calls, the number of calls per minute, and the time without calls that a
// refusal requests. It reads the limits from the headers of every answer.
type pace struct {
	slots *semaphore.Weighted
	max   int64 // maximum number of concurrent calls

	mu      sync.Mutex
	weight  int64         // slots of one call; more than 1 if the cloud allows fewer concurrent calls than max
	bucket  *rate.Limiter // nil until an answer has the limit
	resume  time.Time     // no call is sent before this time
	refused int           // number of consecutive refusals
	backoff outbound.Backoff
}

// newPace returns a pace with the given maximum number of concurrent calls.
func newPace(maxConnections int) *pace {
	return &pace{
		slots: semaphore.NewWeighted(int64(maxConnections)), max: int64(maxConnections), weight: 1,
		backoff: outbound.Backoff{Base: 2 * time.Second, Max: time.Minute},
	}
}

// acquire waits until a call may be made. It returns an error immediately if that is
// after the deadline of ctx. The caller must call release.
func (p *pace) acquire(ctx context.Context) (release func(), err error) {
	if err := p.token(ctx); err != nil {
		return nil, err
	}
	for {
		if err := p.sitOut(ctx); err != nil {
			return nil, err
		}
		weight := p.callWeight()
		if err := p.slots.Acquire(ctx, weight); err != nil {
			return nil, fmt.Errorf("waiting for one of %d connections: %w", p.max, err)
		}
		// Answers that arrived while this call waited for its slot may have changed the
		// limits.
		if p.pause() <= 0 && p.callWeight() == weight {
			return func() { p.slots.Release(weight) }, nil
		}
		p.slots.Release(weight)
	}
}

// wait waits until the rate limit allows a call, without a limit on concurrent calls.
func (p *pace) wait(ctx context.Context) error {
	if err := p.token(ctx); err != nil {
		return err
	}
	return p.sitOut(ctx)
}

// token takes one call from the rate limit.
func (p *pace) token(ctx context.Context) error {
	p.mu.Lock()
	bucket := p.bucket
	p.mu.Unlock()
	if bucket == nil {
		return nil
	}
	if err := bucket.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: the cloud allows %.0f calls a minute: %w", fleet.ErrThrottled, float64(bucket.Limit())*60, err)
	}
	return nil
}

// sitOut waits until calls are allowed again after a refusal, and up to 10 % longer, at
// random.
func (p *pace) sitOut(ctx context.Context) error {
	for {
		pause := p.pause()
		if pause <= 0 {
			return ctx.Err()
		}
		if !outbound.Sleep(ctx, pause+outbound.Jitter(pause/10)) {
			return fmt.Errorf("%w: the cloud allows no calls for another %s", fleet.ErrThrottled, pause.Round(time.Second))
		}
	}
}

// pause returns the time until calls are allowed again.
func (p *pace) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.resume)
}

// callWeight returns the number of slots of one call.
func (p *pace) callWeight() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weight
}

// observe updates the limits from the headers of an answer.
func (p *pace) observe(resp *http.Response) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if burst, ok := number(resp.Header, "X-RateLimit-Burst"); ok && burst > 0 {
		p.weight = min((p.max+burst-1)/burst, p.max)
	}
	if limit, ok := number(resp.Header, "X-RateLimit-Limit"); ok && limit > 0 {
		p.refill(now, limit, resp.Header)
	}
	p.rest(now, resp)
}

// refill sets the rate limit to limit calls per minute, and the calls left of it to the
// number in the header.
func (p *pace) refill(now time.Time, limit int64, h http.Header) {
	remaining, told := number(h, "X-RateLimit-Remaining")
	perSecond, size := rate.Limit(float64(limit)/60), int(max(limit, remaining))
	if p.bucket == nil {
		p.bucket = rate.NewLimiter(perSecond, size)
	}
	p.bucket.SetLimitAt(now, perSecond)
	p.bucket.SetBurstAt(now, size)
	if excess := int(p.bucket.TokensAt(now)) - int(remaining); told && excess > 0 {
		p.bucket.ReserveN(now, min(excess, size))
	}
}

// rest stops calls for some time if the answer is a refusal because of the rate limit,
// or a 503 with a Retry-After header.
func (p *pace) rest(now time.Time, resp *http.Response) {
	asked := outbound.RetryAfter(resp.Header, now)
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		p.refused++
		if asked == 0 {
			asked = p.backoff.After(p.refused)
		}
	case http.StatusServiceUnavailable:
	default:
		p.refused, asked = 0, 0
	}
	if until := now.Add(asked); until.After(p.resume) {
		p.resume = until
	}
}

// number returns the non-negative number in a header.
func number(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 32)
	return n, err == nil && n >= 0
}
