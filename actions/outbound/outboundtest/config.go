// Package outboundtest has the checks that the tests of all clients of other programs'
// APIs use.
package outboundtest

import (
	"strings"
	"testing"
)

// ConfigCase is a change to a valid configuration, with the beginnings of the expected
// errors in any order.
type ConfigCase[C any] struct {
	Name string
	Set  func(*C)
	Want []string
}

// CheckConfig runs the cases, each on a new valid configuration. Validate must return
// exactly the expected errors, and none may contain the secret "hush".
func CheckConfig[C interface{ Validate() []error }](t *testing.T, valid func() C, cases []ConfigCase[C]) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.Name, func(t *testing.T) {
			c := valid()
			tt.Set(&c)
			checkErrors(t, c.Validate(), tt.Want)
		})
	}
}

func checkErrors(t *testing.T, errs []error, want []string) {
	t.Helper()
	if len(errs) != len(want) {
		t.Errorf("Validate() = %q, want %d errors: %q", errs, len(want), want)
	}
	var all strings.Builder
	for _, err := range errs {
		all.WriteString("\n" + err.Error())
	}
	for _, start := range want {
		if !strings.Contains(all.String(), "\n"+start) {
			t.Errorf("Validate() = %q, want one that begins with %q", errs, start)
		}
	}
	if strings.Contains(all.String(), "hush") {
		t.Errorf("Validate() = %q, shows a secret", errs)
	}
}
