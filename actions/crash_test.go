package actions_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

var errKilled = errors.New("killed")

// mortal is a store whose process dies at a certain commit: before it is
// durable, or right after.
type mortal struct {
	actions.Store
	left  int // commits until death
	after bool
	dead  bool
}

func (m *mortal) Commit(c actions.Commit) error {
	if m.dead {
		return errKilled
	}
	if m.left--; m.left > 0 {
		return m.Store.Commit(c)
	}
	m.dead = true
	if m.after {
		if err := m.Store.Commit(c); err != nil {
			return err
		}
	}
	return errKilled
}

// story is a fleet that drains a server and starts two, with the process killed
// at the given commit and started again. It returns what came of it, and
// whether it was killed at all.
func story(t *testing.T, kill int, after bool) (ending string, killed bool) {
	t.Helper()
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 2
	sc := newSchool(t, cfg, sim.Config{Servers: 5, Running: 3, Seed: 11})
	g := sc.guard()
	m := &mortal{Store: sc.store, left: kill, after: after}
	sc.store = m
	sc.restart()
	live := func(d time.Duration) {
		for end := sc.w.Now().Add(d); sc.w.Now().Before(end); {
			sc.w.Advance(sc.w.Now().Add(15 * time.Second))
			if sc.w.Now().Second()%30 == 0 {
				sc.evaluateOr(errKilled)
			}
			if err := sc.s.Cycle(context.Background(), sc.w.Now()); err != nil && !errors.Is(err, errKilled) {
				t.Fatalf("Cycle() = %v", err)
			}
			if m.dead {
				killed = true
				m.dead, m.left = false, 1<<30
				sc.restart()
			}
		}
	}
	live(time.Minute)
	sc.lessons(3, 20*time.Minute)
	live(50 * time.Minute)
	sc.cfg.Capacity.MinActive = 4
	must(t, sc.s.Reload(sc.cfg))
	live(30 * time.Minute)
	sc.tick()
	sc.unharmed()
	if len(g.broken) > 0 {
		t.Fatalf("killed at commit %d (after %v): broken promises %q\n%s", kill, after, g.broken, sc.describe())
	}
	return sc.ending(), killed
}

// ending sums up the world: each server's state, and how many changes of each
// kind came true.
func (sc *school) ending() string {
	var out strings.Builder
	out.WriteString(fmt.Sprint("counts ", sc.s.Status().Counts, "\n"))
	for _, k := range actions.Kinds() {
		out.WriteString(fmt.Sprintln(k, sc.w.Figures().Steps[k]))
	}
	return out.String()
}

// evaluateOr evaluates; a store that dies meanwhile is as a process that does:
// Alertmanager will send again.
func (sc *school) evaluateOr(allowed error) {
	before := maps.Clone(sc.firing)
	if err := sc.notify(); err != nil {
		if !errors.Is(err, allowed) {
			sc.t.Fatalf("Notify() = %v", err)
		}
		sc.firing = before
	}
}

func TestKilledAtAnyJournalWriteItGoesOnAndDoesNothingTwice(t *testing.T) {
	want, _ := story(t, 1<<30, false)
	for _, after := range []bool{false, true} {
		for kill := 1; ; kill++ {
			got, killed := story(t, kill, after)
			if !killed {
				if kill < 20 {
					t.Fatalf("only %d commits: the story is too short to prove anything", kill)
				}
				break
			}
			if got != want {
				t.Errorf("killed at commit %d (durable %v): ends as\n%swant\n%s", kill, after, got, want)
			}
		}
	}
}
