package postgrestest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Password is the password of the user postgres, whom every server has.
const Password = "correct horse+battery/staple"

// Server is a PostgreSQL server on a free port of 127.0.0.1. Its methods end the test if
// they fail.
type Server struct {
	t        testing.TB
	dir      string // with the data in it; nobody but the server's user needs it
	bin      string
	as       *syscall.Credential // nil: the user of the test
	port     int
	settings []string // name=value
	process  *os.Process
	exited   chan struct{}
	log      string
}

// Start starts a server, which ends with the test. Each setting is one of PostgreSQL's
// configuration, such as "fsync=on"; by default nothing is flushed to the disk, which is
// faster. A missing installation ends the test.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := create(t, settings)
	s.run(filepath.Join(s.bin, "initdb"), "--pgdata", s.data(), "--username", "postgres", "--pwfile", s.passwordFile(), "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--no-locale", "--no-sync")
	s.Start()
	return s
}

// create returns a server that has no data yet.
func create(t testing.TB, settings []string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "postgrestest-")
	must(t, err)
	s := &Server{t: t, dir: dir, bin: installed(t), settings: settings, log: filepath.Join(dir, "log"), port: freePort(t)}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	s.as = unprivileged(t)
	s.own(dir)
	return s
}

// installed returns the directory with the programs of the newest installed server.
func installed(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	newest, version := "", 0
	for _, path := range found {
		if v, _ := strconv.Atoi(strings.Split(path, "/")[4]); v > version {
			newest, version = filepath.Dir(path), v
		}
	}
	if newest != "" {
		return newest
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		t.Fatal("no PostgreSQL server in /usr/lib/postgresql/*/bin and no initdb in PATH: run .ci/install debian, or install the package postgresql")
	}
	return filepath.Dir(path)
}

// Start starts a server that Stop or Kill has ended, on the same port with the same data.
func (s *Server) Start() {
	s.t.Helper()
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_wal_size=256MB"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(s.t, err)
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, s.dir
	// The server ends when the test process ends, however it does.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	begun := make(chan error)
	exited := make(chan struct{})
	go func() {
		runtime.LockOSThread() // Pdeathsig is sent when the thread ends that has started the process
		err := cmd.Start()
		begun <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(exited)
	}()
	must(s.t, <-begun)
	s.process, s.exited = cmd.Process, exited
	s.await()
}

// await returns when the server accepts connections.
func (s *Server) await() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			must(s.t, conn.Close(ctx))
			return
		}
		select {
		case <-s.exited:
			s.t.Fatalf("PostgreSQL ended:\n%s", s.Log())
		case <-ctx.Done():
			s.t.Fatalf("PostgreSQL does not answer: %v\n%s", err, s.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the server as at a restart: it ends all sessions, and keeps what was
// committed.
func (s *Server) Stop() { s.signal(syscall.SIGINT) }

// Kill ends the server without a shutdown, as when its machine fails. Without fsync=on,
// only the operating system has what was committed.
func (s *Server) Kill() { s.signal(syscall.SIGQUIT) }

// signal sends a signal to the server and waits for its end.
func (s *Server) signal(with syscall.Signal) {
	if s.process == nil {
		return
	}
	s.signalAll(syscall.SIGCONT) // a suspended process ends only after it continues
	_ = s.process.Signal(with)
	<-s.exited
	s.process = nil
}

// Freeze suspends the server with all its sessions, so that connections are open but
// nothing answers, until Thaw is called.
func (s *Server) Freeze() { s.signalAll(syscall.SIGSTOP) }

// Thaw continues a server after Freeze.
func (s *Server) Thaw() { s.signalAll(syscall.SIGCONT) }

// signalAll sends a signal to the server and its sessions, which are processes of their
// own in groups of their own. Each of them may have ended.
func (s *Server) signalAll(with syscall.Signal) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.process.Pid, s.process.Pid))
	_ = s.process.Signal(with)
	for pid := range strings.FieldsSeq(string(children)) {
		if n, err := strconv.Atoi(pid); err == nil {
			_ = syscall.Kill(n, with)
		}
	}
}

// URL returns the URL of a database, for the user postgres and with the password.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", Password), Host: s.Address(), Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Address returns the host and the port of the server.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Database creates a database and returns its URL. Options are those of create database,
// such as "encoding 'LATIN1' template template0".
func (s *Server) Database(name, options string) string {
	s.t.Helper()
	s.Exec(s.URL("postgres"), fmt.Sprintf("create database %s %s", pgx.Identifier{name}.Sanitize(), options))
	return s.URL(name)
}

// Exec executes statements in the database at a URL.
func (s *Server) Exec(url string, statements ...string) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), url)
	must(s.t, err)
	defer func() { must(s.t, conn.Close(context.WithoutCancel(s.t.Context()))) }()
	for _, statement := range statements {
		if _, err := conn.Exec(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Log returns what the server has logged.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.log)
	must(s.t, err)
	return string(text)
}

// data returns the directory with the server's data.
func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// passwordFile writes Password into a file.
func (s *Server) passwordFile() string {
	s.t.Helper()
	path := filepath.Join(s.dir, "password")
	must(s.t, os.WriteFile(path, []byte(Password), 0o600))
	s.own(path)
	return path
}

// run runs a program as the user of the server.
func (s *Server) run(program string, args ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", program, err, bytes.TrimSpace(out))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
