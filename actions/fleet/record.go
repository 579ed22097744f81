package fleet

import (
	"slices"
	"time"
)

// Aim is the goal that the scaler has for a server. It also marks ownership: a server
// that is out of service without an aim was taken out by a person, and the scaler
// does not change it.
type Aim string

// The aims.
const (
	AimNone   Aim = ""       // no goal: in service, or taken out by a person
	AimServe  Aim = "serve"  // started or taken back, to be enabled
	AimDrain  Aim = "drain"  // cordoned, to be stopped when empty
	AimRepair Aim = "repair" // cordoned because it does not answer, to be enabled once it does
	AimOff    Aim = "off"    // stopped by the scaler
)

// Record is what the scaler remembers about a server, because it cannot be read from
// the cloud, the balancer or the alerts. It is stored, and survives a restart.
type Record struct {
	ID  string    `json:"id"`
	Aim Aim       `json:"aim,omitempty"`
	At  time.Time `json:"at,omitzero"` // when Aim was set; for a start: when the server ran
	// Wrote is the last state written to the balancer for the aim, at WroteAt.
	// Confirmed is set once a read at least one poll interval later still shows it.
	Wrote     BalancerState `json:"wrote,omitempty"`
	WroteAt   time.Time     `json:"wrote_at,omitzero"`
	Confirmed bool          `json:"confirmed,omitempty"`
	// Least is the lowest number of meetings, without breakout rooms, since a moment
	// after the cordon (createTime), if LeastKnown. See Server.CordonedInVain.
	Least      int       `json:"least,omitempty"`
	LeastKnown bool      `json:"least_known,omitempty"`
	EmptySince time.Time `json:"empty_since,omitzero"` // first of the latest probes without a meeting
	// Skipped is set if the balancer did not bring the server online when it was last
	// brought into service (Server.NotTaken).
	Skipped bool `json:"skipped,omitempty"`

	Flight *Flight `json:"flight,omitempty"` // the step in flight; nil: none

	Up       time.Time `json:"up,omitzero"`        // last growth
	UpCores  time.Time `json:"up_cores,omitzero"`  // last growth of the cores
	UpRAM    time.Time `json:"up_ram,omitzero"`    // last growth of the RAM
	Down     time.Time `json:"down,omitzero"`      // last cordon or shrink
	Failures int       `json:"failures,omitempty"` // failed steps since the last one that succeeded
	RetryAt  time.Time `json:"retry_at,omitzero"`  // end of the backoff after the last failure
	Failure  string    `json:"failure,omitempty"`  // text of the last failure
	// Tried is the last step that failed. If its goal shows later, the change was the
	// scaler's and not a person's.
	Tried *Step `json:"tried,omitempty"`

	// Power and Size are the last ones that the cloud showed. If they change without a
	// step of the scaler, a person has changed the server.
	Power  Power  `json:"power,omitempty"`
	Size   Size   `json:"size,omitzero"`
	Manual string `json:"manual,omitempty"` // what a person changed; empty: nothing
	// ManualAt is when Manual was set.
	ManualAt time.Time `json:"manual_at,omitzero"`
	// Made is the kind of the last change that was accepted, at MadeAt. It is empty
	// once the change can no longer be reversed (Server.NoteReversal).
	Made   Kind      `json:"made,omitempty"`
	MadeAt time.Time `json:"made_at,omitzero"`

	State State     `json:"state,omitempty"` // state after the last cycle
	Since time.Time `json:"since,omitzero"`  // since when it has been in State
}

// Flight is a step that was sent to the cloud and has not ended.
type Flight struct {
	Step     Step      `json:"step"`
	At       time.Time `json:"at"` // when the intent was committed
	Deadline time.Time `json:"deadline"`
	Request  string    `json:"request,omitempty"` // the cloud's request id; empty: no answer yet
}

// SetAim sets a new aim, and resets what belonged to the previous one.
func (r *Record) SetAim(to Aim, now time.Time) {
	r.Aim, r.At = to, now
	r.Wrote, r.WroteAt, r.Confirmed = "", time.Time{}, false
	r.Least, r.LeastKnown, r.EmptySince = 0, false, time.Time{}
}

// SetWrote records a state written to the balancer. It is not confirmed yet.
func (r *Record) SetWrote(state BalancerState, now time.Time) {
	r.Wrote, r.WroteAt, r.Confirmed = state, now, false
	r.Least, r.LeastKnown = 0, false
}

// Fail counts a failure and sets RetryAt: Cooldowns.Backoff after the first failure,
// doubled with each further one up to Cooldowns.BackoffMax.
func (r *Record) Fail(why string, now time.Time, c Cooldowns) {
	wait := c.Backoff << min(r.Failures, 20)
	if wait <= 0 || wait > c.BackoffMax {
		wait = c.BackoffMax
	}
	r.Failures++
	r.Failure, r.RetryAt = why, now.Add(wait)
}

// ForgetFailures resets the failures and ends the backoff.
func (r *Record) ForgetFailures() {
	r.Failures, r.Failure, r.RetryAt, r.Tried = 0, "", time.Time{}, nil
}

// Grew notes a growth from Size to a larger size. The cores and the RAM have a cooldown
// of their own, because the workload of one shows nothing of the growth of the other.
func (r *Record) Grew(to Size, at time.Time) {
	r.Up = later(r.Up, at)
	if to.Cores > r.Size.Cores {
		r.UpCores = later(r.UpCores, at)
	}
	if to.RAM > r.Size.RAM {
		r.UpRAM = later(r.UpRAM, at)
	}
}

// LastChange returns the time of the server's last growth, cordon or shrink.
func (r Record) LastChange() time.Time { return later(r.Up, r.Down) }

// InFlight reports whether a step of kind k was sent to the cloud and has not ended.
func (r Record) InFlight(k Kind) bool { return r.Flight != nil && r.Flight.Step.Kind == k }

// FleetRecord is what the scaler remembers about the fleet as a whole.
type FleetRecord struct {
	Outs []time.Time `json:"outs,omitempty"` // starts within the scale-out cooldown
	In   time.Time   `json:"in,omitzero"`    // last start, enable, or cordon for scale-in
	// Known is the number of servers that the cloud listed when the number was last
	// accepted (NoteListed). Listed is the present number. FewerSince is when Listed
	// last fell, while it is below Known.
	Known      int       `json:"known,omitempty"`
	Of         []string  `json:"of,omitempty"` // the datacenters that Known counts
	Listed     int       `json:"listed,omitempty"`
	FewerSince time.Time `json:"fewer_since,omitzero"`
	Contest    Contest   `json:"contest,omitzero"`
}

// WithStart returns f with a start at now added to Outs, and without the starts that
// are older than the cooldown.
func (f FleetRecord) WithStart(now time.Time, cooldown time.Duration) *FleetRecord {
	f.Outs = slices.DeleteFunc(slices.Clone(f.Outs), func(at time.Time) bool { return now.Sub(at) >= cooldown })
	f.Outs = append(f.Outs, now)
	return &f
}

// WithoutStart returns f without the start that was requested at asked. That start
// failed, so it must not delay another one.
func (f FleetRecord) WithoutStart(asked time.Time) *FleetRecord {
	f.Outs = slices.Clone(f.Outs)
	if i := slices.IndexFunc(f.Outs, asked.Equal); i >= 0 {
		f.Outs = slices.Delete(f.Outs, i, i+1)
	}
	return &f
}
