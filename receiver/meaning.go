package receiver

import "github.com/bbb-scaler/bbb-scaler/actions/fleet"

// meanings explains the states to people; deploy/guides/states.md says the same.
var meanings = map[fleet.State]struct{ is, scaler string }{
	fleet.StateOff: {"switched off",
		"starts it when capacity is needed; shrinks it if it is larger than sizes.default"},
	fleet.StateStarting: {"the start was requested, IONOS does not report the server as running yet",
		"waits for deadlines.start, then backs off and starts another one"},
	fleet.StateWarming: {"running, not in service yet: BigBlueButton has to answer, and Scalelite has to report it as online with a load",
		"enables it in Scalelite; grows it to the size of the fleet; waits for deadlines.warm"},
	fleet.StateActive: {"in service: Scalelite sends new meetings to it",
		"grows it; drains it when the others can carry its load"},
	fleet.StateDraining: {"cordoned by the scaler; it has meetings, or may have",
		"waits for as long as they last; enables it again (reclaim) if capacity is needed; still grows it"},
	fleet.StateEmpty: {"cordoned by the scaler, and its own BigBlueButton reports no meetings",
		"disables and stops it when it is not needed; enables it again if capacity is needed"},
	fleet.StateStopping: {"the stop was requested, IONOS still reports the server as running",
		"waits for deadlines.stop"},
	fleet.StateResizing: {"switched off and shrinking to sizes.default",
		"waits for deadlines.resize"},
	fleet.StateDown: {"does not answer: cordoned by the scaler for that, enabled and offline in Scalelite, or not in service within deadlines.warm",
		"enables it once it answers; drains it if it answers, Scalelite does not bring it online, and the load is low"},
	fleet.StateManual: {"cordoned, disabled, stopped or resized by a person",
		"nothing, until the person undoes it or bbb-scaler release SERVER"},
	fleet.StateExcluded: {"matches fleet.exclude",
		"nothing"},
	fleet.StateUnjoined: {"not found in Scalelite, or registered there several times",
		"nothing; bbb-scaler check says how to fix it"},
	fleet.StateUncertain: {"IONOS or Scalelite was not read within deadlines.stale, or IONOS reports the server as neither on nor off",
		"nothing, until it is known"},
}
