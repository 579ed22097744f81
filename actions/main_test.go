package actions_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes the properties draw the same fleets in every run, so that a test
// fails because of a change and not by chance. make soak draws new ones.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.seed"); f != nil && f.Value.String() == "0" {
		if err := flag.Set("rapid.seed", "20260302"); err != nil {
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}
