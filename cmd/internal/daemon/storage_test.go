package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

// storageEnviron configures a fleet of one datacenter without a balancer.
var storageEnviron = []string{"BBB_SCALER_FLEET_DATACENTERS=dc-1", "BBB_SCALER_IONOS_TOKEN=t"}

func TestFlagsOfTheStoreThatDoNotFitAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		args, environ []string
		want          string
	}{
		"both flags":                         {args: []string{"--storage.path=x", "--storage.url=postgres://u@h/d"}, want: "give one of them"},
		"a password file without a URL":      {args: []string{"--storage.password-file=x"}, want: "only with --storage.url"},
		"a URL that is none":                 {args: []string{"--storage.url=/var/lib/bbb-scaler"}, want: "postgres://user@host:5432/database"},
		"a URL that is none in the variable": {environ: []string{"BBB_SCALER_STORAGE_URL=mysql://u:GEHEIM@h/d"}, want: "postgres://user@host:5432/database"},
		"the password in the URL and a file": {args: []string{"--storage.url=postgres://u:GEHEIM@127.0.0.1:1/d", "--storage.password-file=x"}, want: "keep one of them"},
		"a password file that is missing":    {args: []string{"--storage.url=postgres://u@127.0.0.1:1/d", "--storage.password-file=missing"}, want: "--storage.password-file: open missing"},
		"a database that does not answer":    {args: []string{"--storage.url=postgres://u:GEHEIM@127.0.0.1:1/d"}, want: "check that PostgreSQL runs there"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := Run(t.Context(), append([]string{"run"}, test.args...), append(test.environ, storageEnviron...), &out, &out)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Run() = %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error()+out.String(), "GEHEIM") {
				t.Errorf("the password is shown: %v\n%s", err, &out)
			}
		})
	}
}

func TestTheHelpDoesNotShowTheURLOfTheStore(t *testing.T) {
	var out strings.Builder
	o := &options{environ: []string{"BBB_SCALER_STORAGE_URL=postgres://u:GEHEIM@h/d"}}
	o.application(&out).Usage([]string{"run"})
	if !strings.Contains(out.String(), "--storage.url") || strings.Contains(out.String(), "GEHEIM") {
		t.Errorf("help has the URL, or not its flag:\n%s", &out)
	}
}

// copied runs storage copy, and returns its output and error.
func copied(t *testing.T, from, to string, more ...string) (string, error) {
	var out strings.Builder
	err := Run(t.Context(), append([]string{"storage", "copy", "--from=" + from, "--to=" + to}, more...), storageEnviron, &out, &out)
	return out.String(), err
}

// content returns what a store has, without the numbers of the entries.
func content(t *testing.T, s fleet.Store) (fleet.Memory, []fleet.Entry) {
	t.Helper()
	m, err := s.Load(t.Context())
	must(t, err)
	entries, err := s.Journal(t.Context(), store.JournalKept, "")
	must(t, err)
	for i := range entries {
		entries[i].Seq = 0
	}
	return m, entries
}

func TestStoreIsCopiedIntoADatabaseAndBack(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	from, back := t.TempDir(), filepath.Join(t.TempDir(), "new")
	original, err := store.Open(storeFile(from))
	must(t, err)
	must(t, original.Commit(t.Context(), storetest.Sample()))
	must(t, original.Commit(t.Context(), storetest.LargeCommit(1500)))

	if _, err := copied(t, from, url); err == nil || !strings.Contains(err.Error(), "another bbb-scaler uses this store") {
		t.Errorf("copying a store in use = %v, want that it is in use", err)
	}
	m, entries := content(t, original)
	must(t, original.Close())
	for _, way := range [][2]string{{from, url}, {url, back}} {
		out, err := copied(t, way[0], way[1])
		if must(t, err); out != "copied fleet bbb: 1501 servers, 1 alerts, 1 pauses and 1501 journal entries\n" {
			t.Errorf("output %q, want what was copied", out)
		}
	}
	again, err := store.OpenExisting(storeFile(back))
	must(t, err)
	defer again.Close()
	if gotM, gotEntries := content(t, again); !reflect.DeepEqual(gotM, m) || !reflect.DeepEqual(gotEntries, entries) {
		t.Error("there and back, the store differs")
	}
}

