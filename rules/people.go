package rules

// Names of the alerts that are for people only.
const (
	ScalerDown                  = "BBBScalerDown"
	ScalerFleetUnread           = "BBBScalerFleetUnread"
	ScalerStepsFailing          = "BBBScalerStepsFailing"
	ScalerDrainingLong          = "BBBScalerDrainingLong"
	ScalerAtLimit               = "BBBScalerAtLimit"
	ScalerUnjoined              = "BBBScalerUnjoined"
	ScalerNotificationsRejected = "BBBScalerNotificationsRejected"
	ScalerWritesBlocked         = "BBBScalerWritesBlocked"
	FleetUnseen                 = "BBBFleetUnseen"
)
