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

// users creates the demo's meetings in a real Scalelite, at their simulated times.
type users struct {
	balancer *balancer
	clock    *clock
	run      string // part of the ids of the meetings; it differs between runs
	slots    chan struct{}

	asked, refused atomic.Int64 // numbers of meetings
	last           atomic.Pointer[string]
}

// atOnce is the maximum number of creates under way at a time (assumption: the
// number that the web servers of a learning platform send).
const atOnce = 8

// retryAfter is the simulated time after which people create a meeting again that
// was refused: the default of sim.Config.RejoinAfter.
const retryAfter = time.Minute

func newUsers(b *balancer, c *clock) *users {
	return &users{balancer: b, clock: c, run: rand.Text()[:6], slots: make(chan struct{}, atOnce)}
}

// come creates each meeting of src when it is due, until ctx is done.
func (g *users) come(ctx context.Context, src sim.Source) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for a, ok := src.Next(); ok && wait(ctx, time.Until(g.clock.wall(a.At))); a, ok = src.Next() {
		id := fmt.Sprintf("bbb-scaler-demo-%s-%d", g.run, g.asked.Add(1))
		wg.Go(func() { g.hold(ctx, id, a) })
	}
	<-ctx.Done()
	return nil
}

// hold creates one meeting, and tries again until the meeting would be over.
func (g *users) hold(ctx context.Context, id string, a sim.Arrival) {
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
		g.last.Store(new(err.Error()))
		if first {
			g.refused.Add(1)
		}
		if !wait(ctx, time.Duration(float64(retryAfter)/g.clock.speed)) {
			return
		}
	}
}

func (g *users) create(ctx context.Context, id string, m sim.MeetingSpec) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g.slots }()
	// A call that was sent is not cancelled: Scalelite would still create the
	// meeting, and nobody would end it.
	return g.balancer.create(context.WithoutCancel(ctx), id, m)
}

// wait waits for d. It returns false when ctx is done first.
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

// meetingQuery returns the parameters of create for a meeting.
func meetingQuery(id string, m sim.MeetingSpec) string {
	return url.Values{
		"meetingID": {id}, "name": {"A lesson"},
		bbbtest.MetaDuration:     {strconv.Itoa(int(m.Duration.Seconds()))},
		bbbtest.MetaParticipants: {strconv.Itoa(m.Participants)},
		bbbtest.MetaWebcams:      {strconv.Itoa(m.Webcams)},
	}.Encode()
}
