// Package outboundtest holds the checks that the tests of every client of a
// foreign API share.
package outboundtest

import (
	"strings"
	"testing"
)

// ConfigCase is a change to a valid configuration, and how each error that it
// must lead to begins, in any order.
type ConfigCase[C any] struct {
	Name string
	Set  func(*C)
	Want []string
}

// CheckConfig runs cases, each on its own valid configuration; exactly the
// wanted errors must come, and none may show the secret "hush".
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
