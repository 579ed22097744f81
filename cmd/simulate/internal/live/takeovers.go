package live

import (
	"context"
	"fmt"
	"time"
)

// Takeovers is what was seen in a run with several daemons.
type Takeovers struct {
	// Kills is how often the daemon that led was killed.
	Kills int `json:"leader_kills"`
	// Takeovers is how often another daemon than before led and had read the fleet. It is
	// more than Kills if a daemon lost the lease without being killed.
	Takeovers int `json:"takeovers"`
	// SecondsMax is the longest time from a kill until then, in seconds of real time. A kill
	// after which no daemon leads yet counts with the time until the end of the run.
	SecondsMax float64 `json:"takeover_seconds_max"`
	// StepsDoneTwice is the number of requests to IONOS and Scalelite that repeat a step of
	// another daemon: the last request that was accepted for the server's power, size or
	// state had the same aim, and the server has what was asked for, or a change of it is
	// in progress.
	StepsDoneTwice int `json:"steps_done_twice"`
}

// String returns a sentence for people.
func (t Takeovers) String() string {
	return fmt.Sprintf("Takeovers: %d after %d kills of the daemon that led, at most %.1f s of real time after the kill. Steps done twice: %d.\n",
		t.Takeovers, t.Kills, t.SecondsMax, t.StepsDoneTwice)
}

// leaderSeen is the daemon that leads, as far as was seen.
type leaderSeen struct {
	leader int       // the last one; -1: none yet
	since  time.Time // when that was first seen
	killed bool      // it was killed, at killedAt
	at     time.Time // of the kill
}

// watch follows who leads until ctx is done, and kills the leader when it has led for
// KillEvery. tell gets a line about each takeover. fail is called if a daemon ends by
// itself.
func (r *replicas) watch(ctx context.Context, fail context.CancelCauseFunc, tell func(string)) error {
	now := leaderSeen{leader: -1}
	defer func() { r.unanswered(now) }()
	for wait(ctx, tellEvery) {
		leader := r.leading(ctx)
		switch {
		case leader < 0:
		case leader != now.leader:
			before := now
			now = leaderSeen{leader: leader, since: time.Now()}
			tell(r.tookOver(before, now))
			if err := r.revive(before, fail); err != nil {
				return err
			}
		case r.KillEvery > 0 && !now.killed && time.Since(now.since) >= r.KillEvery:
			now.killed, now.at = true, time.Now()
			r.kill(leader)
			r.noted(func(t *Takeovers) { t.Kills++ })
		}
	}
	return nil
}

// revive starts the last leader again if it was killed.
func (r *replicas) revive(last leaderSeen, fail context.CancelCauseFunc) error {
	if !last.killed {
		return nil
	}
	return r.start(last.leader, fail)
}

// tookOver notes a takeover, and returns a line about it. The first leader has taken over
// from nobody.
func (r *replicas) tookOver(before, now leaderSeen) string {
	if before.leader < 0 {
		return replicaName(now.leader) + " leads, and the others stand by"
	}
	took := now.since.Sub(before.at).Seconds()
	r.noted(func(t *Takeovers) {
		t.Takeovers++
		if before.killed {
			t.SecondsMax = max(t.SecondsMax, took)
		}
	})
	if !before.killed {
		return fmt.Sprintf("%s leads; %s, which led before, was not killed", replicaName(now.leader), replicaName(before.leader))
	}
	return fmt.Sprintf("%s leads, %.1f s after the kill of %s, which starts again", replicaName(now.leader), took, replicaName(before.leader))
}

// unanswered notes the time since a kill after which no daemon has taken over.
func (r *replicas) unanswered(last leaderSeen) {
	if last.killed {
		r.noted(func(t *Takeovers) { t.SecondsMax = max(t.SecondsMax, time.Since(last.at).Seconds()) })
	}
}

func (r *replicas) noted(change func(*Takeovers)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.found)
}

// takeovers returns what was seen up to now; nil without replicas.
func (r *replicas) takeovers() *Takeovers {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	found := r.found
	r.mu.Unlock()
	found.StepsDoneTwice = r.changes.doneTwice()
	return &found
}

// leading returns the replica that leads and has read the fleet, or -1. Any replica can
// be asked: one that stands by passes the request on.
func (r *replicas) leading(ctx context.Context) int {
	for _, c := range r.clients {
		f, err := c.Fleet(ctx)
		if err != nil || f.Leadership == nil || !f.Leadership.Leads || !f.Ready {
			continue
		}
		for i, at := range r.addresses {
			if "http://"+at == f.Leadership.Address {
				return i
			}
		}
	}
	return -1
}
