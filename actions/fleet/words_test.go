package fleet

import "testing"

func TestWhatIsRoundedToZeroHasNoSign(t *testing.T) {
	for _, tt := range []struct {
		x        float64
		decimals int
		want     string
	}{
		{-0.4, 0, "0"}, {-0.004, 2, "0.00"}, {-0.6, 0, "-1"}, {-10, 0, "-10"}, {-0.05, 2, "-0.05"}, {0, 1, "0.0"}, {12.345, 2, "12.35"}, {100, 0, "100"},
	} {
		if got := Fixed(tt.x, tt.decimals); got != tt.want {
			t.Errorf("Fixed(%g, %d) = %q, want %q", tt.x, tt.decimals, got, tt.want)
		}
	}
	for share, want := range map[float64]string{-0.001: "0 %", 0.85: "85 %", -0.1: "-10 %", 1: "100 %"} {
		if got := Percent(share, 0); got != want {
			t.Errorf("Percent(%g, 0) = %q, want %q", share, got, want)
		}
	}
}
