package fleet

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

func listed(id, name string, addrs ...string) CloudServer {
	c := CloudServer{ServerRef: ServerRef{ID: id, Datacenter: "dc"}, Name: name}
	for _, a := range addrs {
		c.Addrs = append(c.Addrs, netip.MustParseAddr(a))
	}
	return c
}

// dns completes a join with fixed addresses for the hosts that it looks up.
type dns map[string][]string

func (d dns) join(t *testing.T, cfg Config, snapshot Snapshot) (servers []Server, unjoined []Hold, j *Join) {
	t.Helper()
	j = NewJoin(cfg, snapshot, nil)
	addrs := map[string][]netip.Addr{}
	for _, host := range append(j.Unknown(), j.Named()...) {
		for _, a := range d[host] {
			addrs[host] = append(addrs[host], netip.MustParseAddr(a))
		}
	}
	servers, unjoined = j.Servers(addrs)
	return servers, unjoined, j
}

func ofServer(instance, serverID string) Alert {
	return Alert{Name: rules.ServerCPUHigh, Labels: map[string]string{rules.LabelInstance: instance, rules.LabelServerID: serverID}}
}

// TestAlertIsJoinedByEveryNameOfItsServer has two servers. Scalelite lists b1 by host
// name and b2 by address.
func TestAlertIsJoinedByEveryNameOfItsServer(t *testing.T) {
	names, err := ParseNamePattern(`node([0-9]+)\.mgmt`)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Asks: rules.Meanings(), HostNames: HostNames{Host: names, Name: "BBB-Server$1"}}
	snapshot := Snapshot{
		Cloud:    []CloudServer{listed("5e1f-1", "BBB-Server1", "10.0.0.1", "2001:db8::1", "192.168.7.1"), listed("5e1f-2", "BBB-Server2", "10.0.0.2")},
		Balancer: []BalancerServer{{ID: "b1", URL: "https://BBB-1.example.org/bigbluebutton/api"}, {ID: "b2", URL: "https://10.0.0.2/bigbluebutton/api"}},
	}
	resolver := dns{"BBB-1.example.org": {"203.0.113.9", "10.0.0.1"}, "exporter-1.internal": {"192.168.7.1"}, "both.internal": {"10.0.0.1", "10.0.0.2"}}
	tests := []struct {
		name     string
		instance string
		serverID string
		want     string // id; "": unjoined
	}{
		{"the first address", "10.0.0.1:9100", "", "5e1f-1"},
		{"another NIC's private address", "192.168.7.1:9100", "", "5e1f-1"},
		{"IPv6 in brackets", "[2001:db8::1]:9100", "", "5e1f-1"},
		{"IPv6 spelled another way", "[2001:DB8:0:0::1]:9100", "", "5e1f-1"},
		{"IPv6 without port and brackets", "2001:db8::1", "", "5e1f-1"},
		{"IPv4 within IPv6", "[::ffff:10.0.0.1]:9100", "", "5e1f-1"},
		{"the IONOS name in another case", "bbb-server1:9100", "", "5e1f-1"},
		{"the host in Scalelite in another case", "bbb-1.EXAMPLE.org:9100", "", "5e1f-1"},
		{"the host in Scalelite with a trailing dot and no port", "bbb-1.example.org.", "", "5e1f-1"},
		{"an address that only DNS gives for the host in Scalelite", "203.0.113.9:9100", "", "5e1f-1"},
		{"a name that only DNS knows", "exporter-1.internal:9100", "", "5e1f-1"},
		{"a configured pattern", "node2.mgmt:9100", "", "5e1f-2"},
		{"a server_id, whatever the instance", "10.0.0.2:9100", "5e1f-1", "5e1f-1"},
		{"a server_id that is no server's, by the instance", "10.0.0.2:9100", "5e1f-9", "5e1f-2"},
		{"a name whose addresses are of two servers", "both.internal:9100", "", ""},
		{"a name of nobody", "bbb-3.example.org:9100", "", ""},
		{"nothing at all", "", "5e1f-9", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			snapshot.Alerts = []Alert{ofServer(tt.instance, tt.serverID)}
			servers, unjoined, _ := resolver.join(t, cfg, snapshot)
			var got strings.Builder
			for _, s := range servers {
				if len(s.Alerts) > 0 {
					got.WriteString(s.ID)
				}
			}
			if got.String() != tt.want || len(unjoined) != map[bool]int{true: 0, false: 1}[tt.want != ""] {
				t.Errorf("joined to %q, unjoined %q; want %q", got.String(), unjoined, tt.want)
			}
		})
	}
}

