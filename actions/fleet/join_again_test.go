package fleet

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// few are the names that the snapshots of the next test use for everything, so that
// servers often share one.
var few = rapid.SampledFrom([]string{"a", "b", "c", "A.", "10.0.0.1", "10.0.0.2", "10.0.0.3"})

var someNames = NamePattern{regexp.MustCompile("^(?:a|b)$")}

var configs = rapid.SampledFrom([]Config{
	{Asks: rules.Meanings()},
	{Asks: rules.Meanings(), HostNames: HostNames{Host: someNames, Name: "c"}},
	{Asks: rules.Meanings(), Fleet: FleetConfig{NamePattern: someNames}},
})

// change changes one part of a snapshot, or of the answers of DNS, or the configuration.
// Lists are replaced, as the clients do it, and not written into.
func change(t *rapid.T, cfg *Config, s *Snapshot, resolver map[string][]netip.Addr) {
	addr := func() netip.Addr {
		return netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(1, 3).Draw(t, "addr"))})
	}
	switch rapid.SampledFrom([]string{"cloud", "missing", "power", "balancer", "load", "alerts", "hosts", "dns", "config", "nothing"}).Draw(t, "change") {
	case "cloud":
		s.Cloud = nil
		for i := range rapid.IntRange(2, 4).Draw(t, "servers") {
			s.Cloud = append(s.Cloud, CloudServer{ServerRef: ServerRef{ID: fmt.Sprint("id-", i%3)}, Name: few.Draw(t, "name"), Addrs: []netip.Addr{addr()}})
		}
	case "missing":
		s.Missing = map[string]string{fmt.Sprint("id-", rapid.IntRange(0, 2).Draw(t, "missing")): "not listed"}
	case "power":
		s.Cloud = slices.Clone(s.Cloud)
		for i := range s.Cloud {
			s.Cloud[i].Busy = rapid.Bool().Draw(t, "busy")
		}
	case "balancer":
		s.Balancer = nil
		for i := range rapid.IntRange(1, 4).Draw(t, "balancers") {
			s.Balancer = append(s.Balancer, BalancerServer{ID: fmt.Sprint(i), URL: "https://" + few.Draw(t, "host") + "/api"})
		}
	case "load":
		s.Balancer = slices.Clone(s.Balancer)
		for i := range s.Balancer {
			s.Balancer[i].Load = float64(rapid.IntRange(0, 9).Draw(t, "load"))
		}
	case "alerts":
		s.Alerts = nil
		for range rapid.IntRange(0, 3).Draw(t, "alerts") {
			s.Alerts = append(s.Alerts, ofServer(few.Draw(t, "instance")+":9100", rapid.SampledFrom([]string{"", "id-1"}).Draw(t, "server_id")))
		}
	case "hosts":
		s.Hosts = rapid.SliceOfN(few, 0, 2).Draw(t, "hosts")
	case "dns":
		resolver[few.Draw(t, "resolved")] = []netip.Addr{addr()}
	case "config":
		*cfg = configs.Draw(t, "config")
	}
}

// TestJoinIsTheSameAfterAnotherOne joins snapshots that differ in one thing from the one
// before.
func TestJoinIsTheSameAfterAnotherOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var before *Join
		var s Snapshot
		cfg := configs.Draw(t, "first config")
		resolver := map[string][]netip.Addr{}
		for range 20 {
			change(t, &cfg, &s, resolver)
			again, anew := NewJoin(cfg, s, before), NewJoin(cfg, s, nil)
			got := []any{again.Unknown(), again.Named()}
			want := []any{anew.Unknown(), anew.Named()}
			gotServers, gotUnjoined := again.Servers(maps.Clone(resolver))
			servers, unjoined := anew.Servers(maps.Clone(resolver))
			got = append(got, gotServers, gotUnjoined, again.Learned(), again.Shared())
			want = append(want, servers, unjoined, anew.Learned(), anew.Shared())
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Fatalf("after the join before, the join of %+v differs (-anew +after another):\n%s", s, diff)
			}
			before = again
		}
	})
}
