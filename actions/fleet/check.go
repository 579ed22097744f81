package fleet

import (
	"context"
	"fmt"
)

// checkKey is the context key of a check.
type checkKey struct{}

// WithCheck returns a context whose writes are checked: Cloud and Balancer call
// check immediately before each attempt to send a change, after every wait for a
// rate limit, a queue or a connection. If check returns an error, nothing more is
// sent, and the write returns an error that wraps it.
//
// check must use the context that it is given. It reads through the same Cloud and
// Balancer, and must not wait for anything that the write itself holds. Writes with
// that context are not checked.
func WithCheck(ctx context.Context, check func(context.Context) error) context.Context {
	return context.WithValue(ctx, checkKey{}, check)
}

// Check calls the check of ctx, if it has one, and returns its error, wrapped.
// Implementations of Cloud and Balancer call it before each attempt of a write.
func Check(ctx context.Context) error {
	check, _ := ctx.Value(checkKey{}).(func(context.Context) error)
	if check == nil {
		return nil
	}
	if err := check(WithCheck(ctx, nil)); err != nil {
		return fmt.Errorf("not sent: %w", err)
	}
	return nil
}
