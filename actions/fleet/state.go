package fleet

// State is the state of a server. Server.Classify computes it in every cycle from
// what was read and from the scaler's records.
type State string

// The states. The scaler does not change servers in the last four.
const (
	StateOff       State = "off"       // switched off
	StateStarting  State = "starting"  // start requested, not running yet
	StateWarming   State = "warming"   // running, not in service yet: BigBlueButton must answer, and the balancer reach it
	StateActive    State = "active"    // in service: gets new meetings
	StateDraining  State = "draining"  // cordoned by the scaler; has meetings, or may have
	StateEmpty     State = "empty"     // cordoned by the scaler; proven to have no meeting
	StateStopping  State = "stopping"  // stop requested, still running
	StateResizing  State = "resizing"  // switched off and shrinking
	StateDown      State = "down"      // does not answer: cordoned by the scaler, or offline in the balancer
	StateManual    State = "manual"    // cordoned, disabled or stopped by a person
	StateExcluded  State = "excluded"  // excluded by the configuration
	StateUnjoined  State = "unjoined"  // not found in the balancer, or registered several times
	StateUncertain State = "uncertain" // the cloud or the balancer was not read recently, or reports neither on nor off
)

// States returns all states.
func States() []State {
	return []State{StateOff, StateStarting, StateWarming, StateActive, StateDraining, StateEmpty, StateStopping,
		StateResizing, StateDown, StateManual, StateExcluded, StateUnjoined, StateUncertain}
}
