package receiver

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// One notification of 1,000 alerts: read, checked, and stored durably in the
// real store by the real Scaler.
func BenchmarkNotificationOf1000Alerts(b *testing.B) {
	store, err := store.Open(filepath.Join(b.TempDir(), "scaler.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	scaler, err := actions.New(fleet.Defaults(), actions.Deps{Store: store, Cloud: noCloud{}})
	if err != nil {
		b.Fatal(err)
	}
	h, body := New(Defaults(), deps(scaler)), many(1000)
	bodies := [2]string{body, strings.ReplaceAll(body, "0.91", "0.92")} // each changes the table
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if code, answer := post(h, bodies[i%2]); code != 200 {
			b.Fatalf("%d %s", code, answer)
		}
	}
	if n := len(scaler.Alerts()); n != 1000 {
		b.Fatalf("%d alerts are stored, want 1000", n)
	}
}

// noCloud is never asked: the Scaler does not run.
type noCloud struct{ fleet.Cloud }
