package rules

import "github.com/prometheus/common/model"

// defaultFor is how long each alert's condition holds before it fires; the
// reasons stand beside the alerts, and above each in the generated file.
func defaultFor() map[string]model.Duration {
	return map[string]model.Duration{
		ServerMemoryHigh: minutes(1), ServerCPUHigh: minutes(1), ServerMemoryRising: seconds(30), ServerCPURising: seconds(30),
		ServerMemoryLow: minutes(15), ServerCPULow: minutes(15),
		ServerIdle: minutes(3), ServerDown: minutes(3),
		FleetMemoryHigh: minutes(1), FleetCPUHigh: minutes(1), FleetWorkloadLow: minutes(6),
		FleetBelowMinimum: minutes(1), FleetForecastHigh: minutes(1), FleetLoadRising: seconds(30), FleetHistoryMissing: minutes(5),
		ScalerDown: minutes(5), ScalerFleetUnread: minutes(5), ScalerStepsFailing: minutes(5), ScalerDrainingLong: minutes(5),
		ScalerAtLimit: minutes(5), ScalerUnjoined: minutes(15), ScalerNotificationsRejected: minutes(1),
		ScalerWritesBlocked: minutes(1), FleetUnseen: minutes(5),
	}
}
