package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/daemon"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/live"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// replicaCommand is the command that runs the daemon for the demo. It is not for people,
// and not in the help.
const replicaCommand = "replica"

// storageURL is the environment variable for --storage.url, as for the daemon.
const storageURL = "BBB_SCALER_STORAGE_URL"

// Limits of the flags. A takeover takes up to 15 s, and more on a busy machine.
const (
	mostReplicas  = 9
	leastInterval = 20 * time.Second
)

// runReplica is the command replica: the daemon of a demo, which closes its standard
// input to stop it.
func runReplica(ctx context.Context, args, environ []string, _, stderr io.Writer) error {
	return live.RunReplica(ctx, daemon.Run, args, environ, os.Stdin, stderr)
}

func (o *options) replicaFlags(c *kingpin.CmdClause) {
	c.Flag("replicas", "With --live: number of daemons, up to 9. Two and more share a store in PostgreSQL (--storage.url): one leads, the others stand by. Alertmanager notifies all of them.").
		Default("1").IntVar(&o.replicas.Number)
	c.Flag("storage.url", "With several --replicas: URL of a PostgreSQL database for their store, such as postgres://postgres@127.0.0.1/demo. It is used for a fleet whose name ends in -demo, which is emptied at the start. Environment variable: "+storageURL+".").
		StringVar((*string)(&o.replicas.StorageURL))
	c.Flag("kill-leader.interval", "With several --replicas: real time for which a daemon leads until it is killed, as with kill -9, and after a takeover started again; at least 20s. 0s: no daemon is killed.").
		Default("1m").DurationVar(&o.replicas.KillEvery)
}

// validateReplicas checks the flags of several daemons, and completes them from the
// environment.
func (o *options) validateReplicas(environ []string) error {
	r := &o.replicas
	var p refuse.Problems
	p.Require(r.Number >= 1 && r.Number <= mostReplicas, "--replicas", r.Number, "be from 1 to %d", mostReplicas)
	if r.Number <= 1 {
		return errors.Join(p...)
	}
	r.StorageURL = cmp.Or(r.StorageURL, fleet.Secret(config.Getenv(environ)(storageURL)))
	p.Require(r.StorageURL != "", "--replicas", r.Number, "be 1 without --storage.url: give the URL of a PostgreSQL database, such as --storage.url=postgres://postgres@127.0.0.1/demo, or set "+storageURL)
	if r.StorageURL != "" {
		if err := postgres.CheckURL(r.StorageURL); err != nil {
			p.Add(fmt.Errorf("--storage.url: %w", err))
		}
	}
	p.Require(r.KillEvery == 0 || r.KillEvery >= leastInterval, "--kill-leader.interval", r.KillEvery, "be at least %s, or 0s", leastInterval)
	self, err := os.Executable()
	p.Add(err)
	r.Program, r.Environ = []string{self, replicaCommand}, ofPostgreSQL(environ)
	return errors.Join(p...)
}

// ofPostgreSQL returns the environment variables from which a client of PostgreSQL takes
// what the URL leaves out, such as PGPASSWORD, or a password file in HOME.
func ofPostgreSQL(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		return !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "HOME=")
	})
}
