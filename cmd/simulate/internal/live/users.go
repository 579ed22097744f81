package live

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// guests want meetings of a balancer that is not of the world, at the world's
// times.
type guests struct {
	balancer *balancer
	clock    *clock
	run      string // told apart from other runs' meetings by it
	slots    chan struct{}

	asked, refused atomic.Int64 // meetings
	last           atomic.Pointer[string]
}

// atOnce is how many creates are under way at a time, as many as a learning
// platform's web servers may send.
const atOnce = 8

// retryAfter is how long people wait, of the world's time, before they ask for
// a meeting again that was refused.
const retryAfter = time.Minute

func newGuests(b *balancer, c *clock) *guests {
	return &guests{balancer: b, clock: c, run: rand.Text()[:6], slots: make(chan struct{}, atOnce)}
}

// come asks for each meeting of src when it is due, until ctx ends.
func (g *guests) come(ctx context.Context, src sim.Source) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for a, ok := src.Next(); ok && wait(ctx, time.Until(g.clock.wall(a.At))); a, ok = src.Next() {
		id := fmt.Sprintf("bbb-scaler-demo-%s-%d", g.run, g.asked.Add(1))
		wg.Go(func() { g.hold(ctx, id, a) })
	}
	<-ctx.Done()
	return nil
}

// hold asks for one meeting, and again until it is over.
func (g *guests) hold(ctx context.Context, id string, a sim.Arrival) {
	end := a.At.Add(a.Duration)
	for first := true; ; first = false {
		a.Duration = end.Sub(g.clock.at(time.Now()))
		if a.Duration < time.Second {
			return
		}
		err := g.create(ctx, id, a.MeetingSpec)
		if err == nil || ctx.Err() != nil {
			return
		}
		why := err.Error()
		g.last.Store(&why)
		if first {
			g.refused.Add(1)
		}
		if !wait(ctx, time.Duration(float64(retryAfter)/g.clock.speed)) {
			return
		}
	}
}

func (g *guests) create(ctx context.Context, id string, m sim.MeetingSpec) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g.slots }()
	return g.balancer.create(ctx, id, m)
}

// wait lets d pass; false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// meetingQuery is a meeting in the parameters of create.
func meetingQuery(id string, m sim.MeetingSpec) string {
	return url.Values{
		"meetingID": {id}, "name": {"A lesson"},
		bbbtest.MetaDuration:     {strconv.Itoa(int(m.Duration.Seconds()))},
		bbbtest.MetaParticipants: {strconv.Itoa(m.Participants)},
		bbbtest.MetaWebcams:      {strconv.Itoa(m.Webcams)},
	}.Encode()
}
