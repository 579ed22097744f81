package fleet

import "github.com/bbb-scaler/bbb-scaler/rules"

// Hold is a reason why something is not done. Metrics and alerts use its kind, since
// they must not depend on wording; people read its text.
type Hold struct {
	Kind HoldKind `json:"kind"`
	Text string   `json:"text"`
	Pool string   `json:"pool,omitempty"` // the only pool that it is about, unless that has no tag
}

// String returns the text.
func (h Hold) String() string { return h.Text }

// HoldKind classifies a Hold. It is the value of a metric's label. Each list of holds
// in a Status has its own kinds.
type HoldKind string

// The kinds of Status.Blocked, which stop every write.
const (
	HoldShortList HoldKind = "frozen"   // the cloud suddenly lists far fewer servers
	HoldCloud     HoldKind = "cloud"    // the cloud refuses the credentials
	HoldBalancer  HoldKind = "balancer" // the balancer refuses the credentials
	HoldStore     HoldKind = "store"    // the store cannot be written
)

// The kinds of Status.Limits, which stop scale-out.
const (
	HoldCeiling  HoldKind = "ceiling"  // Capacity.Ceiling is reached
	HoldContract HoldKind = "contract" // the contract or the budget has no room
	HoldFleet    HoldKind = "fleet"    // no stopped server is left to start
	HoldPoller   HoldKind = "poller"   // the balancer does not bring started servers online
)

// The kinds of Status.Brakes, which stop scale-in.
const (
	HoldRead       HoldKind = "read"                // a source cannot be read
	HoldStarted    HoldKind = "started"             // the daemon has just started
	HoldDemand     HoldKind = "demand"              // an alert asks for more capacity
	HoldSilent     HoldKind = "silent"              // many servers do not answer at the same time
	HoldUnseen     HoldKind = "unseen"              // many servers are not seen by the cloud, the balancer or Prometheus
	HoldUnmeasured HoldKind = "unmeasured"          // many servers in service are not seen by Prometheus
	HoldSchedule   HoldKind = "schedule"            // the schedule soon raises the floor
	HoldPause      HoldKind = "pause"               // the whole fleet is paused
	HoldContested  HoldKind = rules.ReasonContested // somebody else undoes the scaler's changes
)

// The kinds of Status.Unjoined.
const (
	HoldNoServer  HoldKind = "balancer"   // a balancer server that matches no cloud server
	HoldNoTarget  HoldKind = "prometheus" // an alert about a server that matches no cloud server
	HoldNotJoined HoldKind = "cloud"      // a cloud server that is not joined
)

// BlockedKinds returns the kinds of Status.Blocked.
func BlockedKinds() []HoldKind { return []HoldKind{HoldShortList, HoldCloud, HoldBalancer, HoldStore} }

// LimitKinds returns the kinds of Status.Limits.
func LimitKinds() []HoldKind { return []HoldKind{HoldCeiling, HoldContract, HoldFleet, HoldPoller} }

// BrakeKinds returns the kinds of Status.Brakes.
func BrakeKinds() []HoldKind {
	return []HoldKind{HoldRead, HoldStarted, HoldDemand, HoldSilent, HoldUnseen, HoldUnmeasured, HoldSchedule, HoldPause, HoldContested}
}

// UnjoinedKinds returns the kinds of Status.Unjoined.
func UnjoinedKinds() []HoldKind { return []HoldKind{HoldNoServer, HoldNoTarget, HoldNotJoined} }

// CountHolds returns the number of holds of a kind.
func CountHolds(holds []Hold, kind HoldKind) (n int) {
	for _, h := range holds {
		if h.Kind == kind {
			n++
		}
	}
	return n
}
