package postgrestest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// SmallDatabase creates a database on a disk of its own with the given number of MiB, and
// returns its URL. resize changes the size of the disk. Only root can mount such a disk:
// for another user, the test is skipped.
func (s *Server) SmallDatabase(name string, size int) (url string, resize func(size int)) {
	s.t.Helper()
	if os.Getuid() != 0 {
		s.t.Skip("only root can mount a small disk")
	}
	dir := filepath.Join(s.dir, name)
	must(s.t, os.Mkdir(dir, 0o700))
	mount := func(flags uintptr, size int) {
		s.t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%dm", size)); err != nil {
			s.t.Fatalf("mounting a disk of %d MiB at %s: %v", size, dir, err)
		}
	}
	mount(0, size)
	s.t.Cleanup(func() {
		s.Kill()
		must(s.t, syscall.Unmount(dir, 0))
	})
	s.own(dir)
	s.Exec(s.URL("postgres"), fmt.Sprintf("create tablespace %s location '%s'", name, dir))
	return s.Database(name, "tablespace "+name), func(size int) { mount(syscall.MS_REMOUNT, size) }
}
