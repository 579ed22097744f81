package postgrestest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Standby restarts the server as the primary of a new standby, which it returns. What is
// committed from now on is on both before the commit returns.
func (s *Server) Standby(t testing.TB) *Server {
	t.Helper()
	standby := create(t, s.settings)
	s.Stop()
	s.run("/bin/cp", "-R", s.data(), standby.data())
	standby.write("standby.signal", "")
	standby.write("postgresql.auto.conf", fmt.Sprintf("primary_conninfo = 'host=127.0.0.1 port=%d user=postgres password=''%s'''\n", s.port, Password))
	s.settings = append(slices.Clip(s.settings), "synchronous_standby_names=*")
	s.Start()
	standby.Start()
	return standby
}

// Promote makes a standby a primary.
func (s *Server) Promote() {
	s.t.Helper()
	s.Exec(s.URL("postgres"), "select pg_promote()")
}

// write writes a file into the server's data.
func (s *Server) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.data(), name)
	must(s.t, os.WriteFile(path, []byte(text), 0o600))
	s.own(path)
}
