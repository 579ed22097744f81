package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
)

func TestPoolsOfTheCommandLine(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given []string
		want  []week.Pool
		err   string
	}{
		{name: "none"},
		{name: "two", given: []string{"gold=0.2", "silver=0.3"}, want: []week.Pool{{Tag: "gold", Share: 0.2}, {Tag: "silver", Share: 0.3}}},
		{name: "no share", given: []string{"gold"}, err: `--pool: "gold": must be a tag and a share`},
		{name: "no tag", given: []string{"=0.2"}, err: "must be a tag and a share"},
		{name: "a share of everything", given: []string{"gold=1"}, err: "must be a tag and a share"},
		{name: "no number", given: []string{"gold=NaN"}, err: "must be a tag and a share"},
		{name: "the word for no tag", given: []string{"none=0.2"}, err: "must be a tag and a share"},
		{name: "twice", given: []string{"gold=0.2", "gold=0.3"}, err: "be given once for each tag"},
		{name: "nothing left", given: []string{"gold=0.5", "silver=0.5"}, err: "leave at least one of the 10 servers without a tag"},
	} {
		got, err := parsePools(tt.given, 10)
		switch {
		case tt.err == "" && (err != nil || !slices.Equal(got, tt.want)):
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.err)
		}
	}
}
