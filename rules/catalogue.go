package rules

import (
	"slices"
	"time"
)

// Names of the alerts that ask the scaler for something.
const (
	ServerMemoryHigh    = "BBBServerMemoryHigh"
	ServerMemoryLow     = "BBBServerMemoryLow"
	ServerMemoryRising  = "BBBServerMemoryRising"
	ServerMemoryLeaking = "BBBServerMemoryLeaking"
	ServerCPUHigh       = "BBBServerCPUHigh"
	ServerCPULow        = "BBBServerCPULow"
	ServerCPURising     = "BBBServerCPURising"
	ServerIdle          = "BBBServerIdle"
	ServerDown          = "BBBServerDown"
	FleetMemoryHigh     = "BBBFleetMemoryHigh"
	FleetCPUHigh        = "BBBFleetCPUHigh"
	FleetWorkloadLow    = "BBBFleetWorkloadLow"
	FleetBelowMinimum   = "BBBFleetBelowMinimum"
	FleetLoadRising     = "BBBFleetLoadRising"
	FleetForecastHigh   = "BBBFleetForecastHigh"
	FleetHistoryMissing = "BBBFleetHistoryMissing"
	FleetLoad           = "BBBFleetLoad"
)

// Names of the alerts that are for people only.
const (
	ScalerDown                  = "BBBScalerDown"
	ScalerFleetUnread           = "BBBScalerFleetUnread"
	ScalerStepsFailing          = "BBBScalerStepsFailing"
	ScalerDrainingLong          = "BBBScalerDrainingLong"
	ScalerAtLimit               = "BBBScalerAtLimit"
	ScalerUnjoined              = "BBBScalerUnjoined"
	ScalerNotificationsRejected = "BBBScalerNotificationsRejected"
	ScalerDeaf                  = "BBBScalerDeaf"
	ScalerWritesBlocked         = "BBBScalerWritesBlocked"
	ScalerContested             = "BBBScalerContested"
	ScalerClocksApart           = "BBBScalerClocksApart"
	ScalerRulesStale            = "BBBScalerRulesStale"
	ScalerConfigReloadFailed    = "BBBScalerConfigReloadFailed"
	FleetUnseen                 = "BBBFleetUnseen"
	ScalerTargetsUnjoined       = "BBBScalerTargetsUnjoined"
	ScalerCalendarProblem       = "BBBScalerCalendarProblem"
)

// Alert is one row of the catalogue: everything about a generated alert except
// its expression and its texts.
type Alert struct {
	Name string // the label alertname
	Meaning
	Needs Need // the exporters and settings that the expression reads
	// For is the default of rules.for: how long the alert's condition must hold
	// before it fires. The reason for the value is in the field
	// why, next to the alert's expression.
	For time.Duration
}

