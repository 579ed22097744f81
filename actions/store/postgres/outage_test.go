package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

// bounded is how long the daemon waits for a commit.
const bounded = 2 * time.Second

// commit commits with the bound of the daemon.
func commit(t *testing.T, s fleet.Store, c fleet.Commit) error {
	ctx, done := context.WithTimeout(t.Context(), bounded)
	defer done()
	return s.Commit(ctx, c)
}

// eventually calls f for up to a minute, until it succeeds or its error has the text. It
// returns the last error.
func eventually(t *testing.T, f func() error, text string) (err error) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		if err = f(); err == nil || text != "" && strings.Contains(err.Error(), text) {
			return err
		}
	}
	t.Fatalf("after a minute: %v", err)
	return err
}

func TestStoreIsBackAfterARestartOfTheDatabase(t *testing.T) {
	server := postgrestest.Start(t, "fsync=on")
	s := open(t, server.Database("bbb_scaler", ""), "bbb")
	held := acquire(t, s, "a")
	leased := s.Under(held)
	must(t, leased.Commit(t.Context(), storetest.Sample()))
	for name, stop := range map[string]func(){"stopped": server.Stop, "killed": server.Kill} {
		stop()
		for range 2 {
			if err := commit(t, leased, storetest.Sample()); err == nil || errors.Is(err, fleet.ErrDeposed) {
				t.Errorf("%s: Commit() = %v, want an error other than ErrDeposed", name, err)
			}
			if _, err := leased.Load(t.Context()); err == nil {
				t.Errorf("%s: Load() = nil", name)
			}
		}
		server.Start()
		must(t, eventually(t, func() error { return commit(t, leased, storetest.Sample()) }, ""))
		again, err := s.Renew(t.Context(), held)
		if must(t, err); again.Epoch != held.Epoch {
			t.Errorf("%s: epoch %d after the restart, want %d", name, again.Epoch, held.Epoch)
		}
	}
	entries, err := leased.Journal(t.Context(), 10, "")
	if must(t, err); len(entries) != 3 {
		t.Errorf("%d journal entries, want the 3 that were committed", len(entries))
	}
}

func TestDatabaseThatDoesNotAnswerEndsACommitInTime(t *testing.T) {
	server := postgrestest.Start(t)
	s := open(t, server.Database("bbb_scaler", ""), "bbb")
	leased := s.Under(acquire(t, s, "a"))
	must(t, leased.Commit(t.Context(), storetest.Sample()))
	server.Freeze()
	begun := time.Now()
	err := commit(t, leased, storetest.Sample())
	if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, fleet.ErrUnknown) || took > 10*bounded {
		t.Errorf("Commit() = %v after %v, want DeadlineExceeded and ErrUnknown after %v", err, took, bounded)
	}
	server.Thaw()
	must(t, eventually(t, func() error { return commit(t, leased, storetest.Sample()) }, ""))
}

func TestReadOnlyDatabaseRefusesACommitUntilItIsBack(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	s := open(t, url, "bbb")
	leased := s.Under(acquire(t, s, "a"))
	server.Exec(url, "alter system set default_transaction_read_only = on", "select pg_reload_conf()")
	err := eventually(t, func() error {
		if err := commit(t, leased, storetest.Sample()); err != nil {
			return err
		}
		return errors.New("not yet")
	}, "read-only")
	if !strings.Contains(err.Error(), "name the primary") || errors.Is(err, fleet.ErrUnknown) {
		t.Errorf("Commit() = %v, want what to do, and nothing unknown", err)
	}
	if _, err := s.Under(fleet.Lease{}).Load(t.Context()); err != nil {
		t.Errorf("Load() = %v from a read-only database", err)
	}
	server.Exec(url, "set default_transaction_read_only = off", "alter system reset default_transaction_read_only", "select pg_reload_conf()")
	must(t, eventually(t, func() error { return commit(t, leased, storetest.Sample()) }, ""))
}

func TestPrimaryThatBecomesReadOnlyIsLeftForAnotherHost(t *testing.T) {
	old, primary := postgrestest.Start(t), postgrestest.Start(t)
	old.Database("bbb_scaler", "")
	s := open(t, strings.Replace(old.URL("bbb_scaler"), old.Address(), old.Address()+","+primary.Address(), 1), "bbb")
	must(t, s.Under(acquire(t, s, "a")).Commit(t.Context(), storetest.Sample()))
	open(t, primary.Database("bbb_scaler", ""), "bbb")
	old.Exec(old.URL("bbb_scaler"), "alter system set default_transaction_read_only = on", "select pg_reload_conf()")
	held, err := s.Newest(t.Context())
	must(t, err)
	must(t, eventually(t, func() error {
		if err := commit(t, s.Under(held), storetest.Sample()); !errors.Is(err, fleet.ErrDeposed) {
			return errors.New("not yet") // the other host knows nothing of this lease
		}
		return nil
	}, ""))
}

