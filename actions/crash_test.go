package actions_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

var errKilled = errors.New("killed")

// crashingStore is a store whose process is killed at a given commit, before or after
// the commit is durable.
type crashingStore struct {
	fleet.Store
	left  int // commits until the process is killed
	after bool
	dead  bool
}

func (m *crashingStore) Commit(ctx context.Context, c fleet.Commit) error {
	if m.dead {
		return errKilled
	}
	if m.left--; m.left > 0 {
		return m.Store.Commit(ctx, c)
	}
	m.dead = true
	if m.after {
		if err := m.Store.Commit(ctx, c); err != nil {
			return err
		}
	}
	return errKilled
}

// drainAndStart runs a fleet that drains one server and starts two, while the process
// is killed at the given commit and started again. It returns the final state, and
// whether the process was killed at all.
func drainAndStart(t *testing.T, kill int, after bool) (ending string, killed bool) {
	t.Helper()
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 2
	fx := newFixture(t, cfg, sim.Config{Servers: 5, Running: 3, Seed: 11})
	check := fx.checkPromises()
	m := &crashingStore{Store: fx.store, left: kill, after: after}
	fx.store = m
	fx.restart()
	live := func(d time.Duration) {
		for end := fx.w.Now().Add(d); fx.w.Now().Before(end); {
			fx.w.Advance(fx.w.Now().Add(15 * time.Second))
			if fx.w.Now().Second()%30 == 0 {
				fx.evaluateOr(errKilled)
			}
			if err := fx.s.Cycle(context.Background(), fx.w.Now()); err != nil && !errors.Is(err, errKilled) {
				t.Fatalf("Cycle() = %v", err)
			}
			if m.dead {
				killed = true
				m.dead, m.left = false, 1<<30
				fx.restart()
			}
		}
	}
	live(time.Minute)
	fx.meetings(3, 20*time.Minute)
	live(50 * time.Minute)
	fx.cfg.Capacity.MinActive = 4
	must(t, fx.s.Reload(fx.cfg))
	live(30 * time.Minute)
	fx.tick()
	fx.unharmed()
	if len(check.broken) > 0 {
		t.Fatalf("killed at commit %d (after %v): broken promises %q\n%s", kill, after, check.broken, fx.describe())
	}
	return fx.ending(), killed
}

// ending returns the number of servers in each state, and of the steps of each kind
// that took effect.
func (fx *fixture) ending() string {
	var out strings.Builder
	out.WriteString(fmt.Sprint("counts ", fx.s.Status().Counts, "\n"))
	for _, k := range fleet.Kinds() {
		out.WriteString(fmt.Sprintln(k, fx.w.Figures().Steps[k]))
	}
	return out.String()
}

// evaluateOr evaluates the rules and sends notifications. If that fails with the
// allowed error, Alertmanager sends the notifications again the next time.
func (fx *fixture) evaluateOr(allowed error) {
	before := maps.Clone(fx.firing)
	if err := fx.notify(); err != nil {
		if !errors.Is(err, allowed) {
			fx.t.Fatalf("Notify() = %v", err)
		}
		fx.firing = before
	}
}

func TestKilledAtAnyJournalWriteItGoesOnAndDoesNothingTwice(t *testing.T) {
	want, _ := drainAndStart(t, 1<<30, false)
	for _, after := range []bool{false, true} {
		for kill := 1; ; kill++ {
			got, killed := drainAndStart(t, kill, after)
			if !killed {
				if kill < 20 {
					t.Fatalf("only %d commits: the run is too short to prove anything", kill)
				}
				break
			}
			if got != want {
				t.Errorf("killed at commit %d (durable %v): ends as\n%swant\n%s", kill, after, got, want)
			}
		}
	}
}
