package plan_test

import (
	"fmt"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestServersGrowNoFurtherThanTheContractAllowsForOne(t *testing.T) {
	busy := func(most fleet.Cores) decideCase {
		return decideCase{"", func(c *fleet.Config, v *plan.View) {
			c.Sizes.Max = fleet.Size{Cores: 24, RAM: 8192}
			v.Contract = &fleet.Contract{PerServer: fleet.Size{Cores: most, RAM: 1 << 20}, Free: fleet.Size{Cores: 100, RAM: 1 << 20}}
			v.Servers[0].Alerts = []fleet.Alert{alert(rules.ServerCPUHigh, rules.AnnotationValue, 4)}
		}, ""}
	}
	for most, want := range map[fleet.Cores]string{62: "grow bbb-1 16/8192", 6: "grow bbb-1 6/8192", 1: ""} {
		tt := busy(most)
		tt.want = want
		t.Run(fmt.Sprint(most, " cores"), tt.test)
	}
}
