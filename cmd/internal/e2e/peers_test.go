package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const lease = 1500 * time.Millisecond // of what Prometheus sends, until it sends again

// eachStack runs a test beside a pair of Alertmanager of each generation, unless
// tests are to be short.
func eachStack(t *testing.T, test func(t *testing.T, s stack)) {
	if testing.Short() {
		t.Skip("runs Alertmanager for seconds")
	}
	for name, s := range stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// A pair of Prometheus has two start times for one alert.
func TestAnAlertWithTwoStartTimesIsResolvedBesideRealAlertmanagers(t *testing.T) {
	t.Parallel()
	eachStack(t, func(t *testing.T, s stack) {
		tab, p := newTable(t, nil), newPair(t)
		p.start(t, s, configOf(t, "", tab.url))
		now := time.Now()
		late, early := now.Add(-10*time.Second), now.Add(-25*time.Second)
		p.send(t, alertOf("a", late, now.Add(time.Minute)))
		tab.until(t, withinRepeat, "a")
		p.send(t, alertOf("a", early, now.Add(time.Minute)))
		time.Sleep(2 * repeatInterval) // both are notified
		ended := time.Now()
		p.send(t, alertOf("a", late, ended))
		p.send(t, alertOf("a", early, ended))
		tab.until(t, withinRepeat)

		// A copy of the first notification that was on its way all the time.
		post(t, tab.url, tab.first())
		if got := tab.believed(); len(got) != 0 {
			t.Errorf("a late copy brought %q back", got)
		}
	})
}

// An alert whose lease ran out ends, and comes back with the same start time.
func TestAnAlertThatComesBackAfterALapseIsKnownWithinOneRepeat(t *testing.T) {
	t.Parallel()
	eachStack(t, func(t *testing.T, s stack) {
		tab, p := newTable(t, nil), newPair(t)
		p.start(t, s, configOf(t, "", tab.url))
		starts := time.Now().Add(-time.Minute)
		p.send(t, alertOf("a", starts, time.Now().Add(lease)))
		tab.until(t, withinRepeat, "a")
		tab.until(t, lease+withinRepeat)
		every(t, lease/4, func() { p.send(t, alertOf("a", starts, time.Now().Add(lease))) })
		tab.until(t, withinRepeat, "a")
	})
}

// A time interval that mutes is a pause where Alertmanager tells of it.
func TestWhatATimeIntervalMutesAsksForNothingBesideARealAlertmanager(t *testing.T) {
	t.Parallel()
	eachStack(t, func(t *testing.T, s stack) {
		muted := `routes: [{match: {instance: muted}, mute_time_intervals: [always]}]`
		p := newPair(t)
		p.start(t, s, configOf(t, muted, "http://127.0.0.1:9/webhook")) // no notification arrives
		api := p.api(t)
		tab := newTable(t, api)
		starts, ends := time.Now().Add(-time.Hour), time.Now().Add(time.Minute)
		p.send(t, alertOf("muted", starts, ends), alertOf("open", starts, ends))
		if s.alertmanager == "alertmanager" {
			tab.until(t, withinResync, "open")
			time.Sleep(2 * resyncInterval)
			tab.until(t, 0, "open")
		} else {
			tab.until(t, withinResync, "muted", "open")
		}
		if blind := len(api.Blind()); (blind == 0) != (s.alertmanager == "alertmanager") {
			t.Errorf("%d peers do not tell what is muted", blind)
		}
	})
}

// school is the alerts of some servers that come, go and lapse at random, as a
// pair of Prometheus sends them.
type school struct {
	random *rand.Rand
	firing map[string]bool
	silent map[string]int       // how many times more an alert that fires is not sent
	starts map[string]time.Time // of the present or last episode
}

func newSchool(seed uint64) *school {
	s := &school{rand.New(rand.NewPCG(seed, 0)), map[string]bool{}, map[string]int{}, map[string]time.Time{}}
	for i := range 8 {
		s.firing[fmt.Sprintf("server-%d", i)] = false
	}
	return s
}

// change lets some alerts begin, end or lapse.
func (s *school) change() {
	for _, name := range s.names() {
		switch roll := s.random.IntN(100); {
		case roll < 8:
			s.firing[name] = !s.firing[name]
			if s.firing[name] {
				s.starts[name] = time.Now()
			}
		case roll < 11:
			s.silent[name] = 6 // longer than the lease
		}
	}
}

func (s *school) names() (names []string) {
	for name := range s.firing {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// alerts returns what the replicas send now; they evaluate half a second apart.
func (s *school) alerts() (all []sent) {
	now := time.Now()
	for _, name := range s.names() {
		starts := s.starts[name]
		switch {
		case starts.IsZero():
		case s.silent[name] > 0:
			s.silent[name]--
		case s.firing[name]:
			all = append(all, alertOf(name, starts, now.Add(lease)), alertOf(name, starts.Add(-500*time.Millisecond), now.Add(lease)))
		default:
			all = append(all, alertOf(name, starts, now), alertOf(name, starts.Add(-500*time.Millisecond), now))
		}
	}
	return all
}

func (s *school) asking() (names []string) {
	for _, name := range s.names() {
		if s.firing[name] {
			names = append(names, name)
		}
	}
	return names
}

func TestTheTableAgreesWithRealAlertmanagersWhoseLinkIsCut(t *testing.T) {
	t.Parallel()
	eachStack(t, func(t *testing.T, s stack) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		p := newPair(t)
		alone, read := newTable(t, nil), newTable(t, p.api(t))
		p.start(t, s, configOf(t, "", alone.url, read.url))

		world, up := newSchool(seed), true
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(lease / 5) {
			world.change()
			if all := world.alerts(); len(all) > 0 {
				p.send(t, all...)
			}
			if world.random.IntN(6) == 0 {
				if up = !up; up {
					p.mend()
				} else {
					p.cut()
				}
			}
		}
		p.mend()
		clear(world.silent)
		settled := time.Now()
		want := world.asking()
		var readAt, aloneAt time.Duration
		for (readAt == 0 || aloneAt == 0) && time.Since(settled) < 2*withinRepeat {
			p.send(t, world.alerts()...)
			if readAt == 0 && slices.Equal(read.believed(), want) {
				readAt = time.Since(settled)
			}
			if aloneAt == 0 && slices.Equal(alone.believed(), want) {
				aloneAt = time.Since(settled)
			}
			time.Sleep(lease / 10)
		}
		t.Logf("agreed after %v with the API, %v without", readAt, aloneAt)
		if readAt == 0 || readAt > withinResync {
			t.Errorf("with the API: %q after %v, want %q within %v", read.believed(), readAt, want, withinResync)
		}
		if aloneAt == 0 || aloneAt > withinRepeat {
			t.Errorf("without the API: %q after %v, want %q within %v", alone.believed(), aloneAt, want, withinRepeat)
		}
	})
}
