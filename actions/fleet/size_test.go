package fleet_test

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestServersGrowTogetherToHalfOfTheMaximumSizeAtMost(t *testing.T) {
	size := func(cores fleet.Cores, ram fleet.MiB) fleet.Size { return fleet.Size{Cores: cores, RAM: ram} }
	for name, tt := range map[string]struct{ standard, together, most, step, want fleet.Size }{
		"the defaults":                         {size(2, 8192), size(12, 16384), size(24, 32768), size(1, 1024), size(12, 16384)},
		"the size of the fleet, if it is less": {size(2, 8192), size(4, 8192), size(24, 32768), size(1, 1024), size(4, 8192)},
		"half of the maximum":                  {size(2, 8192), size(12, 16384), size(10, 18432), size(1, 1024), size(5, 9216)},
		"not below the default":                {size(4, 8192), size(12, 16384), size(6, 12288), size(1, 1024), size(4, 8192)},
		"whole steps":                          {size(2, 8192), size(12, 16384), size(10, 26624), size(4, 6144), size(2, 8192)},
		"a fleet smaller than the default":     {size(4, 8192), size(2, 4096), size(24, 32768), size(1, 1024), size(4, 8192)},
	} {
		s := fleet.Sizes{Default: tt.standard, Fleet: tt.together, Max: tt.most, Step: tt.step}
		if got := s.Together(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