func TestBalancerServerIsJoinedByNameInAnyCaseAndByAddress(t *testing.T) {
	cloud := []CloudServer{listed("a", "BBB-Server1", "10.0.0.1", "2001:db8::1"), listed("b", "bbb-server2", "10.0.0.2")}
	tests := []struct{ name, url, want string }{
		{"name in lower case", "https://bbb-server1/bigbluebutton/api", "a"},
		{"name in upper case", "https://BBB-SERVER2/bigbluebutton/api", "b"},
		{"IPv6 in brackets, spelled another way", "https://[2001:DB8::0001]:8443/bigbluebutton/api", "a"},
		{"by DNS", "https://bbb-2.example.org/bigbluebutton/api", "b"},
		{"DNS with an address of nobody's beside", "https://nat.example.org/bigbluebutton/api", "a"},
		{"DNS with addresses of two servers", "https://both.example.org/bigbluebutton/api", ""},
		{"unknown", "https://bbb-9.example.org/bigbluebutton/api", ""},
	}
	resolver := dns{"bbb-2.example.org": {"10.0.0.2"}, "nat.example.org": {"203.0.113.1", "10.0.0.1"}, "both.example.org": {"10.0.0.1", "10.0.0.2"}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			servers, unjoined, _ := resolver.join(t, Config{}, Snapshot{Cloud: cloud, Balancer: []BalancerServer{{ID: "x", URL: tt.url}}})
			var got strings.Builder
			for _, s := range servers {
				if s.Balancer != nil {
					got.WriteString(s.ID)
				}
			}
			if got.String() != tt.want || (tt.want == "") != (len(unjoined) == 1) {
				t.Errorf("joined to %q, unjoined %q; want %q", got.String(), unjoined, tt.want)
			}
		})
	}
}

// TestServerMadeAnewIsJoinedAtOnce has a cloud list with the new server, and the old
// one of the same name that still counts as missing from it, in both orders.
func TestServerMadeAnewIsJoinedAtOnce(t *testing.T) {
	older, newer := listed("old", "bbb-server1", "10.0.0.1", "10.9.9.9"), listed("new", "bbb-server1", "10.0.0.1")
	for name, cloud := range map[string][]CloudServer{"the new one first": {newer, older}, "the old one first": {older, newer}} {
		t.Run(name, func(t *testing.T) {
			servers, unjoined, j := dns{}.join(t, Config{Asks: rules.Meanings()}, Snapshot{
				Cloud: cloud, Missing: map[string]string{"old": "not listed"},
				Balancer: []BalancerServer{{ID: "x", URL: "https://bbb-server1/bigbluebutton/api"}},
				Alerts:   []Alert{ofServer("10.0.0.1:9100", ""), ofServer("10.9.9.9:9100", "")},
			})
			if len(unjoined) > 0 || len(j.Shared()) > 0 {
				t.Fatalf("unjoined %q, shared %q; want none", unjoined, j.Shared())
			}
			for _, s := range servers {
				if (s.Balancer != nil) != (s.ID == "new") || len(s.Alerts) != 1 {
					t.Errorf("%s: balancer %+v, alerts %v; want the new one in the balancer, and an alert for each", s.ID, s.Balancer, s.Alerts)
				}
				if s.ID == "old" && slices.Contains(s.Aliases, "10.0.0.1") {
					t.Errorf("the old one keeps %q", s.Aliases)
				}
			}
		})
	}
}

