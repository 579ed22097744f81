package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// storageURL is the environment variable for --storage.url.
const storageURL = "BBB_SCALER_STORAGE_URL"

// storage says where the store is: in a directory, or in a database that several daemons
// share.
type storage struct {
	path         string
	pathGiven    bool
	url          fleet.Secret // empty: in the directory
	passwordFile string
}

// flags adds the flags to a command. Help shows the default of a flag, so that the URL in
// the environment, which may have a password, is not one.
func (s *storage) flags(cmd *kingpin.CmdClause) {
	cmd.Flag("storage.path", "Directory for the store, which holds the journal, pauses, cooldowns and active alerts.").
		Default("data").IsSetByUser(&s.pathGiven).StringVar(&s.path)
	cmd.Flag("storage.url", "URL of a PostgreSQL database for the store in place of --storage.path, such as postgres://bbb-scaler@db.example.org/bbb-scaler. Several daemons can share it. Environment variable: "+storageURL+".").
		StringVar((*string)(&s.url))
	cmd.Flag("storage.password-file", "File with the password for --storage.url, which is read again for each connection. Without it, the password is that of the URL, of PGPASSWORD, or of PostgreSQL's password file.").
		StringVar(&s.passwordFile)
}

// complete sets the URL from the environment if the command line names no store, and
// returns an error if the flags contradict each other.
func (s *storage) complete(getenv func(string) string) error {
	if !s.pathGiven {
		s.url = cmp.Or(s.url, fleet.Secret(getenv(storageURL)))
	}
	switch {
	case s.url != "" && s.pathGiven:
		return usage("--storage.path and --storage.url: give one of them")
	case s.url == "" && s.passwordFile != "":
		return usage("--storage.password-file: only with --storage.url")
	case s.url == "":
		return nil
	}
	if err := postgres.CheckURL(s.url); err != nil {
		return usage("--storage.url: %w", err)
	}
	return nil
}

// shared reports whether the store is in a database.
func (s *storage) shared() bool { return s.url != "" }

// openShared opens the store in the database.
func (s *storage) openShared(ctx context.Context, file config.File) (*postgres.Store, error) {
	cfg := postgres.Config{URL: s.url, Fleet: identity(file)}
	if s.passwordFile != "" {
		cfg.Password = func() (fleet.Secret, error) {
			password, err := secret(s.passwordFile, "")
			if err != nil {
				return "", fmt.Errorf("--storage.password-file: %w", err)
			}
			return password, nil
		}
	}
	ctx, done := context.WithTimeout(ctx, openTimeout)
	defer done()
	return postgres.Open(ctx, cfg)
}

// identity returns what distinguishes the fleet from others in the same database.
func identity(file config.File) fleet.Identity {
	id := fleet.Identity{Name: file.Actions.Fleet.Name, Datacenters: file.Actions.Fleet.Datacenters}
	if balancer, err := url.Parse(file.Scalelite.URL); err == nil {
		id.Balancer = strings.ToLower(balancer.Hostname())
	}
	return id
}

// openFile opens the store in the directory. It renames a damaged store file, replaces it
// by an empty one and logs an error. Without the old records the scaler does not know
// which servers it cordoned or stopped itself.
func (s *storage) openFile(log *slog.Logger) (*store.Bolt, error) {
	if err := os.MkdirAll(s.path, 0o700); err != nil {
		return nil, fmt.Errorf("--storage.path: %w", err)
	}
	path := storeFile(s.path)
	opened, err := store.Open(path)
	if errors.Is(err, store.ErrCorrupt) {
		log.Error("store", "error", err)
		return opened, nil
	}
	if errors.Is(err, store.ErrInUse) {
		return nil, fmt.Errorf("%w: stop it first, or, if it scales another fleet, give this one another --storage.path; fuser %s names its process", err, path)
	}
	return opened, err
}

// storeFile returns the path of the store's file in a directory.
func storeFile(dir string) string { return filepath.Join(dir, "bbb-scaler.db") }
