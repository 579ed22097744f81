package daemon

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAFileThatIsBeingWrittenIsNotRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bbb-scaler.yml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	synctest.Test(t, func(t *testing.T) {
		known, read := "one", []string{}
		go watchFile(t.Context(), file, 10*time.Second, func() []byte { return []byte(known) }, func() {
			text, _ := os.ReadFile(file)
			known = string(text)
			read = append(read, known)
		})
		step := func(text string) {
			t.Helper()
			write(text)
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		time.Sleep(5 * time.Second) // between two looks
		step("two, of which half is th")
		step("two, of which half is there")
		if len(read) > 0 {
			t.Errorf("read %q while it was written", read)
		}
		step("two, of which half is there")
		step("two, of which half is there")
		if want := []string{"two, of which half is there"}; !slices.Equal(read, want) {
			t.Errorf("read %q, want %q once", read, want)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if len(read) != 1 {
			t.Errorf("a file that is missing was read: %q", read)
		}
	})
}
