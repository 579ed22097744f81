package actions

import (
	"context"
	"errors"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// errDryRun is what the writes of a dry run return, should one be reached.
var errDryRun = errors.New("dry run: nothing is written")

// dryCloud reads through a Cloud and writes nothing.
type dryCloud struct{ fleet.Cloud }

func (dryCloud) Start(context.Context, fleet.ServerRef) (string, error) { return "", errDryRun }
func (dryCloud) Stop(context.Context, fleet.ServerRef) (string, error)  { return "", errDryRun }
func (dryCloud) Resize(context.Context, fleet.ServerRef, fleet.Size) (string, error) {
	return "", errDryRun
}

// dryBalancer reads through a Balancer and writes nothing.
type dryBalancer struct{ fleet.Balancer }

func (dryBalancer) SetState(context.Context, string, fleet.BalancerState) error { return errDryRun }
