package config

import (
	"maps"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestAPoolHasItsOwnFloor(t *testing.T) {
	read := func(text string) (File, []error) {
		root, err := document([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return parse(root, env(nil))
	}
	f, errs := read("capacity: {pools: {gold: {min_active: 2}, silver: {}, brass: {min_active: 0}}}")
	if want := map[string]fleet.Pool{"gold": {MinActive: 2}, "silver": {MinActive: 1}, "brass": {}}; len(errs) > 0 || !maps.Equal(f.Actions.Capacity.Pools, want) {
		t.Errorf("pools %+v, %v; want %+v", f.Actions.Capacity.Pools, errs, want)
	}
	for text, want := range map[string]string{
		"capacity: {pools: {gold: {floor: 2}}}":       "capacity.pools.gold.floor (line 1): unknown key: must be one of min_active",
		"capacity: {pools: {gold: 2}}":                "capacity.pools.gold (line 1)",
		"capacity: {pools: {gold: {min_active: -1}}}": "capacity.pools.gold.min_active: -1: must be at least 0",
	} {
		if _, errs := read(text); len(errs) == 0 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%s: %v; want %q", text, errs, want)
		}
	}
}