// catalogue lists every generated alert, in the order of the generated file.
var catalogue = []Alert{
	{ServerMemoryHigh, Meaning{ScopeServer, AskGrow, MeasureMemory, false}, NeedNode | NeedScaler, time.Minute},
	{ServerMemoryLow, Meaning{ScopeServer, AskShrink, MeasureMemory, false}, NeedNode | NeedBBB | NeedScaler, 3 * time.Minute},
	{ServerMemoryRising, Meaning{ScopeServer, AskGrow, MeasureMemory, true}, NeedNode | NeedTrend | NeedScaler, 30 * time.Second},
	{ServerMemoryLeaking, Meaning{ScopeServer, AskCordon, MeasureNone, false}, NeedNode | NeedBBB | NeedScaler, 15 * time.Minute},
	{ServerCPUHigh, Meaning{ScopeServer, AskGrow, MeasureCPU, false}, NeedNode | NeedScaler, time.Minute},
	{ServerCPULow, Meaning{ScopeServer, AskShrink, MeasureCPU, false}, NeedNode | NeedScaler, 3 * time.Minute},
	{ServerCPURising, Meaning{ScopeServer, AskGrow, MeasureCPU, true}, NeedNode | NeedTrend | NeedScaler, 30 * time.Second},
	{ServerIdle, Meaning{ScopeServer, AskStop, MeasureNone, false}, NeedNode | NeedBBB | NeedRecordings | NeedScaler, 3 * time.Minute},
	{ServerDown, Meaning{ScopeServer, AskDisable, MeasureNone, false}, NeedNode | NeedBBB | NeedScaler, 3 * time.Minute},

	{FleetMemoryHigh, Meaning{ScopeFleet, AskStart, MeasureMemory, false}, NeedNode | NeedBBB | NeedScaler, time.Minute},
	{FleetCPUHigh, Meaning{ScopeFleet, AskStart, MeasureCPU, false}, NeedNode | NeedScaler, time.Minute},
	{FleetWorkloadLow, Meaning{ScopeFleet, AskCordon, MeasureNone, false}, NeedNode | NeedBBB | NeedScaler, 2 * time.Minute},
	{FleetBelowMinimum, Meaning{ScopeFleet, AskStart, MeasureNone, false}, NeedNode | NeedScaler, time.Minute},
	{FleetLoadRising, Meaning{ScopeFleet, AskStart, MeasureNone, true}, NeedNode | NeedBBB | NeedScaler | NeedTrend, 30 * time.Second},
	{FleetForecastHigh, Meaning{ScopeFleet, AskStart, MeasureNone, false}, NeedNode | NeedBBB | NeedScaler | NeedForecast, time.Minute},
	{FleetHistoryMissing, Meaning{ScopeFleet, AskFloor, MeasureNone, false}, NeedNode | NeedBBB | NeedScaler | NeedForecast, 5 * time.Minute},
	{FleetLoad, Meaning{ScopeFleet, AskRemember, MeasureNone, false}, NeedNode | NeedBBB | NeedScaler | NeedForecast, 30 * time.Second},

	{ScalerDown, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerFleetUnread, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerStepsFailing, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerDrainingLong, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerAtLimit, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerUnjoined, Meaning{Scope: ScopeScaler}, NeedScaler, 15 * time.Minute},
	{ScalerTargetsUnjoined, Meaning{Scope: ScopeScaler}, NeedNode | NeedBBB | NeedScaler, 15 * time.Minute},
	{ScalerNotificationsRejected, Meaning{Scope: ScopeScaler}, NeedScaler, time.Minute},
	{ScalerDeaf, Meaning{Scope: ScopeScaler}, NeedScaler, 10 * time.Minute},
	{ScalerWritesBlocked, Meaning{Scope: ScopeScaler}, NeedScaler, time.Minute},
	{ScalerContested, Meaning{Scope: ScopeScaler}, NeedScaler, time.Minute},
	{ScalerClocksApart, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerRulesStale, Meaning{Scope: ScopeScaler}, NeedScaler, 15 * time.Minute},
	{ScalerConfigReloadFailed, Meaning{Scope: ScopeScaler}, NeedScaler, 5 * time.Minute},
	{ScalerCalendarProblem, Meaning{Scope: ScopeScaler}, NeedScaler, 15 * time.Minute},
	{FleetUnseen, Meaning{Scope: ScopeFleet}, NeedNode | NeedScaler, 5 * time.Minute},
}

// Catalogue returns every generated alert, those for people included, in the
// order of the generated file. The slice is the caller's.
func Catalogue() []Alert { return slices.Clone(catalogue) }

// Meanings returns, by alert name, the meaning of each generated alert that
// asks the scaler for something. The map is the caller's.
func Meanings() map[string]Meaning {
	meanings := map[string]Meaning{}
	for _, a := range catalogue {
		if a.Ask != "" {
			meanings[a.Name] = a.Meaning
		}
	}
	return meanings
}

// MeaningOf returns the meaning of a generated alert, and the zero Meaning for
// any other name, such as that of an operator's own alert.
func MeaningOf(name string) Meaning {
	for _, a := range catalogue {
		if a.Name == name {
			return a.Meaning
		}
	}
	return Meaning{}
}
