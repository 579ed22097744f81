package calibrate

import (
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/record"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// day is the school day of a fleet, from 6:00 to 18:00.
type day struct {
	load  sim.LoadModel
	size  func(i int) fleet.Size
	every time.Duration // scrape interval
	// alter changes a sample before it is written, or drops it.
	alter func(metric, server string, at time.Time, v float64) (float64, bool)
}

// many are sizes whose cores and RAM vary independently.
func many(i int) fleet.Size {
	return fleet.Size{Cores: fleet.Cores(2 + 2*(i%3)), RAM: fleet.MiB(8192 * (1 + i%2))}
}

// history runs the day and serves its samples with Prometheus's own storage and engine.
func (d day) history(t *testing.T) History {
	t.Helper()
	db := teststorage.New(t)
	t.Cleanup(func() { db.Close() })
	w := sim.New(sim.Config{
		Seed: 1, Start: monday.Add(5 * time.Hour), Servers: 12, Running: 12, Load: d.load,
		Each: func(i int, s *sim.ServerSpec) { s.Size = d.size(i) },
	})
	w.Follow(sim.SchoolWeek(1, monday, 12).Arrivals())
	for w.Now().Before(monday.Add(18 * time.Hour)) {
		w.Run(d.every)
		d.scrape(t, db, w)
	}
	server := httptest.NewServer(monitor.QueryHandler(promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery), db))
	t.Cleanup(server.Close)
	api, err := promapi.Dial(config.Prometheus{URL: server.URL, RequestTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return History{API: api, Rules: generate.Defaults(), Webcams: record.DefaultWebcams, BootTime: DefaultBootTime}
}

// scrape writes what the exporters of all servers answer.
func (d day) scrape(t *testing.T, db storage.Appendable, w *sim.World) {
	t.Helper()
	app, at, m := db.Appender(t.Context()), w.Now(), generate.Defaults().Metrics
	put := func(r sim.Reading, exporter generate.Matchers, metric string, v float64, more ...string) {
		if d.alter != nil {
			ok := false
			if v, ok = d.alter(metric, r.Name, at, v); !ok {
				return
			}
		}
		b := labels.NewBuilder(labels.FromMap(exporter))
		b.Set(model.MetricNameLabel, metric).Set("instance", r.Addr.String()+":9100")
		for i := 0; i < len(more); i += 2 {
			b.Set(more[i], more[i+1])
		}
		if _, err := app.Append(0, b.Labels(), at.UnixMilli(), v); err != nil {
			t.Fatal(err)
		}
	}
	e := generate.Defaults().Exporters
	for _, r := range w.Servers() {
		for core := range r.CPUIdle {
			put(r, e.Node, m.CPUSeconds, r.CPUIdle[core], "mode", "idle", "cpu", strconv.Itoa(core))
			put(r, e.Node, m.CPUSeconds, r.CPUBusy[core], "mode", "user", "cpu", strconv.Itoa(core))
		}
		put(r, e.Node, m.MemoryTotal, r.MemoryTotal)
		put(r, e.Node, m.MemoryAvailable, r.MemoryAvailable)
		put(r, e.Node, DefaultBootTime, float64(r.BootedAt.Unix()))
		put(r, e.BBB, m.Participants, float64(r.Participants))
		put(r, e.BBB, record.DefaultWebcams, float64(r.Webcams))
		put(r, e.BBB, m.APIUp, 1)
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
}

func schoolDay() record.Range {
	return record.Range{From: monday.Add(6 * time.Hour), Until: monday.Add(18 * time.Hour), Step: 5 * time.Minute}
}

// fitted returns the world that a day is calibrated to, as the simulation reads it.
func fitted(t *testing.T, d day) (Result, world.World) {
	t.Helper()
	found, err := d.history(t).Read(t.Context(), schoolDay(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(schoolDay(), found, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.yml")
	if err := os.WriteFile(path, []byte(r.YAML()), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := world.Read(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.YAML())
	}
	return r, w
}

// near reports whether got is within 5 % of want, or want is 0 and got close to it.
func near(got, want float64) bool { return math.Abs(got-want) <= max(0.05*want, 1e-3) }

func compareLoads(t *testing.T, got, want sim.LoadModel) {
	t.Helper()
	for name, pair := range map[string][2]float64{
		"idle cores": {got.BaseCores, want.BaseCores}, "idle cores per core": {got.BaseCoresPerCore, want.BaseCoresPerCore},
		"cores of a person": {got.ParticipantCores, want.ParticipantCores}, "cores of a webcam": {got.WebcamCores, want.WebcamCores},
		"idle RAM": {got.BaseRAM, want.BaseRAM}, "idle RAM per GiB": {got.BaseRAMPerGiB, want.BaseRAMPerGiB},
		"RAM of a person": {got.ParticipantRAM, want.ParticipantRAM}, "RAM of a webcam": {got.WebcamRAM, want.WebcamRAM}, "leak": {got.LeakRAM, want.LeakRAM},
	} {
		if !near(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v within 5 %%", name, pair[0], pair[1])
		}
	}
}

func TestTheWorldThatTheSimulationMadeIsFoundAgain(t *testing.T) {
	bySize := sim.LoadModel{
		BaseCores: 0.3, BaseCoresPerCore: 0.05, BaseRAM: 2500, BaseRAMPerGiB: 80, LeakRAM: 60,
		ParticipantCores: 0.02, ParticipantRAM: 12, WebcamCores: 0.05, WebcamRAM: 9, RecordingTime: time.Minute,
	}
	loads := map[string]sim.LoadModel{"a world by size, with a leak": bySize}
	for _, name := range []string{"light", "typical", "heavy", "leaky"} {
		w, err := world.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		loads[name] = w.Load
	}
	for name, load := range loads {
		t.Run(name, func(t *testing.T) {
			r, w := fitted(t, day{load: load, size: many, every: 30 * time.Second})
			compareLoads(t, w.Load, load)
			if r.CPU.R2 < 0.98 || r.Memory.R2 < 0.98 || len(r.Found.Windows) < 1000 {
				t.Errorf("R² %v and %v of %d windows; want nearly 1, and more than 1000", r.CPU.R2, r.Memory.R2, len(r.Found.Windows))
			}
			if t.Failed() {
				t.Log(r.YAML())
			}
		})
	}
}

func TestWhatDoesNotVaryIsNotTold(t *testing.T) {
	typical, err := world.Read("typical")
	if err != nil {
		t.Fatal(err)
	}
	d := day{load: typical.Load, size: func(int) fleet.Size { return fleet.Size{Cores: 4, RAM: 8192} }, every: 30 * time.Second}
	d.alter = func(metric, _ string, _ time.Time, v float64) (float64, bool) {
		return v, metric != record.DefaultWebcams
	}
	r, w := fitted(t, d)
	text := strings.Join(r.Notes(), "\n")
	for _, want := range []string{
		"No samples of bbb_meetings_video_participants.", "load.webcam_cores could not be told: it did not vary.",
		"load.idle_cores_per_core could not be told: it did not vary.", "load.stream_cores could not be told", "cloud could not be told: no --journal.url",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the notes lack %q:\n%s", want, text)
		}
	}
	if w.Load.WebcamCores != 0 || w.Load.ParticipantCores <= typical.Load.ParticipantCores {
		t.Errorf("a webcam costs %v cores, a person %v; want 0, and more than %v, since the webcams are in it",
			w.Load.WebcamCores, w.Load.ParticipantCores, typical.Load.ParticipantCores)
	}
	if !near(w.Load.BaseCores, typical.Load.BaseCores) || !near(w.Load.BaseRAM, typical.Load.BaseRAM) {
		t.Errorf("idle: %v cores, %v MiB; want %v, %v", w.Load.BaseCores, w.Load.BaseRAM, typical.Load.BaseCores, typical.Load.BaseRAM)
	}
}

func TestBadHistoryIsSkippedWithItsPlace(t *testing.T) {
	typical, err := world.Read("typical")
	if err != nil {
		t.Fatal(err)
	}
	noon := monday.Add(12 * time.Hour)
	within := func(at time.Time, from, to int) bool {
		return !at.Before(noon.Add(time.Duration(from)*time.Minute)) && at.Before(noon.Add(time.Duration(to)*time.Minute))
	}
	m := generate.Defaults().Metrics
	d := day{load: typical.Load, size: many, every: 30 * time.Second}
	d.alter = func(metric, server string, at time.Time, v float64) (float64, bool) {
		switch {
		case server == "bbb-server2" && metric == m.MemoryAvailable && within(at, 0, 10):
			return math.NaN(), true
		case server == "bbb-server3" && within(at, 0, 23):
			return 0, false
		case server == "bbb-server4" && metric == m.APIUp && within(at, 0, 1):
			return 0, true
		case server == "bbb-server5" && metric == m.CPUSeconds && at.Equal(noon):
			return v / 2, true // read as a reset, after which the counter is higher by this
		}
		return v, true
	}
	r, w := fitted(t, d)
	compareLoads(t, w.Load, typical.Load)
	for why, server := range map[string]string{skipNaN: "198.18.0.2", skipGap: "198.18.0.3", skipDown: "198.18.0.4", skipCounter: "198.18.0.5"} {
		p := r.Found.Skipped[why]
		if p.Count == 0 || p.Server != server || p.At.Before(noon) || p.At.After(noon.Add(30*time.Minute)) {
			t.Errorf("%s: %+v; want windows of %s around %s", why, p, server, noon)
		}
	}
}

func TestAScrapeIntervalOfHoursIsRefusedWithWhatIsAllowed(t *testing.T) {
	d := day{load: sim.DefaultLoad(), size: many, every: 2 * time.Hour}
	_, err := d.history(t).Read(t.Context(), schoolDay(), func() {})
	if err == nil || !strings.Contains(err.Error(), "the scrape interval is at most half of --step") {
		t.Errorf("Read() = %v, want an error with what is allowed", err)
	}
}

func TestTooFewWindowsAreRefusedWithTheReason(t *testing.T) {
	d := day{load: sim.DefaultLoad(), size: many, every: 30 * time.Second}
	d.alter = func(metric, _ string, _ time.Time, v float64) (float64, bool) {
		if metric == generate.Defaults().Metrics.APIUp {
			v = 0
		}
		return v, true
	}
	found, err := d.history(t).Read(t.Context(), schoolDay(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = New(schoolDay(), found, nil); err == nil || !strings.Contains(err.Error(), "0 usable windows of 5m0s, and 50 are needed") || !strings.Contains(err.Error(), "for BigBlueButton not up") {
		t.Errorf("New() = %v, want the number of windows and why", err)
	}
}

func TestANegativePartIsZero(t *testing.T) {
	var windows []Window
	for i := range 100 {
		people := float64(i % 10)
		windows = append(windows, Window{People: people, Webcams: float64(i % 7), Busy: 1 + people - 0.5*float64(i%7)})
	}
	f := fit(windows, []term{
		{"idle", func(Window) float64 { return 1 }}, {"person", func(w Window) float64 { return w.People }}, {"webcam", func(w Window) float64 { return w.Webcams }},
	}, func(w Window) float64 { return w.Busy })
	if f.Parts[2].Value != 0 || f.Parts[2].Untold != "" || f.Parts[1].Value < 0.9 || f.Parts[0].Value < 0 {
		t.Errorf("parts = %+v; want a webcam of 0, and a person of about 1", f.Parts)
	}
}

func TestTermsThatVaryTogetherAreNotTold(t *testing.T) {
	var windows []Window
	for i := range 100 {
		windows = append(windows, Window{People: float64(i), Webcams: 3 * float64(i), Busy: 2 + float64(i)})
	}
	f := fit(windows, []term{
		{"idle", func(Window) float64 { return 1 }}, {"person", func(w Window) float64 { return w.People }}, {"webcam", func(w Window) float64 { return w.Webcams }},
	}, func(w Window) float64 { return w.Busy })
	if f.Parts[2].Untold != "it varied only together with others" || !near(f.Parts[1].Value, 1) || !near(f.Parts[0].Value, 2) {
		t.Errorf("parts = %+v; want a webcam that is not told, a person of 1 and 2 idle", f.Parts)
	}
}
