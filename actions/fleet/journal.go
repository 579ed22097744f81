package fleet

import "time"

// Entry is a line of the journal: a step, its outcome, and the reason.
type Entry struct {
	Seq     uint64    `json:"seq"` // assigned by the Store, ascending
	At      time.Time `json:"at"`
	Step    Step      `json:"step"`
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail,omitempty"`       // the error, or why the step was abandoned
	Request string    `json:"request,omitempty"`      // the cloud's request id
	Took    Seconds   `json:"took_seconds,omitempty"` // from the intent to the end, for steps in the cloud
	DryRun  bool      `json:"dry_run,omitempty"`
}

// Seconds is a duration that encodes as a number of seconds.
type Seconds float64

// Outcome is the result of a step in the journal.
type Outcome string

// The outcomes of a step. Begun is committed before the first call to the cloud or
// the balancer, the others when the step has ended.
const (
	Begun     Outcome = "begun"
	Done      Outcome = "done"
	Failed    Outcome = "failed"
	Abandoned Outcome = "abandoned" // a check stopped it before it was sent, or it was never accepted
)

// About reports whether the entry is about the server with this id or name. An empty
// server matches every entry.
func (e Entry) About(server string) bool {
	return server == "" || e.Step.Server == server || e.Step.ServerID == server
}
