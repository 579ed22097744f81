package config

import (
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestFasterDividesTheDurationsAndNoTimeLimitOfACall(t *testing.T) {
	f, was := Defaults(), Defaults()
	f.Faster(30)
	for name, d := range map[string][2]time.Duration{
		"deadlines.drain": {f.Actions.Deadlines.Drain, was.Actions.Deadlines.Drain / 30},
		"evaluation":      {time.Duration(f.Rules.EvaluationInterval), time.Second},
		"for, in a map":   {time.Duration(f.Rules.For[rules.ServerIdle]), time.Duration(was.Rules.For[rules.ServerIdle]) / 30},
		"a limit":         {f.Actions.Deadlines.Read, 2 * time.Second},
		"the least":       {Shorter(time.Microsecond, 30), time.Millisecond},
	} {
		if d[0] != d[1] {
			t.Errorf("%s: %v, want %v", name, d[0], d[1])
		}
	}
	if problems := f.Rules.Validate(); len(problems) > 0 {
		t.Errorf("the rules are refused: %v", problems)
	}
	if f.Rules.For[rules.ScalerDown] != model.Duration(10*time.Second) {
		t.Errorf("for of %s = %v", rules.ScalerDown, f.Rules.For[rules.ScalerDown])
	}
}
