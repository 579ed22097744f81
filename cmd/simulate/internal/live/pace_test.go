package live

import (
	"testing"
	"time"
)

func TestAMachineThatDoesNotKeepUpIsTold(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []time.Duration
		want    string
	}{
		"quick answers":     {[]time.Duration{time.Millisecond, 1900 * time.Millisecond, 5 * time.Millisecond}, ""},
		"two slow answers":  {[]time.Duration{4 * time.Second, 4 * time.Second, time.Millisecond}, ""},
		"many slow answers": {[]time.Duration{3 * time.Second, 10 * time.Second, time.Millisecond, 2 * time.Second}, "******** this machine does not keep up: the daemon answered after up to 10 s, in which 2m0s passed in the simulation; try a lower --speed than 12, or fewer --servers"},
	} {
		var p pace
		for _, took := range tt.answers {
			p.note(took)
		}
		if got := p.line(12); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		if got := p.line(12); got != "" {
			t.Errorf("%s: told twice: %q", name, got)
		}
	}
}
