package fleet

import (
	"errors"
	"fmt"
	"slices"
)

// Limits of an alert that is accepted. Alertmanager's fingerprints have 16 bytes,
// and a generated alert has about 1 KiB of labels and annotations.
const (
	MaxFingerprint = 64      // bytes of the fingerprint
	MaxAlertBytes  = 8 << 10 // bytes of the names and values of all labels and annotations
)

// ErrFull is returned when the alert table has no room for a new alert; see
// Config.AlertLimit.
var ErrFull = errors.New("the table of alerts is full")

// AlertLimit returns the maximum number of alerts in the table: FleetConfig.MaxAlerts
// if it is set, otherwise 100 and 20 for each of the given number of servers, at
// least 2000. That is enough for all rules to fire on all servers.
func (c Config) AlertLimit(servers int) int {
	if c.Fleet.MaxAlerts > 0 {
		return c.Fleet.MaxAlerts
	}
	return max(2000, 100+20*servers)
}

// Oversized returns an error if the alert exceeds MaxFingerprint or MaxAlertBytes.
// The error begins with the name of the field and matches ErrInvalid.
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

// Refusal counts the alerts of a list that were not added to the table.
type Refusal struct {
	Full      int   // new alerts for which the table had no room
	Oversized int   // alerts that are too large, see Alert.Oversized
	Limit     int   // limit of the table, see Config.AlertLimit
	Example   error // why the first oversized alert was refused
}

// Err returns nil if no alert was refused. The error matches ErrFull if the table
// had no room for an alert, and ErrInvalid if alerts were only oversized.
func (r Refusal) Err() error {
	switch {
	case r.Full > 0:
		return fmt.Errorf("%w: %d new alerts are refused beyond fleet.max_alerts (%d); the others were accepted", ErrFull, r.Full, r.Limit)
	case r.Oversized > 0:
		return fmt.Errorf("%d alerts refused, the others were accepted: %w", r.Oversized, r.Example)
	}
	return nil
}

// admission adds alerts to a table up to its limit.
type admission struct {
	table   AlertTable
	free    int             // how many more alerts fit
	fresh   map[string]bool // fingerprints of the alerts that were added
	victims []string        // resolved alerts that may be dropped to make room, oldest first
	out     Commit
	refused Refusal
}

// admit prepares the admission of the incoming alerts to t. The alerts in drop are
// dropped from the table in any case.
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
		stay[f] = true // already dropped
	}
	for f, a := range t {
		if a.Resolved && !stay[f] {
			ad.victims = append(ad.victims, f)
		}
	}
	slices.SortFunc(ad.victims, func(f, g string) int { return t[f].SeenAt.Compare(t[g].SeenAt) })
	return ad
}

// take adds an alert to the change, or counts it as refused. A resolved alert that
// is not in the table is ignored, and not counted, when there is no room.
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

// makeRoom reports whether one more alert fits. If the table is full, it drops the
// oldest resolved alert.
func (ad *admission) makeRoom() bool {
	if ad.free <= 0 && len(ad.victims) > 0 {
		ad.out.DropAlerts = append(ad.out.DropAlerts, ad.victims[0])
		ad.victims = ad.victims[1:]
		ad.free++
	}
	return ad.free > 0
}
