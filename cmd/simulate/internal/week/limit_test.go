package week

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// together is a strategy whose first runs wait for each other, until as many as wanted
// run at the same time. It counts the runs at one time.
type together struct {
	Static
	wanted       int64
	active, most atomic.Int64
	all          chan struct{} // closed once the wanted number of runs is there
}

func (s *together) Begin(w *sim.World, setup Setup) (Run, error) {
	n := s.active.Add(1)
	defer s.active.Add(-1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	if n == s.wanted {
		select {
		case <-s.all:
		default:
			close(s.all)
		}
	}
	select {
	case <-s.all:
		return s.Static.Begin(w, setup)
	case <-time.After(5 * time.Minute):
		return nil, context.DeadlineExceeded
	}
}

func TestSeedsOfSeveralComparisonsRunSideBySideUpToTheLimit(t *testing.T) {
	for _, limit := range []int64{1, 2} {
		file, runs := config.Defaults(), semaphore.NewWeighted(limit)
		s := &together{Static: Static{file.Actions}, wanted: limit, all: make(chan struct{})}
		group, ctx := errgroup.WithContext(t.Context())
		for range 2 {
			c := aDay(2, file, s)
			c.Seeds, c.Runs = []uint64{1, 2, 3}, runs
			group.Go(func() error {
				weeks, err := c.Run(ctx)
				if err == nil && (len(weeks) != 3 || weeks[2].Outcomes[0].Figures.Meetings == 0) {
					t.Errorf("limit %d: %d weeks, want 3 with meetings", limit, len(weeks))
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Errorf("limit %d: no %d runs at the same time: %v", limit, limit, err)
		}
		if most := s.most.Load(); most > limit {
			t.Errorf("limit %d: %d runs at the same time", limit, most)
		}
	}
}

func TestARunThatIsCancelledBeforeItBeginsIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := aDay(2, config.Defaults(), Static{config.Defaults().Actions})
	c.Runs = semaphore.NewWeighted(1)
	if _, err := c.Run(ctx); err == nil {
		t.Error("a cancelled run has no error")
	}
}
