package fleet

import (
	"errors"
	"fmt"
	"slices"
)

// The largest alert that is taken. Alertmanager's fingerprints have 16 bytes,
// and a generated alert has about 1 KiB of labels and annotations.
const (
	MaxFingerprint = 64
	MaxAlertBytes  = 8 << 10
)

// ErrFull: the table of alerts has as many as FleetConfig.MaxAlerts allows.
var ErrFull = errors.New("the table of alerts is full")

// AlertLimit is the number of alerts that are kept of a fleet with that many
// servers: FleetConfig.MaxAlerts, or enough for all rules to fire on all servers.
func (c Config) AlertLimit(servers int) int {
	if c.Fleet.MaxAlerts > 0 {
		return c.Fleet.MaxAlerts
	}
	return max(2000, 100+20*servers)
}

// Oversized says why an alert is larger than any that is taken, or nil. Its error
// begins with the name of the field and matches ErrInvalid.
func (a Alert) Oversized() error {
	if n := len(a.Fingerprint); n > MaxFingerprint {
		return fmt.Errorf("fingerprint: %w: %d bytes, of at most %d", ErrInvalid, n, MaxFingerprint)
	}
	n := 0
	for _, set := range []map[string]string{a.Labels, a.Annotations} {
		for name, value := range set {
			n += len(name) + len(value)
		}
	}
	if n > MaxAlertBytes {
		return fmt.Errorf("labels and annotations: %w: %d bytes together, of at most %d; shorten them in the alert's rule", ErrInvalid, n, MaxAlertBytes)
	}
	return nil
}

// Refusal is what was not taken of a list of alerts.
type Refusal struct {
	Full      int   // alerts for which the table had no room
	Oversized int   // alerts that are too large
	Limit     int   // of the table
	Example   error // why the first oversized one was refused
}

// Err is nil when nothing was refused. It matches ErrInvalid for oversized alerts
// alone, and ErrFull otherwise.
func (r Refusal) Err() error {
	switch {
	case r.Full > 0:
		return fmt.Errorf("%w: %d new alerts are refused beyond fleet.max_alerts (%d); the others were taken", ErrFull, r.Full, r.Limit)
	case r.Oversized > 0:
		return fmt.Errorf("%d alerts refused, the others were taken: %w", r.Oversized, r.Example)
	}
	return nil
}

// admission lets alerts into a table up to its limit.
type admission struct {
	table   AlertTable
	free    int // how many more fit
	fresh   map[string]bool
	victims []string // resolved alerts that make room, the oldest first
	out     Commit
	refused Refusal
}

// admit begins an admission of the incoming alerts to t, where drop goes in any
// case.
func (t AlertTable) admit(limit int, incoming []Alert, drop []string) *admission {
	ad := &admission{table: t, free: limit - len(t) + len(drop), fresh: map[string]bool{}}
	ad.refused.Limit = limit
	ad.out.DropAlerts = drop
	if ad.free >= len(incoming) {
		return ad
	}
	stay := map[string]bool{}
	for _, a := range incoming {
		stay[a.Fingerprint] = true
	}
	for _, f := range drop {
		stay[f] = true // gone already
	}
	for f, a := range t {
		if a.Resolved && !stay[f] {
			ad.victims = append(ad.victims, f)
		}
	}
	slices.SortFunc(ad.victims, func(f, g string) int { return t[f].SeenAt.Compare(t[g].SeenAt) })
	return ad
}

// take adds an alert to the change, or counts it as refused. A resolved alert
// that nobody knew of is dropped without a word when there is no room.
func (ad *admission) take(a Alert) {
	if err := a.Oversized(); err != nil {
		if ad.refused.Oversized++; ad.refused.Example == nil {
			ad.refused.Example = err
		}
		return
	}
	if _, known := ad.table[a.Fingerprint]; !known && !ad.fresh[a.Fingerprint] {
		if !ad.makeRoom() {
			if !a.Resolved {
				ad.refused.Full++
			}
			return
		}
		ad.fresh[a.Fingerprint] = true
		ad.free--
	}
	ad.out.Alerts = append(ad.out.Alerts, a)
}

// makeRoom reports whether one more fits, if need be in place of a resolved one.
func (ad *admission) makeRoom() bool {
	if ad.free <= 0 && len(ad.victims) > 0 {
		ad.out.DropAlerts = append(ad.out.DropAlerts, ad.victims[0])
		ad.victims = ad.victims[1:]
		ad.free++
	}
	return ad.free > 0
}
