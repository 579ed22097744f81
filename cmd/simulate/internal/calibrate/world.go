package calibrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/record"
)

// Result is a world that was fitted to a history.
type Result struct {
	Span   record.Range
	Found  Found
	CPU    Fit // of cores
	Memory Fit // of MiB
	Times  *Times
}

// Windows that a fit needs at least.
const leastWindows = 50

// New fits a world to what was found. times is nil without a journal. The error says why
// there are too few windows.
func New(span record.Range, found Found, times *Times) (Result, error) {
	r := Result{Span: span, Found: found, Times: times}
	if n := len(found.Windows); n < leastWindows {
		return r, fmt.Errorf("the history has %d usable windows of %s, and %d are needed; skipped: %s", n, span.Step, leastWindows, found.Skipped)
	}
	r.CPU = fit(found.Windows, []term{
		{"idle_cores", func(Window) float64 { return 1 }},
		{"participant_cores", func(w Window) float64 { return w.People }},
		{"webcam_cores", func(w Window) float64 { return w.Webcams }},
		{"idle_cores_per_core", func(w Window) float64 { return w.Cores }},
	}, func(w Window) float64 { return w.Busy })
	r.Memory = fit(found.Windows, []term{
		{"idle_ram_mib", func(Window) float64 { return 1 }},
		{"participant_ram_mib", func(w Window) float64 { return w.People }},
		{"webcam_ram_mib", func(w Window) float64 { return w.Webcams }},
		{"idle_ram_mib_per_gib", func(w Window) float64 { return w.RAM / 1024 }},
		{"leak_ram_mib_per_hour", func(w Window) float64 { return w.Hours }},
	}, func(w Window) float64 { return w.Used })
	for _, p := range []Part{r.CPU.Parts[1], r.Memory.Parts[1]} {
		if p.Untold != "" {
			return r, fmt.Errorf("load.%s could not be told from %d windows: %s; choose another --from and --to, with people", p.Key, len(found.Windows), p.Untold)
		}
	}
	if r.CPU.Parts[1].Value+r.CPU.Parts[2].Value == 0 {
		return r, fmt.Errorf("in %d windows the busy cores did not grow with people or webcams: check that the exporters of a server have the same name or address in the label of the instance", len(found.Windows))
	}
	return r, nil
}

// String lists the reasons with their numbers and first places.
func (s Skipped) String() string {
	var all []string
	for _, why := range slices.Sorted(maps.Keys(s)) {
		p := s[why]
		all = append(all, fmt.Sprintf("%d for %s (first: %s at %s)", p.Count, why, terminal.Quote(p.Server), p.At.Format(time.RFC3339)))
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, ", ")
}

// Notes are what people should know about the fit: its errors, what was skipped, and what
// could not be told.
func (r Result) Notes() []string {
	notes := []string{
		fmt.Sprintf("Fitted to %d windows of %s of %d servers, from %s until %s. Skipped: %s.", len(r.Found.Windows), r.Span.Step, r.Found.Servers,
			r.Span.From.Format(time.RFC3339), r.Span.Until.Format(time.RFC3339), r.Found.Skipped),
		fmt.Sprintf("CPU: root mean square error %.3g cores, R² %.4f. Memory: %.3g MiB, R² %.4f.", r.CPU.Residual, r.CPU.R2, r.Memory.Residual, r.Memory.R2),
	}
	for _, metric := range r.Found.Missing {
		notes = append(notes, "No samples of "+metric+".")
	}
	for _, p := range slices.Concat(r.CPU.Parts, r.Memory.Parts) {
		if p.Untold != "" {
			notes = append(notes, fmt.Sprintf("load.%s could not be told: %s.", p.Key, p.Untold))
		}
	}
	notes = append(notes, "load.stream_cores could not be told: exporters count the webcams that are sent, not those that are seen. Their cost is in load.webcam_cores.")
	return append(notes, r.untoldTimes()...)
}

// untoldTimes says which spans of time are not in the file.
func (r Result) untoldTimes() (notes []string) {
	if r.Times == nil {
		return []string{"cloud could not be told: no --journal.url was given."}
	}
	for _, c := range r.Times.keys() {
		if _, _, ok := span(c.times); !ok {
			notes = append(notes, fmt.Sprintf("cloud.%s could not be told: the journal has %d of at least %d.", c.key, len(c.times), leastTimes))
		}
	}
	return notes
}

// change is the times of one kind of change, with its key in a world's file.
type change struct {
	key   string
	times []time.Duration
}

func (t Times) keys() []change {
	return []change{{"start", t.Start}, {"stop", t.Stop}, {"resize", t.Resize}, {"bbb", t.BBB}}
}

// YAML is the world's file. A part of the load that could not be told is 0, since what it
// causes is in the other parts; so is a stream. Spans of time that could not be told are
// those of the world that the file extends.
func (r Result) YAML() string {
	var b strings.Builder
	for _, note := range r.Notes() {
		fmt.Fprintln(&b, "#", terminal.Quote(note))
	}
	fmt.Fprintf(&b, "about: a fleet of %d servers from %s until %s\n\nload:\n", r.Found.Servers, r.Span.From.Format(time.DateOnly), r.Span.Until.Format(time.DateOnly))
	for _, p := range slices.Concat(r.CPU.Parts, r.Memory.Parts) {
		if p.Untold == "" {
			fmt.Fprintf(&b, "  %s: %.5g # ± %.2g\n", p.Key, p.Value, p.Error)
		} else {
			fmt.Fprintf(&b, "  %s: 0 # in the other values: %s\n", p.Key, p.Untold)
		}
	}
	fmt.Fprintln(&b, "  stream_cores: 0")
	if r.Times == nil {
		return b.String()
	}
	var spans []string
	for _, c := range r.Times.keys() {
		if least, most, ok := span(c.times); ok {
			spans = append(spans, fmt.Sprintf("  %s: %s..%s # of %d; one in twenty is below, one in twenty above", c.key, least, most, len(c.times)))
		}
	}
	if spans != nil {
		fmt.Fprintf(&b, "\ncloud:\n%s\n", strings.Join(spans, "\n"))
	}
	return b.String()
}
