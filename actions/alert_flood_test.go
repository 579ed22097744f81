package actions_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// madeUp returns an alert that no Prometheus sent, of nearly the maximum size.
func madeUp(i int, w *sim.World) fleet.Alert {
	return fleet.Alert{
		Fingerprint: fmt.Sprintf("%016x", i), Name: rules.ServerMemoryHigh, StartsAt: w.Now(), SeenAt: w.Now(),
		Labels: map[string]string{"instance": fmt.Sprint("10.9.9.9:", i)}, Annotations: map[string]string{"summary": strings.Repeat("x", 7<<10)},
	}
}

// heap returns the memory in use, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestFloodOfMadeUpAlertsIsRefusedAndTakesLittle sends 100,000 made-up alerts.
func TestFloodOfMadeUpAlertsIsRefusedAndTakesLittle(t *testing.T) {
	const flood, batch, mostMemory, mostFile = 100_000, 500, 64 << 20, 128 << 20
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	db, err := store.Open(path)
	must(t, err)
	defer db.Close()
	w := sim.New(sim.Config{Servers: 10, Running: 2})
	cfg := fixtureConfig()
	var log bytes.Buffer
	reg := prometheus.NewPedanticRegistry()
	s, err := actions.New(cfg, actions.Deps{
		Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: db, Now: w.Now,
		Log: slog.New(slog.NewTextHandler(&log, nil)), Metrics: reg,
	})
	must(t, err)
	before := heap()
	ours := fires(rules.FleetCPUHigh, w.Now(), w.Now())
	must(t, onlyErr(s.Notify([]fleet.Alert{ours})))
	refused := 0
	for first := 0; first < flood; first += batch {
		alerts := make([]fleet.Alert, batch)
		for i := range alerts {
			alerts[i] = madeUp(first+i, w)
		}
		_, err := s.Notify(alerts)
		if err != nil && !errors.Is(err, fleet.ErrFull) {
			t.Fatalf("Notify() = %v, want nil or ErrFull", err)
		}
		if err != nil {
			refused++
		}
	}
	if n := len(s.Alerts()); n != cfg.AlertLimit(0) || refused != flood/batch-3 {
		t.Errorf("%d alerts are kept, %d notifications refused; want %d, and all but the first", n, refused, cfg.AlertLimit(0))
	}
	if names := fleet.AlertNames(s.Alerts()); len(names) != 2 {
		t.Errorf("alerts %q, want the real one among them", names)
	}
	if got := heap() - before; got > mostMemory {
		t.Errorf("the flood takes %d MiB, want at most %d", got>>20, mostMemory>>20)
	}
	if n := strings.Count(log.String(), "alerts refused"); n != 1 {
		t.Errorf("%d log lines tell of it, want 1", n)
	}
	if n := testutil.CollectAndCount(reg, "bbb_scaler_alerts_refused_total"); n != 2 {
		t.Errorf("%d series count what was refused, want 2 reasons", n)
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() > mostFile {
		t.Errorf("the store's file has %d MiB, want at most %d", info.Size()>>20, mostFile>>20)
	}
	runtime.KeepAlive(s)
}
