package fleet

import (
	"context"
	"errors"
	"testing"
)

func TestACheckEndsAWriteWithItsOwnError(t *testing.T) {
	busy := errors.New("a meeting runs on it")
	asked := 0
	ctx := WithCheck(t.Context(), func(context.Context) error { asked++; return busy })
	if err := Check(ctx); !errors.Is(err, busy) || err.Error() != "not sent: a meeting runs on it" || asked != 1 {
		t.Errorf("Check() = %v after %d calls of the check, want its error after 1", err, asked)
	}
	if err := Check(t.Context()); err != nil {
		t.Errorf("Check() without a check = %v, want nil", err)
	}
}

func TestACheckIsNotCalledByItsOwnCalls(t *testing.T) {
	asked := 0
	ctx := WithCheck(t.Context(), func(ctx context.Context) error { asked++; return Check(ctx) })
	if err := Check(ctx); err != nil || asked != 1 {
		t.Errorf("Check() = %v after %d calls of the check, want nil after 1", err, asked)
	}
}
