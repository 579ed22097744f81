package rules

// Meaning is what an alert asks the scaler to do, and on which grounds.
type Meaning struct {
	Scope   Scope
	Ask     Ask     // "" for alerts for people
	Measure Measure // MeasureNone where the alert is not about one workload alone
	// Rising is set for alerts on the extrapolated workload instead of the present
	// one.
	Rising bool
}

// Ask is the kind of step that an alert asks the scaler to consider. Each is
// also the name of a step of the scaler, except AskFloor and AskRemember. An Ask is never an
// order: the scaler decides, and may answer with a reason not to.
type Ask string

// The asks. Which servers a fleet-wide ask concerns is the scaler's decision.
const (
	AskGrow    Ask = "grow"    // server: more cores or RAM
	AskShrink  Ask = "shrink"  // server: back to the default size, when empty
	AskStop    Ask = "stop"    // server: may be stopped once drained and empty
	AskDisable Ask = "disable" // server: take it out of service, if BigBlueButton itself does not answer either
	AskCordon  Ask = "cordon"  // server: drain it; fleet: drain the emptiest servers
	AskStart   Ask = "start"   // fleet: more servers
	AskFloor   Ask = "floor"   // fleet: a higher floor, while there is no load history
	// AskRemember asks for no step: the alert always fires, and its annotations tell the
	// scaler the load of the fleet, which it remembers for its forecast.
	AskRemember Ask = "remember"
)

// Scope is the subject of an alert: a server, the fleet or the scaler.
type Scope string

// The scopes.
const (
	ScopeServer Scope = "server"
	ScopeFleet  Scope = "fleet"
	ScopeScaler Scope = "scaler" // the daemon itself; only alerts for people
)

// Measure is the workload that an alert compares with a threshold.
type Measure string

// The measures; their values are used in texts for people.
const (
	MeasureNone   Measure = ""
	MeasureCPU    Measure = "CPU"
	MeasureMemory Measure = "memory"
)

// Need is a set of exporters and settings that an alert's expression reads.
type Need uint8

// The exporters. Without one of its exporters, an alert does not fire, or it uses
// only the others: BBBServerIdle, for example, uses only the workload.
const (
	NeedNode       Need = 1 << iota // node exporter
	NeedBBB                         // bbb-exporter, where rules.exporters.with_bbb is set
	NeedRecordings                  // bbb-exporter's recordings, where rules.exporters.recordings is set
	NeedScaler                      // the daemon's own metrics
)

// The settings. An alert is generated only if all settings that it needs are on.
const (
	NeedForecast Need = 1 << (iota + 4) // rules.forecast.enabled
	NeedTrend                           // rules.trend.window above 0s
)

// Has reports whether all of the other needs are in n.
func (n Need) Has(other Need) bool { return n&other == other }
