package actions_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// TestPromisesHoldInRandomWorldsWithTwoDaemons is TestPromisesHoldInRandomWorlds with a
// pair: its processes are killed, stopped in the middle of a write, and cut off from the
// store or from the cloud and the balancer, and the clocks that they go by may be minutes
// apart, which only happens if the clock of the store is set.
func TestPromisesHoldInRandomWorldsWithTwoDaemons(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fx := randomFixture(rt, 1)
		skew := rapid.SampledFrom([]time.Duration{0, 0, 3 * time.Minute, -3 * time.Minute}).Draw(rt, "skew")
		check := fx.checkPromises()
		p := fx.twoDaemons(check, skew)
		check.skew = max(skew, -skew)
		check.people = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "people"), 0))
		for range rapid.IntRange(10, 60).Draw(rt, "events") {
			if rapid.IntRange(0, 2).Draw(rt, "on the pair") == 0 {
				p.randomEvent(rt)
			} else {
				randomEvent(rt, fx, check)
			}
			fx.run(time.Duration(rapid.IntRange(1, 12).Draw(rt, "quarter minutes")) * 15 * time.Second)
			if len(check.broken) > 0 {
				rt.Fatalf("broken promises: %q\n%s", check.broken, fx.describe())
			}
		}
		quiet(rt, fx, check)
		if n := fx.w.Figures().MeetingsEndedEarly; n > 0 {
			rt.Fatalf("%d meetings ended early\n%s", n, fx.describe())
		}
	})
}

// randomEvent stops one daemon, or cuts it off, now or in the middle of a commit or a
// write.
func (p *pair) randomEvent(rt *rapid.T) {
	d := p.daemons[rapid.IntRange(0, 1).Draw(rt, "daemon")]
	length := time.Duration(rapid.IntRange(1, 80).Draw(rt, "quarter minutes of it")) * 15 * time.Second
	until := p.fx.w.Now().Add(length)
	switch what := rapid.SampledFrom([]string{"stop", "store", "cloud", "balancer", "step down", "incident", "incident", "incident"}).Draw(rt, "pair event"); what {
	case "stop":
		d.stopped = until
	case "incident":
		d.next = rapid.SampledFrom(incidents()).Draw(rt, "incident")
		d.next.length = length
	case "step down":
		if d.term != nil && d.runs() && !d.isCut("store") {
			must(rt, d.shared.Release(rt.Context(), d.term.lease))
			d.term = nil
		}
	default:
		d.cut[what] = until
	}
}

// takeover is drainAndStart with a pair, of which the first daemon is killed at a commit
// and does not come back.
func takeover(t *testing.T, kill int, after bool) (ending string, terms int) {
	t.Helper()
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 2
	fx := newFixture(t, cfg, sim.Config{Servers: 5, Running: 3, Seed: 11})
	check := fx.checkPromises()
	p := fx.twoDaemons(check, 0)
	p.stays, p.kill.left, p.kill.after = true, kill, after
	fx.run(time.Minute)
	fx.meetings(3, 20*time.Minute)
	fx.run(50 * time.Minute)
	fx.cfg.Capacity.MinActive = 4
	must(t, fx.s.Reload(fx.cfg))
	fx.run(30 * time.Minute)
	fx.unharmed()
	if len(check.broken) > 0 {
		t.Fatalf("killed at commit %d (after %v): broken promises %q\n%s", kill, after, check.broken, fx.describe())
	}
	return fx.ending(), p.terms
}

func TestKilledAtAnyJournalWriteTheOtherDaemonGoesOnAndDoesNothingTwice(t *testing.T) {
	want, _ := takeover(t, 1<<30, false)
	for _, after := range []bool{false, true} {
		for kill := 1; ; kill++ {
			got, terms := takeover(t, kill, after)
			if terms == 1 {
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

func TestNothingIsDoneTwiceAfterAnIncidentInTheMiddleOfACall(t *testing.T) {
	for _, of := range incidents() {
		for _, of.length = range []time.Duration{15 * time.Second, time.Minute, 3 * time.Minute, time.Hour} {
			t.Run(of.String(), func(t *testing.T) {
				cfg := fixtureConfig()
				cfg.Capacity.MinActive = 2
				fx := newFixture(t, cfg, sim.Config{Servers: 5, Running: 2, Seed: 11})
				check := fx.checkPromises()
				p := fx.twoDaemons(check, 0)
				fx.run(time.Minute)
				first := p.leading()
				first.next = of
				fx.cfg.Capacity.MinActive = 4
				must(t, fx.s.Reload(fx.cfg))
				fx.run(of.length + 30*time.Minute)
				if len(p.met) != 1 || len(check.broken) > 0 {
					t.Errorf("met %v, broken promises %q\n%s", p.met, check.broken, fx.describe())
				}
				if past := of.length >= pairLease && (!of.cut || of.in == "commit"); past == (p.leading() == first) {
					t.Errorf("%s leads", p.leading().name)
				}
				if n, starts := fx.count(fleet.StateActive), fx.w.Figures().Steps[fleet.Start]; n != 4 || starts != 2 {
					t.Errorf("%d active after %d starts, want 4 after 2\n%s", n, starts, fx.describe())
				}
			})
		}
	}
}

func TestPauseIsInForceAtOnceForTheDaemonThatTakesOverWhateverItsClockSays(t *testing.T) {
	for _, skew := range []time.Duration{-time.Hour, -3 * time.Minute, 3 * time.Minute, time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			cfg := fixtureConfig()
			cfg.Capacity.MinActive = 2
			fx := newFixture(t, cfg, sim.Config{Servers: 5, Running: 2, Seed: 11})
			p := fx.twoDaemons(fx.checkPromises(), skew)
			fx.run(time.Minute)
			first := p.leading()
			_, err := fx.s.Pause(fleet.Pause{Reason: "exam", Until: fx.w.Now().Add(2 * time.Hour)})
			must(t, err)
			first.stopped = fx.w.Now().Add(forever)
			fx.cfg.Capacity.MinActive = 4 // the next daemon would start two servers
			fx.run(30 * time.Minute)
			if next := p.leading(); next == nil || next == first {
				t.Fatalf("no other daemon leads")
			}
			if steps := fx.w.Figures().Steps; len(steps) > 0 {
				t.Errorf("%v during a pause, want no step\n%s", steps, fx.describe())
			}
			fx.run(4 * time.Hour)
			if n := fx.count(fleet.StateActive); n != 4 {
				t.Errorf("%d active after the pause, want 4\n%s", n, fx.describe())
			}
		})
	}
}