func TestStandbyThatIsPromotedGoesOnWithTheLease(t *testing.T) {
	primary := postgrestest.Start(t, "fsync=on")
	primary.Database("bbb_scaler", "")
	standby := primary.Standby(t)
	both := strings.Replace(primary.URL("bbb_scaler"), primary.Address(), standby.Address()+","+primary.Address(), 1)
	s := open(t, both, "bbb")
	held := acquire(t, s, "a")
	must(t, s.Under(held).Commit(t.Context(), storetest.Sample()))
	primary.Kill()
	if err := commit(t, s.Under(held), storetest.Sample()); err == nil {
		t.Error("Commit() = nil without a primary")
	}
	standby.Promote()
	must(t, eventually(t, func() error { return commit(t, s.Under(held), storetest.Sample()) }, ""))
	entries, err := s.Under(held).Journal(t.Context(), 10, "")
	if must(t, err); len(entries) != 2 {
		t.Errorf("%d journal entries after the promotion, want 2", len(entries))
	}
}

func TestSuspendedDaemonDoesNotKeepTheLease(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	s := open(t, url, "bbb")
	acquire(t, s, "a")
	pass(server, url, time.Hour)
	// A daemon that was suspended after the database had the statement, and before it had
	// the end of the message: the transaction stays open.
	conn, err := pgx.Connect(t.Context(), url+"&application_name=bbb-scaler")
	must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "begin; update bbb_scaler.lease set address = 'x'")
	must(t, err)
	ctx, done := context.WithTimeout(t.Context(), bounded)
	defer done()
	held, err := s.Acquire(ctx, fleet.Claim{Holder: "b", Length: time.Minute})
	if must(t, err); held.Holder != "b" || held.Epoch != 2 {
		t.Errorf("Acquire() = %+v, want epoch 2 of b", held)
	}
	if _, err := conn.Exec(t.Context(), "commit"); err == nil {
		t.Error("the suspended daemon could still end its transaction")
	}
}

func TestFullDiskRefusesACommitUntilThereIsSpace(t *testing.T) {
	server := postgrestest.Start(t)
	url, resize := server.SmallDatabase("small", 20)
	s := open(t, url, "bbb")
	leased := s.Under(acquire(t, s, "a"))
	committed := 0
	var err error
	for ; err == nil && committed < 100; committed++ {
		c := storetest.LargeCommit(745)
		c.Fleet = &fleet.FleetRecord{Known: committed + 1}
		err = leased.Commit(t.Context(), c)
	}
	if err == nil || !strings.Contains(err.Error(), "free some space") {
		t.Fatalf("%d large commits on a disk of 20 MiB: %v, want that the disk is full", committed, err)
	}
	m, err := leased.Load(t.Context())
	must(t, err)
	entries, err := leased.Journal(t.Context(), 1, "")
	if must(t, err); m.Fleet.Known != committed-1 || entries[0].Seq != uint64(745*m.Fleet.Known) {
		t.Errorf("on the full disk: %d commits, the last entry is %d, want %d commits, each as a whole", m.Fleet.Known, entries[0].Seq, committed-1)
	}
	resize(200)
	must(t, eventually(t, func() error { return leased.Commit(t.Context(), storetest.LargeCommit(745)) }, ""))
}

func TestLeaseIsNotGivenWhileACommitIsInProgress(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	a, b := open(t, url, "bbb"), open(t, url, "bbb")
	leased := a.Under(acquire(t, a, "a"))
	must(t, leased.Commit(t.Context(), storetest.Sample()))
	pass(server, url, time.Hour)
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), "begin; select from bbb_scaler.records for update")
	must(t, err)
	committed := make(chan error)
	go func() {
		committed <- leased.Commit(t.Context(), fleet.Commit{Records: []fleet.Record{{ID: "1", Failures: 7}}})
	}()
	must(t, eventually(t, func() error {
		var waits bool
		err := conn.QueryRow(t.Context(), "select exists (select from pg_stat_activity where application_name = 'bbb-scaler' and wait_event_type = 'Lock')").Scan(&waits)
		if err == nil && !waits {
			err = errors.New("the commit does not wait yet")
		}
		return err
	}, ""))
	if held, err := b.Acquire(t.Context(), fleet.Claim{Holder: "b", Length: time.Minute}); err == nil {
		t.Errorf("Acquire() = %+v while the old holder's commit is in progress", held)
	}
	_, err = conn.Exec(t.Context(), "commit")
	must(t, err)
	must(t, <-committed)
	m, err := b.Under(acquire(t, b, "b")).Load(t.Context())
	if must(t, err); m.Records["1"].Failures != 7 {
		t.Errorf("the new holder loaded %+v, want the commit", m.Records)
	}
}
