package fleet

// State is where a server stands in its life; it is derived anew from the
// snapshot and the scaler's records in every cycle, never stored.
type State string

// The states, in the order of a server's life.
const (
	StateOff       State = "off"       // switched off
	StateStarting  State = "starting"  // start asked for, not running yet
	StateWarming   State = "warming"   // running, not in service yet: BigBlueButton must answer, then enable
	StateActive    State = "active"    // takes new meetings
	StateDraining  State = "draining"  // cordoned by the scaler; has meetings, or may have
	StateEmpty     State = "empty"     // drained: proven to have no meeting
	StateStopping  State = "stopping"  // stop asked for, still running
	StateResizing  State = "resizing"  // out of service for a change of size
	StateDown      State = "down"      // taken out by the scaler since it does not answer
	StateManual    State = "manual"    // a person's: cordoned, disabled or stopped by hand; left alone
	StateExcluded  State = "excluded"  // by the config; left alone
	StateUnjoined  State = "unjoined"  // not found in the balancer, or ambiguous; left alone
	StateUncertain State = "uncertain" // its cloud or the balancer could not be read lately; left alone
)

// States returns every state.
func States() []State {
	return []State{StateOff, StateStarting, StateWarming, StateActive, StateDraining, StateEmpty, StateStopping,
		StateResizing, StateDown, StateManual, StateExcluded, StateUnjoined, StateUncertain}
}
