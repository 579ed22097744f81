package postgres

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// applicationName is the name of all sessions in the database.
const applicationName = "bbb-scaler"

// Config is where the database is, and which of the fleets in it is meant.
type Config struct {
	// URL is the connection URL, see CheckURL. It may contain the password.
	URL fleet.Secret
	// Password returns the password for a new connection, so that it can change; nil: that
	// of the URL, or of PostgreSQL's environment variable PGPASSWORD or password file.
	Password func() (fleet.Secret, error)
	// Fleet identifies the fleet. If the database holds another one under the same name,
	// Open returns an error.
	Fleet fleet.Identity
}

// Store is a fleet.Shared in PostgreSQL.
type Store struct {
	pool     *pgxpool.Pool
	identity fleet.Identity
	shown    string // the database's URL without password and options
}

// The limits of the pool. A daemon has one change at a time, and reads for the page and
// the API beside it.
const (
	maxConnections = 4
	// dialTimeout is the longest time for a connection to one of the URL's hosts, unless the
	// URL has a connect_timeout. The next host is tried then.
	dialTimeout = time.Second
)

// Open connects to the database, creates or migrates the tables, and adds the fleet if it
// is new. The error says what to do if the URL, the password, the rights or the contents
// of the database are wrong; it never contains the password.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	config, shown, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", shown, err)
	}
	s := &Store{pool: pool, identity: cfg.Fleet, shown: shown}
	if err := s.prepare(ctx); err != nil {
		pool.Close()
		return nil, s.explain("opening", err)
	}
	return s, nil
}

// parse returns the configuration of the pool, and the URL as it may be shown.
func parse(cfg Config) (*pgxpool.Config, string, error) {
	at, err := split(cfg.URL)
	if err != nil {
		return nil, "", err
	}
	if at.password != "" && cfg.Password != nil {
		return nil, "", fmt.Errorf("%s: the password is given twice, in the URL and in a file: keep one of them", at.shown)
	}
	config, err := pgxpool.ParseConfig(at.connection)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", at.shown, at.withoutDetails(err))
	}
	conn := config.ConnConfig
	conn.RuntimeParams["application_name"] = applicationName
	if several(conn) && !at.has("target_session_attrs") {
		conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if !at.has("connect_timeout") {
		conn.ConnectTimeout, conn.DialFunc = dialTimeout, (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	if !at.has("pool_max_conns") {
		config.MaxConns = maxConnections
	}
	if at.password != "" {
		conn.Password = at.password.Reveal()
	}
	if cfg.Password != nil {
		config.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
			password, err := cfg.Password()
			conn.Password = password.Reveal()
			return err
		}
	}
	return config, at.shown, nil
}

// several reports whether the URL names more than one host. The one that can be written
// is used then. A single one is used for reading, also if it is read-only.
func several(conn *pgx.ConnConfig) bool {
	return slices.ContainsFunc(conn.Fallbacks, func(other *pgconn.FallbackConfig) bool {
		return other.Host != conn.Host || other.Port != conn.Port
	})
}

// prepare creates or migrates the tables, and checks that the fleet is the one that the
// database knows under its name.
func (s *Store) prepare(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := migrate(ctx, tx); err != nil {
			return err
		}
		return s.identify(ctx, tx)
	})
}

// Under implements fleet.Shared.
func (s *Store) Under(held fleet.Lease) fleet.Store { return leased{s, held} }

// Close implements fleet.Shared. It closes all connections.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}
