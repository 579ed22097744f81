package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// RunReplica runs the daemon in a process of its own, until the end of the standard
// input. The demo closes that to stop the daemon, and so does the end of the demo itself,
// however it comes. Signals are ignored: Ctrl-C ends the demo, which ends the daemon. The
// log goes to out; the last line is that of the error, if the daemon returns one.
func RunReplica(ctx context.Context, daemon Daemon, args, environ []string, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, in) // its end matters, not its contents
		stop()
	}()
	return daemon(ctx, args, environ, out, out)
}

// process is a daemon that runs in a process of its own.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	log   *lastLine
	ended chan struct{} // closed when it has ended
}

// startProcess starts a program. Each line of its output is logged.
func startProcess(name string, program, args, environ []string, log *slog.Logger) (*process, error) {
	cmd := exec.Command(program[0], append(program[1:len(program):len(program)], args...)...)
	p := &process{cmd: cmd, log: &lastLine{to: &lines{log: log, name: name}}, ended: make(chan struct{})}
	cmd.Env, cmd.Stdout, cmd.Stderr = append([]string{}, environ...), p.log, p.log // an empty list is no nil, which is the own environment
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = cmd.Wait() // the last line says more
		close(p.ended)
	}()
	return p, nil
}

// err returns why a process that nobody has stopped has ended.
func (p *process) err() error { return errors.New("it has ended: " + p.log.String()) }

// kill ends the process as kill -9 does, and returns when it has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// stopWithin is how long a daemon may take to stop.
const stopWithin = 20 * time.Second

// stop ends the process as SIGTERM does, or kills it if that takes too long.
func (p *process) stop() {
	_ = p.stdin.Close()
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		p.kill()
	}
}

// lastLine keeps the last line that is written to it, and passes all lines on.
type lastLine struct {
	to io.Writer

	mu   sync.Mutex
	line string
}

// Write keeps the last line of text.
func (l *lastLine) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	l.line = string(all[len(all)-1])
	return l.to.Write(text)
}

// String returns the last line.
func (l *lastLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(l.line)
}
