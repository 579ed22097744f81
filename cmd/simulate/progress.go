package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// teller tells how far a long run is.
type teller interface {
	step()                // counts one of the total
	describe(what string) // changes what is counted, in words
	end()                 // removes what a terminal shows
}

// progress tells how far a long run is, which counts one thing.
func progress(what string, total int, stderr io.Writer) (step, end func()) {
	t := tell(what, total, stderr)
	return t.step, t.end
}

// tell returns a bar on a terminal. Elsewhere it writes a line every plainEvery, so that
// a short run prints nothing.
func tell(what string, total int, stderr io.Writer) teller {
	if !terminal.Is(stderr) {
		now := time.Now()
		return &plainProgress{out: stderr, what: what, total: total, begun: now, told: now}
	}
	return bar{progressbar.NewOptions(total, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(200*time.Millisecond))}
}

// bar is a teller on a terminal.
type bar struct{ *progressbar.ProgressBar }

func (b bar) step()                { _ = b.Add(1) }
func (b bar) describe(what string) { b.Describe(what) }
func (b bar) end()                 { _ = b.Finish() }

// plainEvery is the time between two lines of progress.
const plainEvery = 30 * time.Second

// plainProgress is a teller that writes lines to a file or a pipe.
type plainProgress struct {
	out   io.Writer
	total int
	begun time.Time

	mu   sync.Mutex
	what string
	told time.Time
	done int
}

func (p *plainProgress) end() {}

func (p *plainProgress) describe(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
}

func (p *plainProgress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	now := time.Now()
	if now.Sub(p.told) < plainEvery {
		return
	}
	p.told = now
	left := now.Sub(p.begun) * time.Duration(p.total-p.done) / time.Duration(p.done)
	fmt.Fprintf(p.out, "%s: %d of %d, about %s left\n", p.what, p.done, p.total, left.Round(time.Second))
}
