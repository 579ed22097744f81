package actions

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// resolve returns the addresses of hosts. It looks up those whose addresses are older
// than resolveAge: the needed hosts in every cycle, the further ones at most every
// resolveRetry.
func (s *Scaler) resolve(ctx context.Context, cfg fleet.Config, needed, further []string, now time.Time) map[string][]netip.Addr {
	var due []string
	for _, host := range needed {
		if !s.dns[host].fresh(now, resolveAge) {
			due = append(due, host)
		}
	}
	for _, host := range further {
		if known := s.dns[host]; !known.fresh(now, resolveAge) && now.Sub(known.tried) >= resolveRetry {
			due = append(due, host)
		}
	}
	for host, r := range s.hosts.Read(ctx, due, cfg.Deadlines.Patience) {
		old := s.dns[host]
		if r.At.IsZero() {
			r = old.reading
		}
		s.dns[host] = lookup{r, now}
	}
	all := slices.Concat(needed, further)
	out := make(map[string][]netip.Addr, len(all))
	for _, host := range all {
		out[host] = s.dns[host].Value
	}
	maps.DeleteFunc(s.dns, func(host string, _ lookup) bool { _, used := out[host]; return !used })
	return out
}

// lookup is the latest successful reading of a host's addresses, and when the last
// lookup was made.
type lookup struct {
	reading[[]netip.Addr]
	tried time.Time
}