func TestStoreWithContentsIsReplacedOnlyWhenTold(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	from, to := t.TempDir(), t.TempDir()
	for dir, c := range map[string]fleet.Commit{from: storetest.LargeCommit(3), to: storetest.Sample()} {
		s, err := store.Open(storeFile(dir))
		must(t, err)
		must(t, s.Commit(t.Context(), c))
		must(t, s.Close())
	}
	_, err := copied(t, to, url)
	must(t, err)
	for _, target := range []string{to, url} {
		if _, err := copied(t, from, target); err == nil || !strings.Contains(err.Error(), "--overwrite") {
			t.Errorf("copying onto a store with contents = %v, want to be told of --overwrite", err)
		}
		if out, err := copied(t, from, target, "--overwrite"); err != nil || !strings.Contains(out, "3 servers, 0 alerts, 0 pauses and 3 journal entries") {
			t.Errorf("with --overwrite: %q, %v", out, err)
		}
	}
	if old, _ := filepath.Glob(storeFile(to) + ".replaced-*"); len(old) != 1 {
		t.Errorf("%q has the old file, want one", old)
	}
	if out, err := copied(t, url, t.TempDir()); err != nil || !strings.Contains(out, "3 servers, 0 alerts") {
		t.Errorf("the database has %q, %v, want the new contents", out, err)
	}
}

func TestStoreThatADaemonUsesIsNotCopied(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	s, err := postgres.Open(t.Context(), postgres.Config{URL: fleet.Secret(url), Fleet: fleet.Identity{Name: "bbb", Datacenters: []string{"dc-1"}}})
	must(t, err)
	defer s.Close()
	held, err := s.Acquire(t.Context(), fleet.Claim{Holder: "the daemon", Length: time.Hour})
	must(t, err)
	dir := t.TempDir()
	empty, err := store.Open(storeFile(dir))
	must(t, err)
	must(t, empty.Close())
	for _, way := range [][2]string{{url, t.TempDir()}, {dir, url}} {
		if _, err := copied(t, way[0], way[1]); err == nil || !strings.Contains(err.Error(), "the daemon") || !strings.Contains(err.Error(), "stop it first") {
			t.Errorf("copying = %v, want that the daemon uses the database", err)
		}
	}
	must(t, s.Release(t.Context(), held))
	if _, err := copied(t, url, t.TempDir()); err != nil {
		t.Errorf("after the end of the lease: %v", err)
	}
}

func TestCopyOfAStoreThatIsNotThereCreatesNothing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := copied(t, missing, t.TempDir()); err == nil || !strings.Contains(err.Error(), "--from: opening store") {
		t.Errorf("copying a missing store = %v", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("the missing store was created")
	}
}

func TestHolderOfTheLeaseIsToldThatItWasDeposed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, deposed := context.WithCancelCause(t.Context())
		shared := store.NewSharedMemory("bbb", time.Now)
		_, release, err := hold(ctx, shared, leaseLength, deposed, slog.New(slog.DiscardHandler))
		must(t, err)
		time.Sleep(10 * leaseLength)
		if _, err := shared.Acquire(ctx, fleet.Claim{Holder: "another"}); err == nil {
			t.Error("the lease was not renewed")
		}
		held, err := shared.Newest(ctx)
		must(t, err)
		must(t, shared.Release(ctx, held))
		_, err = shared.Acquire(ctx, fleet.Claim{Holder: "another", Length: time.Hour})
		must(t, err)
		<-ctx.Done()
		if err := context.Cause(ctx); !errors.Is(err, fleet.ErrDeposed) {
			t.Errorf("the cause is %v, want ErrDeposed", err)
		}
		must(t, release())
		if newest, err := shared.Newest(t.Context()); err != nil || newest.Holder != "another" || newest.Left() == 0 {
			t.Errorf("newest lease %+v, %v, want that of the other daemon", newest, err)
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
