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

// pace keeps all calls together within the limits of the cloud: how many are
// under way at once, how many there are a minute, and none at all for the time
// that a refusal asks for. It learns them from the headers of every answer.
type pace struct {
	slots *semaphore.Weighted
	max   int64

	mu      sync.Mutex
	weight  int64         // slots that a call takes; more than 1 when the cloud allows fewer calls than max
	bucket  *rate.Limiter // nil until the cloud tells its limit
	resume  time.Time     // no call before
	refused int           // refusals in a row
	backoff outbound.Backoff
}

func newPace(maxConnections int) *pace {
	return &pace{
		slots: semaphore.NewWeighted(int64(maxConnections)), max: int64(maxConnections), weight: 1,
		backoff: outbound.Backoff{Base: 2 * time.Second, Max: time.Minute},
	}
}

// acquire waits until a call may be made. Where that cannot be before the
// deadline of ctx, it says so at once. The caller must call release.
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
		// Answers that came in while this call waited for its slot may have
		// changed the terms.
		if p.pause() <= 0 && p.callWeight() == weight {
			return func() { p.slots.Release(weight) }, nil
		}
		p.slots.Release(weight)
	}
}

// wait waits until the rate limit lets a call be made.
func (p *pace) wait(ctx context.Context) error {
	if err := p.token(ctx); err != nil {
		return err
	}
	return p.sitOut(ctx)
}

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

// sitOut waits for the end of a pause, and a little longer at random.
func (p *pace) sitOut(ctx context.Context) error {
	for {
		pause := p.pause()
		if pause <= 0 {
			return ctx.Err()
		}
		if !outbound.Sleep(ctx, pause+outbound.Jitter(pause/10)) {
			return fmt.Errorf("%w: the cloud asked for no calls for another %s", fleet.ErrThrottled, pause.Round(time.Second))
		}
	}
}

func (p *pace) pause() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.resume)
}

func (p *pace) callWeight() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.weight
}

// observe learns from an answer.
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

// refill sets the bucket to what the cloud says is left of limit calls a minute.
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

// rest begins a pause when the answer asks for one.
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

func number(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 32)
	return n, err == nil && n >= 0
}