func TestHostThatTwoServersShareJoinsNeitherAndIsSaid(t *testing.T) {
	cloud := []CloudServer{listed("a", "bbb-server1", "10.0.0.1", "192.168.0.1"), listed("b", "bbb-server2", "10.0.0.2", "192.168.0.1")}
	servers, unjoined, j := dns{}.join(t, Config{Asks: rules.Meanings()}, Snapshot{Cloud: cloud, Alerts: []Alert{ofServer("192.168.0.1:9100", "")}})
	for _, s := range servers {
		if len(s.Alerts) > 0 || slices.Contains(s.Aliases, "192.168.0.1") {
			t.Errorf("%s has alerts %v and aliases %q", s.Name, s.Alerts, s.Aliases)
		}
	}
	if len(unjoined) != 1 || !strings.Contains(unjoined[0].Text, "192.168.0.1 belongs to several servers, bbb-server1 and bbb-server2") {
		t.Errorf("unjoined %q, want the alert with the cause", unjoined)
	}
	if got, want := j.Shared(), []string{"192.168.0.1: bbb-server1, bbb-server2"}; !slices.Equal(got, want) {
		t.Errorf("shared %q, want %q", got, want)
	}
}

// TestWhatDNSSaysNeverTakesAnAddressFromItsServer has a DNS name that still resolves
// to an address which now belongs to another server.
func TestWhatDNSSaysNeverTakesAnAddressFromItsServer(t *testing.T) {
	servers, _, j := dns{"bbb-server1": {"10.0.0.2"}}.join(t, Config{}, Snapshot{
		Cloud:    []CloudServer{listed("a", "bbb-server1", "10.0.0.1"), listed("b", "bbb-server2", "10.0.0.2")},
		Balancer: []BalancerServer{{ID: "x", URL: "https://bbb-server1/bigbluebutton/api"}},
	})
	if slices.Contains(servers[0].Aliases, "10.0.0.2") || !slices.Contains(servers[1].Aliases, "10.0.0.2") || len(j.Shared()) > 0 {
		t.Errorf("aliases %q and %q, shared %q; want the address to stay with its server", servers[0].Aliases, servers[1].Aliases, j.Shared())
	}
}

func TestAliasesArePublishedAsTheyAreSpelledAndInLowerCase(t *testing.T) {
	cfg := Config{Asks: rules.Meanings()}
	snapshot := Snapshot{
		Cloud:    []CloudServer{listed("ID-1", "BBB-Server1", "10.0.0.1", "2001:db8::1"), listed("ID-2", "twin"), listed("ID-3", "twin")},
		Balancer: []BalancerServer{{ID: "b1", URL: "https://BBB-1.example.org/bigbluebutton/api"}},
		Alerts:   []Alert{ofServer("Bbb-1.Example.org:9100", "")},
	}
	resolver := dns{"BBB-1.example.org": {"10.0.0.1"}}
	servers, _, j := resolver.join(t, cfg, snapshot)
	want := []string{"ID-1", "id-1", "BBB-Server1", "bbb-server1", "10.0.0.1", "2001:db8::1", "BBB-1.example.org", "bbb-1.example.org", "Bbb-1.Example.org"}
	if got := servers[0].Aliases; !slices.Equal(got, want) {
		t.Errorf("aliases %q, want %q", got, want)
	}
	for i, want := range []string{"10.0.0.1", "ID-2", "ID-3"} {
		if got := servers[i].Host; got != want {
			t.Errorf("host of %s is %q, want %q, which is of no other", servers[i].ID, got, want)
		}
	}
	// The alert is resolved; the host that it named is still joined.
	snapshot.Alerts, snapshot.Hosts = nil, j.Learned()
	servers, _, _ = resolver.join(t, cfg, snapshot)
	if got := servers[0].Aliases; !slices.Equal(got, want) {
		t.Errorf("aliases after the alert %q, want %q", got, want)
	}
}
