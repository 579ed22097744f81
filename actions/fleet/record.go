package fleet

import (
	"slices"
	"time"
)

// Aim is what the scaler is bringing a server to. It is the record of
// ownership: a server that is out of service without an aim of ours is a
// person's, and stays so.
type Aim string

// The aims.
const (
	AimNone   Aim = ""       // nothing begun: in service, or a person's
	AimServe  Aim = "serve"  // started or taken back; to be enabled
	AimDrain  Aim = "drain"  // cordoned, to be stopped when empty
	AimRepair Aim = "repair" // cordoned since it does not answer; back once it does
	AimOff    Aim = "off"    // stopped by the scaler
)

// Record is what the scaler knows of a server and no source tells. It
// is stored, and survives every restart.
type Record struct {
	ID  string    `json:"id"`
	Aim Aim       `json:"aim,omitempty"`
	At  time.Time `json:"at,omitzero"` // of the aim
	// Wrote is the last state written to the balancer for the aim; Confirmed is
	// set once a read, a poll interval later, still shows it.
	Wrote     BalancerState `json:"wrote,omitempty"`
	WroteAt   time.Time     `json:"wrote_at,omitzero"`
	Confirmed bool          `json:"confirmed,omitempty"`
	// Least is the smallest number of meetings, breakout rooms aside, seen since a
	// cordon was confirmed; a cordoned server whose meetings grow was cordoned in vain.
	Least      int       `json:"least,omitempty"`
	LeastKnown bool      `json:"least_known,omitempty"`
	EmptySince time.Time `json:"empty_since,omitzero"`

	Flight *Flight `json:"flight,omitempty"`

	Up       time.Time `json:"up,omitzero"`   // last growth
	Down     time.Time `json:"down,omitzero"` // last step down: cordon or shrink
	Failures int       `json:"failures,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
	Failure  string    `json:"failure,omitempty"` // the last one, for people
	// Tried is the step given up last: should it come true late, it was ours.
	Tried *Step `json:"tried,omitempty"`

	// Power and Size are what was last seen, or made; a change without a step
	// of ours is a person's.
	Power  Power  `json:"power,omitempty"`
	Size   Size   `json:"size,omitzero"`
	Manual string `json:"manual,omitempty"` // what a person did; empty: nothing known
	// ManualAt is when Manual was noted.
	ManualAt time.Time `json:"manual_at,omitzero"`
	// Made is the last change that was accepted, at MadeAt, as long as it may still
	// be reversed (Server.NoteReversal).
	Made   Kind      `json:"made,omitempty"`
	MadeAt time.Time `json:"made_at,omitzero"`

	State State     `json:"state,omitempty"` // as last published, for Since
	Since time.Time `json:"since,omitzero"`
}

// Flight is a change asked of the cloud whose end has not been seen yet.
type Flight struct {
	Step     Step      `json:"step"`
	At       time.Time `json:"at"`
	Deadline time.Time `json:"deadline"`
	Request  string    `json:"request,omitempty"`
}

// SetAim sets a new aim, and forgets what belonged to the last.
func (r *Record) SetAim(to Aim, now time.Time) {
	r.Aim, r.At = to, now
	r.Wrote, r.WroteAt, r.Confirmed = "", time.Time{}, false
	r.Least, r.LeastKnown, r.EmptySince = 0, false, time.Time{}
}

// SetWrote notes a state written to the balancer, to be read back.
func (r *Record) SetWrote(state BalancerState, now time.Time) {
	r.Wrote, r.WroteAt, r.Confirmed = state, now, false
	r.Least, r.LeastKnown = 0, false
}

// Fail counts a failure and sets when the server may be tried again: base
// after the first, doubling up to most.
func (r *Record) Fail(why string, now time.Time, c Cooldowns) {
	wait := c.Backoff << min(r.Failures, 20)
	if wait <= 0 || wait > c.BackoffMax {
		wait = c.BackoffMax
	}
	r.Failures++
	r.Failure, r.RetryAt = why, now.Add(wait)
}

// ForgetFailures forgets earlier failures.
func (r *Record) ForgetFailures() {
	r.Failures, r.Failure, r.RetryAt, r.Tried = 0, "", time.Time{}, nil
}

// LastChange is the time of the last growth or step down of the server.
func (r Record) LastChange() time.Time { return later(r.Up, r.Down) }

// InFlight reports whether a step of the kind was asked for and does not show yet.
func (r Record) InFlight(k Kind) bool { return r.Flight != nil && r.Flight.Step.Kind == k }

// FleetRecord is what the scaler remembers of the fleet as a whole.
type FleetRecord struct {
	Outs []time.Time `json:"outs,omitempty"` // starts within the scale-out cooldown
	In   time.Time   `json:"in,omitzero"`    // last cordon for scale-in, or last capacity added
	// Known is the number of servers listed when it was last believed; Listed is
	// how many are listed now, and FewerSince since when it has been that few.
	Known      int       `json:"known,omitempty"`
	Of         []string  `json:"of,omitempty"` // the datacenters that Known counts
	Listed     int       `json:"listed,omitempty"`
	FewerSince time.Time `json:"fewer_since,omitzero"`
	Contest    Contest   `json:"contest,omitzero"`
}

// WithStart is f with one more start in the cooldown, and without those that are
// past it.
func (f FleetRecord) WithStart(now time.Time, cooldown time.Duration) *FleetRecord {
	f.Outs = slices.DeleteFunc(slices.Clone(f.Outs), func(at time.Time) bool { return now.Sub(at) >= cooldown })
	f.Outs = append(f.Outs, now)
	return &f
}

// WithoutStart is f without the start asked for at the given time: it failed, and
// another may take its place at once.
func (f FleetRecord) WithoutStart(asked time.Time) *FleetRecord {
	f.Outs = slices.Clone(f.Outs)
	if i := slices.IndexFunc(f.Outs, asked.Equal); i >= 0 {
		f.Outs = slices.Delete(f.Outs, i, i+1)
	}
	return &f
}
