package postgrestest

import (
	"net"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// unprivileged returns the user that runs the server, or nil for the user of the test.
// PostgreSQL refuses to run as root.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		must(t, err)
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		must(t, err)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	t.Fatal("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
	return nil
}

// own gives a file or directory to the user that runs the server.
func (s *Server) own(path string) {
	s.t.Helper()
	if s.as != nil {
		must(s.t, os.Chown(path, int(s.as.Uid), int(s.as.Gid)))
	}
}

// freePort returns a port of 127.0.0.1 on which nobody listens now.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().(*net.TCPAddr).Port
}
