package actions

import (
	"context"
	"errors"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// errDryRun is the error of every write in a dry run. Steps are not applied in a dry
// run, so it shows only if a write is called by mistake.
var errDryRun = errors.New("dry run: nothing is written")

// dryCloud is a Cloud whose reads work and whose writes fail.
type dryCloud struct{ fleet.Cloud }

// Start returns errDryRun.
func (dryCloud) Start(context.Context, fleet.ServerRef) (string, error) { return "", errDryRun }

// Stop returns errDryRun.
func (dryCloud) Stop(context.Context, fleet.ServerRef) (string, error) { return "", errDryRun }

// Resize returns errDryRun.
func (dryCloud) Resize(context.Context, fleet.ServerRef, fleet.Size) (string, error) {
	return "", errDryRun
}

// dryBalancer is a Balancer whose reads work and whose writes fail.
type dryBalancer struct{ fleet.Balancer }

// SetState returns errDryRun.
func (dryBalancer) SetState(context.Context, string, fleet.BalancerState) error { return errDryRun }
