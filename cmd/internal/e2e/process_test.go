package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// root is the module's top as an absolute path.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// install runs .ci/install, which does nothing when all is there.
var install = sync.OnceValue(func() error {
	out, err := exec.Command("../../../.ci/install").CombinedOutput()
	if err != nil {
		return fmt.Errorf(".ci/install: %w\n%s", err, out)
	}
	return nil
})

// program returns the path of an installed program, such as debian/prometheus.
func program(t testing.TB, name string) string {
	t.Helper()
	if err := install(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root(t), "bin", name)
}

// built has the programs of this module that were built, by name.
var built sync.Map

// build builds a program of this module, once for all tests, and returns its path.
func build(t testing.TB, name string) string {
	t.Helper()
	once, _ := built.LoadOrStore(name, sync.OnceValue(func() error {
		out, err := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(programs, name),
			"github.com/bbb-scaler/bbb-scaler/cmd/"+name).CombinedOutput()
		if err != nil {
			return fmt.Errorf("go build %s: %w\n%s", name, err, out)
		}
		return nil
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(programs, name)
}

// programs is the directory of what build builds.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bbb-scaler-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// process is a program that runs until the test ends. When the test fails, what
// it wrote is shown.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	log  *logBuffer
}

// start runs a program with arguments, its working directory empty.
func start(t testing.TB, path string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, path, args...)
}

// startWith is start with further environment variables.
func startWith(t testing.TB, env []string, path string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{}), log: &logBuffer{}}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = append([]string{"HOME=" + p.cmd.Dir, "PATH=" + os.Getenv("PATH")}, env...)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(path), p.log)
		}
	})
	return p
}

// end sends a signal and waits for the end; after 15 s it kills.
func (p *process) end(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// logBuffer collects what a process writes.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String returns the last part of what was written.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.String()
	return text[max(0, len(text)-20_000):]
}

// freeAddr returns an address on loopback that nothing listened on just now.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// until polls until ok is true, and fails after the limit, saying what was
// waited for.
func until(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for: %s", limit, what)
		}
	}
}

// ready waits until an HTTP server answers 200 on url, and fails when its
// process ends before.
func (p *process) ready(t testing.TB, url string) {
	t.Helper()
	until(t, time.Minute, url+" to answer 200", func() bool {
		if p.ended() {
			t.Fatalf("%s ended by itself", filepath.Base(p.cmd.Path))
		}
		_, status := fetch(url)
		return status == http.StatusOK
	})
}

// fetch returns the body and status of a GET; status 0 when there is no answer.
func fetch(url string) (body string, status int) {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return "", 0
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text), resp.StatusCode
}

// writeFile writes a file into dir and returns its path.
func writeFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.TrimLeft(text, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
