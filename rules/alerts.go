package rules

// Ask is the kind of step that an alert asks the scaler to consider. The words
// are those of the scaler's steps, but for AskFloor; an Ask is never an order:
// the scaler decides, and may answer with a reason not to.
type Ask string

// The asks. Which servers a fleet-wide ask concerns is the scaler's decision.
const (
	AskGrow    Ask = "grow"    // server: more cores or RAM
	AskShrink  Ask = "shrink"  // server: back to the default size, when empty
	AskStop    Ask = "stop"    // server: may be stopped once drained and empty
	AskDisable Ask = "disable" // server: out of the balancer, if BigBlueButton itself does not answer either
	AskCordon  Ask = "cordon"  // server: drain it; fleet: drain the emptiest
	AskStart   Ask = "start"   // fleet: more servers
	AskFloor   Ask = "floor"   // fleet: the floor of a fleet that nothing is known of yet
	AskNothing Ask = "nothing" // for people only
)

// Scope tells whether an alert speaks of one server or of the fleet.
type Scope string

// The scopes.
const (
	ScopeServer Scope = "server"
	ScopeFleet  Scope = "fleet"
)

// Names of the alerts that ask for something.
const (
	ServerMemoryHigh   = "BBBServerMemoryHigh"
	ServerCPUHigh      = "BBBServerCPUHigh"
	ServerMemoryRising = "BBBServerMemoryRising"
	ServerCPURising    = "BBBServerCPURising"
	ServerMemoryLow    = "BBBServerMemoryLow"
	ServerCPULow       = "BBBServerCPULow"
	ServerIdle         = "BBBServerIdle"
	ServerDown         = "BBBServerDown"
	FleetMemoryHigh    = "BBBFleetMemoryHigh"
	FleetCPUHigh       = "BBBFleetCPUHigh"
	FleetWorkloadLow   = "BBBFleetWorkloadLow"
	FleetBelowMinimum  = "BBBFleetBelowMinimum"
	FleetForecastHigh  = "BBBFleetForecastHigh"
	FleetLoadRising    = "BBBFleetLoadRising"

	FleetHistoryMissing = "BBBFleetHistoryMissing"
)

// Meaning is what the scaler does with an alert of a name.
type Meaning struct {
	Scope Scope
	Ask   Ask
}

// Meanings returns, by alert name, what each generated alert that is not only
// for people asks for. The map is the caller's.
func Meanings() map[string]Meaning {
	return map[string]Meaning{
		ServerMemoryHigh:   {ScopeServer, AskGrow},
		ServerCPUHigh:      {ScopeServer, AskGrow},
		ServerMemoryRising: {ScopeServer, AskGrow},
		ServerCPURising:    {ScopeServer, AskGrow},
		ServerMemoryLow:    {ScopeServer, AskShrink},
		ServerCPULow:       {ScopeServer, AskShrink},
		ServerIdle:         {ScopeServer, AskStop},
		ServerDown:         {ScopeServer, AskDisable},
		FleetMemoryHigh:    {ScopeFleet, AskStart},
		FleetCPUHigh:       {ScopeFleet, AskStart},
		FleetWorkloadLow:   {ScopeFleet, AskCordon},
		FleetBelowMinimum:  {ScopeFleet, AskStart},
		FleetForecastHigh:  {ScopeFleet, AskStart},
		FleetLoadRising:    {ScopeFleet, AskStart},

		FleetHistoryMissing: {ScopeFleet, AskFloor},
	}
}

// Labels that the scaler reads. instance and alertname are Prometheus's own.
const (
	LabelAlert    = "alertname"
	LabelInstance = "instance"  // host:port of the exporter; only the host part counts
	LabelServerID = "server_id" // IONOS id, when the targets carry it; wins over instance
	LabelFleet    = "fleet"     // name of the fleet, so that two can share one Prometheus
)

// Annotations that the scaler reads. Values travel here and never in labels,
// where they would change the alert's fingerprint. All are plain decimal
// numbers; workloads are ratios from 0 to 1, of a trend also more. The
// workloads and loads of FleetForecastHigh, FleetLoadRising and FleetWorkloadLow
// are those to come, never less than now; of the other alerts, those of now.
const (
	AnnotationValue     = "value"     // the figure that the alert compares; of a trend, what it leads to
	AnnotationThreshold = "threshold" // what it is compared with
	AnnotationCPU       = "cpu"       // fleet alerts on workloads: the fleet's CPU workload
	AnnotationMemory    = "memory"    // fleet alerts on workloads: the fleet's memory workload
	AnnotationCores     = "cores"     // fleet alerts on workloads: the load in cores, of all active servers together
	AnnotationRAM       = "ram_mib"   // fleet alerts on workloads: the memory in use in MiB, of all active servers together
)
