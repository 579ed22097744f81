package main

import (
	"context"
	"errors"
	"io"
)

// errFound is the end of a check that found something wrong, and printed it.
var errFound = errors.New("something is wrong")

func (o *options) check(ctx context.Context, stdout, stderr io.Writer) error { return errFound }
