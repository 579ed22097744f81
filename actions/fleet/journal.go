package fleet

import "time"

// Entry is a line of the journal: what the scaler did, to what, and why.
type Entry struct {
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`
	Step    Step      `json:"step"`
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail,omitempty"`  // error, or what made it abandon
	Request string    `json:"request,omitempty"` // the cloud's request id
	Took    Seconds   `json:"took_seconds,omitempty"`
	DryRun  bool      `json:"dry_run,omitempty"`
}

// Seconds is a duration that encodes as a number of seconds.
type Seconds float64

// Outcome is how far a step came.
type Outcome string

// The outcomes. Begun is written before the first write to the outside, the
// others when the cloud or the balancer shows the end of it.
const (
	Begun     Outcome = "begun"
	Done      Outcome = "done"
	Failed    Outcome = "failed"
	Abandoned Outcome = "abandoned" // the check before harm, or a deadline, called it off
)

// About reports whether the entry is about a server, by id or name; "" is every one.
func (e Entry) About(server string) bool {
	return server == "" || e.Step.Server == server || e.Step.ServerID == server
}
