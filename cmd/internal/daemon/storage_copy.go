package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// storageCopy are the flags of storage copy. Each store is a directory or a URL.
type storageCopy struct {
	from, to                         fleet.Secret
	fromPasswordFile, toPasswordFile string
	overwrite                        bool
}

// flags adds the command.
func (c *storageCopy) flags(app *kingpin.Application) {
	cmd := app.Command("storage", "Works on stores that no daemon uses.").
		Command("copy", "Copies the store of the fleet: from the directory of --storage.path to a database, or back. No daemon may use them meanwhile.")
	cmd.Flag("from", "Directory as in --storage.path, or URL as in --storage.url.").Required().StringVar((*string)(&c.from))
	cmd.Flag("to", "Directory or URL of the copy, which must be empty.").Required().StringVar((*string)(&c.to))
	cmd.Flag("from-password-file", "File with the password for the URL in --from.").StringVar(&c.fromPasswordFile)
	cmd.Flag("to-password-file", "File with the password for the URL in --to.").StringVar(&c.toPasswordFile)
	cmd.Flag("overwrite", "Replace what the store in --to has. A file is renamed; the rows of the fleet in a database are deleted.").BoolVar(&c.overwrite)
}

// copyStorage copies a store and prints what it has copied.
func (o *options) copyStorage(ctx context.Context, out io.Writer) (err error) {
	file, err := config.Load(o.configFile, o.environ)
	if err != nil {
		return err
	}
	c := &o.copy
	from, err := openIdle(ctx, c.from, c.fromPasswordFile, file, false)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { err = errors.Join(err, from.close()) }()
	to, err := openIdle(ctx, c.to, c.toPasswordFile, file, true)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	defer func() { err = errors.Join(err, to.close()) }()
	aside, err := to.empty(ctx, c.overwrite)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	n, err := store.Copy(ctx, from, to)
	if err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	_, err = fmt.Fprint(out, terminal.Sprintf("copied fleet %s: %d servers, %d alerts, %d pauses and %d journal entries\n%s",
		file.Actions.Fleet.Name, n.Records, n.Alerts, n.Pauses, n.Entries, aside))
	return err
}

// idle is a store that no daemon uses as long as it is open.
type idle struct {
	fleet.Store
	close func() error
	// empty returns an error if the store has contents, or removes them with overwrite. It
	// returns a line about where they are.
	empty func(ctx context.Context, overwrite bool) (aside string, err error)
}

// errNotEmpty is the error of a copy onto a store with contents.
var errNotEmpty = errors.New("it is not empty: choose another one, or give --overwrite to replace its contents")

// openIdle opens the store in a directory, or at a URL.
func openIdle(ctx context.Context, at fleet.Secret, passwordFile string, file config.File, create bool) (*idle, error) {
	if strings.Contains(at.Reveal(), "://") {
		return openIdleShared(ctx, storage{url: at, passwordFile: passwordFile}, file)
	}
	if passwordFile != "" {
		return nil, usage("a password file: only with a URL")
	}
	return openIdleFile(at.Reveal(), create)
}

// openIdleFile opens the store in a directory. The lock on its file keeps daemons away.
func openIdleFile(dir string, create bool) (*idle, error) {
	path, open := storeFile(dir), store.OpenExisting
	if _, err := os.Stat(path); create && errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		open = store.Open
	}
	bolt, err := open(path)
	if err != nil {
		return nil, err
	}
	s := &idle{Store: bolt}
	s.close = func() error { return s.Store.Close() }
	s.empty = func(ctx context.Context, overwrite bool) (string, error) {
		if empty, err := store.Empty(ctx, s.Store); err != nil || empty {
			return "", err
		}
		if !overwrite {
			return "", errNotEmpty
		}
		aside, err := store.SetAside(path, "replaced")
		if err != nil {
			return "", err
		}
		replaced := s.Store
		if s.Store, err = store.Open(path); err != nil {
			return "", err
		}
		return "the old store is now " + aside + "\n", replaced.Close()
	}
	return s, nil
}

// openIdleShared opens the store at a URL. The lease keeps daemons away.
func openIdleShared(ctx context.Context, at storage, file config.File) (*idle, error) {
	shared, err := at.openShared(ctx, file)
	if err != nil {
		return nil, err
	}
	held, release, err := hold(ctx, shared, leaseLength, func(error) {}, slog.New(slog.DiscardHandler))
	if other, is := errors.AsType[*fleet.HeldError](err); is {
		return nil, fmt.Errorf("a daemon uses it: stop it first: %w", other)
	}
	if err != nil {
		return nil, err
	}
	return &idle{
		Store: shared.Under(held),
		close: release,
		empty: func(ctx context.Context, overwrite bool) (string, error) {
			empty, err := store.Empty(ctx, shared.Under(held))
			if err != nil || empty {
				return "", err
			}
			if !overwrite {
				return "", errNotEmpty
			}
			return "", shared.Clear(ctx, held)
		},
	}, nil
}
