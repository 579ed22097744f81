package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// follows reports whether the daemon passes requests about the fleet on to another one.
func (d *daemon) follows(leader *daemon) bool {
	text, code := fetch(d.url("/api/v1/fleet"))
	return !d.leads() && leader.leads() && code == http.StatusOK && strings.Contains(text, "http://"+leader.addr)
}

// signal sends a signal that does not end the process.
func (d *daemon) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// cycles waits until the daemon has made so many more cycles.
func (d *daemon) cycles(t *testing.T, more int) {
	t.Helper()
	begun := d.looks()
	until(t, 2*time.Minute, "further cycles", func() bool { return d.looks() >= begun+more })
}

func TestLeaderThatWasStoppedPastItsLeaseBeginsNothingWhenItGoesOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		net    int
		midway bool // in the middle of the write that starts the server
	}{
		"between two cycles":                      {net: 44},
		"in a write, which is answered meanwhile": {net: 45, midway: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tw := startTwins(t, c.net)
			f, first, second := tw.f, tw.daemons[0], tw.daemons[1]
			f.meet(t, 1, "maths")
			f.meet(t, 2, "music")
			s := f.server(t, 3)
			answer := f.writes.hold(t, f.power(s, "start"))
			if c.midway {
				tw.raise(t, 3)
				until(t, 2*time.Minute, "the first daemon to start the server", func() bool { return tw.started(t) > 0 })
			}
			first.signal(t, syscall.SIGSTOP)
			until(t, 2*time.Minute, "the second daemon to lead", second.leads)
			answer()
			if !c.midway {
				tw.raiseOne(t, second, 3)
			}
			until(t, 2*time.Minute, "the second daemon to enable the server", func() bool { return f.is(t, 3, fleet.PowerOn, fleet.Enabled) })

			first.signal(t, syscall.SIGCONT)
			until(t, 2*time.Minute, "the first daemon to follow", func() bool { return first.follows(second) })
			second.cycles(t, 5)
			if n := second.journaled(fleet.Start, fleet.Begun); n != 1 {
				t.Errorf("%d starts were begun, want 1", n)
			}
			f.expect(t, map[string]int{f.power(s, "start"): 1, f.state(s, "enable"): 1, "/start ": 1, "/stop ": 0, "^PATCH": 0, "updateServer": 1})
			if n := f.world.Figures().MeetingsEndedEarly; n != 0 {
				t.Errorf("%d meetings were ended", n)
			}
		})
	}
}
