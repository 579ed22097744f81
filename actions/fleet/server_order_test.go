package fleet

import "testing"

func TestServersAreOrderedAsPeopleCount(t *testing.T) {
	want := []string{"", "a", "a-1", "bbb", "bbb-1", "bbb-01", "bbb-2", "bbb-10", "bbb-10-9", "bbb-10-10", "bbb-10a", "bbb-11", "bbb-12", "bbb-100", "bbb-110", "bbc-1", "x"}
	for i, a := range want {
		for j, b := range want {
			if a == "bbb-1" && b == "bbb-01" || a == "bbb-01" && b == "bbb-1" {
				continue // the same number
			}
			if got, order := compareNatural(a, b), i-j; (got < 0) != (order < 0) || (got > 0) != (order > 0) {
				t.Errorf("compareNatural(%q, %q) = %d, want the sign of %d", a, b, got, order)
			}
		}
	}
}
