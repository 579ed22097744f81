package rules

// Names of the daemon's own metrics that the generated rules read. They are
// declared here so that the daemon cannot rename one without its rules.
const (
	// MetricServerState is 1 for the present state of each server; labels
	// server, server_id, host (what an instance label holds before the port)
	// and state, one of the states of the actions package.
	MetricServerState = "bbb_scaler_server_state"
	// MetricServers counts servers by state.
	MetricServers = "bbb_scaler_servers"
	// MetricFloor is the least number of active servers at present, by schedule.
	MetricFloor = "bbb_scaler_floor_servers"
	// MetricCeiling is the greatest number of servers switched on.
	MetricCeiling = "bbb_scaler_ceiling_servers"
	// MetricFleetRead is the time of the last complete read of the fleet, in
	// seconds since 1970.
	MetricFleetRead = "bbb_scaler_fleet_read_timestamp_seconds"
	// MetricSteps counts steps; labels step and outcome (done, failed, abandoned).
	MetricSteps = "bbb_scaler_steps_total"
	// MetricDraining is how long each draining server has been draining, in
	// seconds; label server.
	MetricDraining = "bbb_scaler_server_draining_seconds"
	// MetricLimited is 1 while more capacity is wanted than limit allows;
	// label limit (ceiling, contract, fleet).
	MetricLimited = "bbb_scaler_capacity_limited"
	// MetricUnjoined counts servers that could not be joined; label source
	// (cloud, balancer, prometheus).
	MetricUnjoined = "bbb_scaler_unjoined_servers"
	// MetricNotifications counts webhook notifications; label code (HTTP status).
	MetricNotifications = "bbb_scaler_notifications_total"
	// MetricWritesBlocked is 1 while all writes are stopped (credentials
	// refused, or a frozen fleet); label reason.
	MetricWritesBlocked = "bbb_scaler_writes_blocked"
)
