package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// progress tells how far a long run is. step counts one of total; end removes what a
// terminal shows. On a terminal it is a bar, elsewhere a line every plainEvery, so that
// a short run prints nothing.
func progress(what string, total int, stderr io.Writer) (step, end func()) {
	if !terminal.Is(stderr) {
		p := &plainProgress{out: stderr, what: what, total: total, begun: time.Now()}
		p.told = p.begun
		return p.step, func() {}
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(200*time.Millisecond))
	return func() { _ = bar.Add(1) }, func() { _ = bar.Finish() }
}

// plainEvery is the time between two lines of progress.
const plainEvery = 30 * time.Second

// plainProgress writes lines to a file or a pipe.
type plainProgress struct {
	out         io.Writer
	what        string
	total       int
	begun, told time.Time

	mu   sync.Mutex
	done int
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
