package fleet

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Server is one server of the fleet, joined from the cloud, the balancer, the
// alerts and the scaler's own record, as one cycle sees it.
type Server struct {
	CloudServer
	Balancer *BalancerServer // nil: not in the balancer
	Record   Record
	Probe    Probe
	Alerts   []Alert // believed, unsuppressed, about this server
	State    State
	// Host stands for the server in labels, and names no other. Aliases are all
	// hosts that name it, and only it, spelled as its exporters may spell them.
	Host    string
	Aliases []string
	// Problem says why the state is unjoined, uncertain, excluded, down or
	// manual, and what would change it.
	Problem string
	// Hold, when set, says why the server must not be changed for now; HoldIn why
	// no capacity may be removed from it.
	Hold, HoldIn string
}

// Probe is the answer of the server's own BigBlueButton.
type Probe struct {
	At    time.Time // zero: not asked lately
	Count MeetingCount
	Err   error // it did not answer as BigBlueButton does
}

// Pool returns the server's tag in the balancer, which says whose meetings it takes;
// it is empty for a server of the meetings that ask for none.
func (s *Server) Pool() string {
	if s.Balancer == nil {
		return ""
	}
	return s.Balancer.Tag
}

// Answered reports whether BigBlueButton itself answered lately.
func (p Probe) Answered() bool { return !p.At.IsZero() && p.Err == nil }

// Empty reports whether the server is proven to have no meeting.
func (p Probe) Empty() bool {
	return p.Answered() && p.Count.Meetings == 0 && p.Count.Participants == 0
}

// Silent reports whether it was asked lately and did not answer.
func (p Probe) Silent() bool { return !p.At.IsZero() && p.Err != nil }

// AlertsAsking returns the believed alerts about the server that ask for want.
func (s *Server) AlertsAsking(asks map[string]rules.Meaning, want rules.Ask) (out []Alert) {
	for _, a := range s.Alerts {
		if asks[a.Name].Ask == want {
			out = append(out, a)
		}
	}
	return out
}

// ByName orders servers as people count: bbb-2 before bbb-10.
func ByName(a, b *Server) int {
	return cmp.Or(compareNatural(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

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

// different cuts off what both begin with, which is most of two servers' names,
// but for the number that they may differ in.
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

// digits splits off leading digits, without leading zeros.
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

// Addr returns the address that people and exporters know the server by.
func (s CloudServer) Addr() netip.Addr {
	if len(s.Addrs) == 0 {
		return netip.Addr{}
	}
	return s.Addrs[0]
}
