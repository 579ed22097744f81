package calibrate

import (
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Times are how long changes of servers took, as the daemon saw them: each is longer than
// in the cloud by up to one cycle.
type Times struct {
	Start, Stop, Resize []time.Duration // from the call to the end of the change
	BBB                 []time.Duration // from the end of a start until BigBlueButton answered
}

// TimesOf returns the times in a journal, whose entries are in the order of time.
func TimesOf(entries []fleet.Entry) Times {
	var t Times
	begun := map[string]map[fleet.Kind]time.Time{} // by server
	running := map[string]time.Time{}              // end of the start of servers that are not enabled yet
	for _, e := range entries {
		if e.DryRun {
			continue
		}
		server, kind := e.Step.Server, e.Step.Kind
		if begun[server] == nil {
			begun[server] = map[fleet.Kind]time.Time{}
		}
		switch e.Outcome {
		case fleet.Begun:
			begun[server][kind] = e.At
			if since, ok := running[server]; ok && kind == fleet.Enable {
				t.BBB = append(t.BBB, e.At.Sub(since))
			}
			if kind != fleet.Grow { // which does not interrupt the boot
				delete(running, server)
			}
		case fleet.Done:
			since, ok := begun[server][kind]
			if delete(begun[server], kind); !ok {
				continue
			}
			switch kind {
			case fleet.Start:
				t.Start, running[server] = append(t.Start, e.At.Sub(since)), e.At
			case fleet.Stop:
				t.Stop = append(t.Stop, e.At.Sub(since))
			case fleet.Grow, fleet.Shrink:
				t.Resize = append(t.Resize, e.At.Sub(since))
			}
		default:
			delete(begun[server], kind)
		}
	}
	return t
}

// leastTimes is the number of changes from which a span is written.
const leastTimes = 5

// span returns the time that one in twenty changes is faster than, and the one that one
// in twenty is slower than, in whole seconds. ok is false if there are too few.
func span(of []time.Duration) (least, most time.Duration, ok bool) {
	if len(of) < leastTimes {
		return 0, 0, false
	}
	sorted := slices.Sorted(slices.Values(of))
	at := func(share float64) time.Duration {
		return max(time.Second, sorted[int(math.Round(share*float64(len(sorted)-1)))].Round(time.Second))
	}
	return at(0.05), at(0.95), true
}
