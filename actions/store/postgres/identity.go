package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/jackc/pgx/v5"
)

// identify adds the fleet if it is new. Otherwise it compares the fleet with the one in
// the database, and stores what has changed. The error says that another fleet has the
// name.
func (s *Store) identify(ctx context.Context, tx pgx.Tx) error {
	name := s.identity.Name
	_, err := tx.Exec(ctx, `insert into bbb_scaler.fleet (fleet, balancer, datacenters) values ($1, '', '{}') on conflict do nothing`, name)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `insert into bbb_scaler.lease (fleet) values ($1) on conflict do nothing`, name); err != nil {
		return err
	}
	stored := fleet.Identity{Name: name}
	err = tx.QueryRow(ctx, `select balancer, datacenters from bbb_scaler.fleet where fleet = $1 for update`, name).
		Scan(&stored.Balancer, &stored.Datacenters)
	if err != nil {
		return err
	}
	if !same(stored, s.identity) {
		return fmt.Errorf("another fleet has the name %q there: that of %s; this one is that of %s. "+
			"Give each fleet a name of its own (fleet.name). If this fleet has moved: "+
			"update bbb_scaler.fleet set balancer = '', datacenters = '{}' where fleet = '%s'",
			name, describe(stored), describe(s.identity), strings.ReplaceAll(name, "'", "''"))
	}
	_, err = tx.Exec(ctx, `update bbb_scaler.fleet set balancer = $2, datacenters = $3 where fleet = $1 and (balancer, datacenters) is distinct from ($2, $3::text[])`,
		name, s.identity.Balancer, slices.Clip(append([]string{}, s.identity.Datacenters...)))
	return err
}

// same reports whether two descriptions can be of one fleet: the balancer is the same,
// and so is at least one datacenter. Datacenters come and go.
func same(stored, now fleet.Identity) bool {
	shares := len(stored.Datacenters) == 0 && len(now.Datacenters) == 0 ||
		slices.ContainsFunc(now.Datacenters, func(id string) bool { return slices.Contains(stored.Datacenters, id) })
	isNew := stored.Balancer == "" && len(stored.Datacenters) == 0
	return isNew || stored.Balancer == now.Balancer && shares
}

// describe returns a fleet's description for an error.
func describe(f fleet.Identity) string {
	balancer := "no balancer"
	if f.Balancer != "" {
		balancer = "the balancer " + f.Balancer
	}
	return fmt.Sprintf("%s and the datacenters %s", balancer, strings.Join(f.Datacenters, ", "))
}
