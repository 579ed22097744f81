package actions

import (
	"context"
	"errors"
)

// errDryRun is what the writes of a dry run return, should one be reached.
var errDryRun = errors.New("dry run: nothing is written")

// dryCloud reads through a Cloud and writes nothing.
type dryCloud struct{ Cloud }

func (dryCloud) Start(context.Context, ServerRef) (string, error)        { return "", errDryRun }
func (dryCloud) Stop(context.Context, ServerRef) (string, error)         { return "", errDryRun }
func (dryCloud) Resize(context.Context, ServerRef, Size) (string, error) { return "", errDryRun }

// dryBalancer reads through a Balancer and writes nothing.
type dryBalancer struct{ Balancer }

func (dryBalancer) SetState(context.Context, string, BalancerState) error { return errDryRun }
