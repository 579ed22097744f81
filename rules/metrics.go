package rules

// Names of the daemon's own metrics that the generated rules or the dashboard
// read. They are declared here so that the daemon cannot rename one alone.
const (
	// MetricServerState is 1 for the present state of each server. Its labels are
	// server, server_id, host, state, one of the states of package actions/fleet, and
	// LabelPool if the server has a tag. The rules identify a server by host: the first of its addresses
	// that no other server has.
	MetricServerState = "bbb_scaler_server_state"
	// MetricServerAlias is 1 for each alias of a server, a host that names this
	// server and no other: its id, name and addresses, its host in the balancer and
	// the addresses that DNS gives for that host, and hosts in alerts. Its labels are
	// those of MetricServerState except state and pool, and alias, in each spelling that
	// targets may have.
	MetricServerAlias = "bbb_scaler_server_alias_info"
	// MetricLeader is 1 for the daemon that scales the fleet, and 0 for one that stands by.
	// A daemon that stands by has no other metric of the fleet.
	MetricLeader = "bbb_scaler_leader"
	// MetricServerLoad is the balancer's load of each server for which the balancer
	// knows it: 0 if no meeting is on the server. Its labels are server, server_id and
	// host.
	MetricServerLoad = "bbb_scaler_server_load"
	// MetricServers counts servers by state and pool.
	MetricServers = "bbb_scaler_servers"
	// MetricFloor is the minimum number of active servers at present, by pool.
	MetricFloor = "bbb_scaler_floor_servers"
	// MetricCeiling is the maximum number of servers that may be switched on.
	MetricCeiling = "bbb_scaler_ceiling_servers"
	// MetricFleetRead is the time of the last complete read of the fleet, in
	// seconds since 1970.
	MetricFleetRead = "bbb_scaler_fleet_read_timestamp_seconds"
	// MetricClock is the clock that the daemon goes by at the scrape, in seconds since 1970.
	MetricClock = "bbb_scaler_clock_seconds"
	// MetricRules is 1. Its label digest identifies the rules that genrules would
	// write for the daemon's configuration.
	MetricRules = "bbb_scaler_rules_info"
	// MetricReloaded is 1 if the last load of the daemon's configuration was
	// successful, and 0 while a file is refused.
	MetricReloaded = "bbb_scaler_config_last_reload_successful"
	// MetricSteps counts steps. Its labels are step and outcome (done, failed,
	// abandoned).
	MetricSteps = "bbb_scaler_steps_total"
	// MetricDraining is how long each draining server has been draining, in
	// seconds. Its label is server.
	MetricDraining = "bbb_scaler_server_draining_seconds"
	// MetricLimited is 1 while more capacity is needed than a limit allows. Its
	// label is limit (ceiling, contract, fleet, poller); fleet is by pool.
	MetricLimited = "bbb_scaler_capacity_limited"
	// MetricUnjoined counts servers that one source lists and that match no server
	// of the others. Its label is source (cloud, balancer, prometheus).
	MetricUnjoined = "bbb_scaler_unjoined_servers"
	// MetricNotifications counts webhook notifications. Its label is code, the HTTP
	// status of the answer.
	MetricNotifications = "bbb_scaler_notifications_total"
	// MetricUnheard counts the alerts that Alertmanager's API lists and whose
	// notifications do not arrive. It does not exist while the API is not read.
	MetricUnheard = "bbb_scaler_unheard_alerts"
	// MetricBrakes counts the reasons that stop scale-in. Its label is reason.
	MetricBrakes = "bbb_scaler_brakes"
	// MetricForecastCores and MetricForecastMemory are the maximum load that the scaler
	// expects within a horizon, from the load that it remembers: busy cores, and memory
	// in use in bytes. Their labels are horizon (HorizonStart, HorizonHold), history
	// (HistoryWeek, HistoryDay), and pool. They do not exist without history.
	MetricForecastCores  = "bbb_scaler_forecast_cores"
	MetricForecastMemory = "bbb_scaler_forecast_memory_bytes"
	// MetricCalendarProblems counts what is wrong with a calendar. Its labels are
	// calendar, its name, and problem: read (1 if it cannot be read, and its last state
	// is used), skipped (events that cannot be used).
	MetricCalendarProblems = "bbb_scaler_calendar_problems"
	// MetricWritesBlocked is 1 while all writes are stopped. Its label is reason
	// (cloud, balancer: credentials refused; frozen: a list of servers that is
	// suddenly much shorter; store: the store cannot be written).
	MetricWritesBlocked = "bbb_scaler_writes_blocked"
)

// Values of the labels horizon and history of the forecast metrics: the time that a
// start takes and a margin, or rules.forecast.hold; and whether the load is that of the
// same day of the week, or that of another day, because no such day is remembered.
const (
	LabelHorizon = "horizon"
	HorizonStart = "start"
	HorizonHold  = "hold"
	LabelHistory = "history"
	HistoryWeek  = "week"
	HistoryDay   = "day"
)

// ReasonContested is the value of the label reason of MetricBrakes while somebody
// else reverses the scaler's changes.
const ReasonContested = "contested"

// RecordRules is the recorded series that identifies the rules that Prometheus
// evaluates. It is 1; its labels are fleet and digest.
const RecordRules = "fleet:bbb_rules:info"
