package fleet

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Server is one server of the fleet in one cycle, joined from the cloud, the
// balancer, the alerts and the scaler's own record.
type Server struct {
	CloudServer
	Balancer *BalancerServer // nil: not in the balancer, or registered several times
	Record   Record
	Probe    Probe
	Alerts   []Alert // about this server, see AlertTable.Believed
	State    State
	// Host identifies the server in labels and names no other server. Aliases are all
	// hosts that name this server and no other, in the spellings that exporters may
	// use.
	Host    string
	Aliases []string
	// Problem says why the state is unjoined, uncertain, excluded, down or manual, and
	// what changes it.
	Problem string
	// Hold says why the server must not be changed now, HoldIn why no capacity may be
	// removed from it. Empty: no reason.
	Hold, HoldIn string
}

// Probe is the latest answer of the server's own BigBlueButton.
type Probe struct {
	At    time.Time    // when it was asked; zero: not asked recently
	Count MeetingCount // valid if Err is nil
	Err   error        // why it did not answer as BigBlueButton does
}

// Pool returns the server's tag in the balancer, which says whose meetings it takes;
// it is empty for a server of the meetings that ask for none.
func (s *Server) Pool() string {
	if s.Balancer == nil {
		return ""
	}
	return s.Balancer.Tag
}

// Answered reports whether BigBlueButton answered the latest probe.
func (p Probe) Answered() bool { return !p.At.IsZero() && p.Err == nil }

// Empty reports whether BigBlueButton answered that it has no meeting and nobody in
// one.
func (p Probe) Empty() bool {
	return p.Answered() && p.Count.Meetings == 0 && p.Count.Participants == 0
}

// Silent reports whether BigBlueButton was probed and did not answer.
func (p Probe) Silent() bool { return !p.At.IsZero() && p.Err != nil }

// AlertsAsking returns the alerts about the server that ask for want.
func (s *Server) AlertsAsking(asks map[string]rules.Meaning, want rules.Ask) (out []Alert) {
	for _, a := range s.Alerts {
		if asks[a.Name].Ask == want {
			out = append(out, a)
		}
	}
	return out
}

// ByName orders servers by name, with digits compared as numbers: bbb-2 comes before
// bbb-10. Servers of the same name are ordered by id.
func ByName(a, b *CloudServer) int {
	return cmp.Or(compareNatural(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

// compareNatural compares two texts; digits in them are compared as numbers.
func compareNatural(a, b string) int {
	a, b = different(a, b)
	for a != "" && b != "" {
		x, restA := digits(a)
		y, restB := digits(b)
		if x != "" && y != "" {
			if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
				return c
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// different removes the common prefix, which is most of the names of two servers,
// except for trailing digits: these belong to the first number that may differ.
func different(a, b string) (restA, restB string) {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && isDigit(a[n-1]) {
		n--
	}
	return a[n:], b[n:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digits splits s into its leading digits, without leading zeros, and the rest.
func digits(s string) (number, rest string) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	number, rest = s[:n], s[n:]
	for len(number) > 1 && number[0] == '0' {
		number = number[1:]
	}
	return number, rest
}

// Addr returns the first address of the server, which the status shows; the zero
// value if it has none.
func (s CloudServer) Addr() netip.Addr {
	if len(s.Addrs) == 0 {
		return netip.Addr{}
	}
	return s.Addrs[0]
}
