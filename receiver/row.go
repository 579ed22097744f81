package receiver

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// row is one server as the page shows it, all of it as text. The element of the
// page that shows a row has the id "s" + key, and "b" + key in the list of servers
// that change or need attention.
type row struct {
	prefix, key string
	Name, Addr, Datacenter, State, Since, Size, Load, Meetings, People,
	Step, Why, Alerts, Cooldowns string
	// Page is what names the server in the address of its page; "" is Name.
	Page string
	// Busy is "1" for a server that is changing, taken over by a person, unjoined,
	// or has an alert that asks for capacity or reports it down; else "".
	Busy string
}

// ID is the id of the element that shows the row, "" for the empty row that the
// script copies.
func (r row) ID() string { return r.prefix + r.key }

// Href is the address of the server's page, relative to the main page.
func (r row) Href() string {
	return strings.TrimPrefix(api.PathServer, "/") + "/" + url.PathEscape(cmp.Or(r.Page, r.Name))
}

// pageName returns the server's id if its name could be read as something else in an
// address.
func pageName(s fleet.ServerStatus) string {
	if plainName.MatchString(s.Name) {
		return ""
	}
	return s.ID
}

// plainName matches names that mean nothing else in an address.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// fields returns the row's texts in the order by which updates of the page number
// them; rows.js has the same order.
func (r row) fields() [15]string {
	return [...]string{r.Name, r.Addr, r.Datacenter, r.State, r.Since, r.Size, r.Load, r.Meetings, r.People, r.Step, r.Why, r.Alerts, r.Cooldowns, r.Busy, r.Page}
}

// keys gives each server a short key, the same as long as the daemon runs.
type keys struct {
	mu sync.Mutex
	of map[string]string // by server id
}

// key returns the key of a server's id.
func (k *keys) key(id string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := k.of[id]
	if key == "" {
		key = strconv.Itoa(len(k.of) + 1)
		k.of[id] = key
	}
	return key
}

// rowsOf returns the rows of all servers, in the order of the status. Of servers
// with one id, the first is shown.
func (p *pageData) rowsOf() []row {
	labels := datacenterLabels(p.Status.Servers)
	rows := make([]row, 0, len(p.Status.Servers))
	seen := map[string]bool{}
	for _, s := range p.Status.Servers {
		if seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		r := row{prefix: "s", key: p.keys.key(s.ID), Name: cmp.Or(s.Name, s.ID), Addr: s.Addr, Datacenter: labels[s.Datacenter], State: string(s.State),
			Size: size(s.Size), Load: "–", Why: strings.TrimPrefix(s.Reason, string(s.State)+": "), Alerts: strings.Join(s.Alerts, ", "), Cooldowns: cooldowns(p.Now, s), Page: pageName(s)}
		if s.Meetings != nil {
			r.Meetings, r.People = strconv.Itoa(s.Meetings.Meetings), strconv.Itoa(s.Meetings.Participants)
		}
		if !s.Since.IsZero() {
			r.Since = clock(p.Now, s.Since)
		}
		if s.Balancer == fleet.Enabled || s.Balancer == fleet.Cordoned {
			r.Load = fmt.Sprintf("%.0f", s.Load)
		}
		if s.InFlight != nil {
			r.Step = string(s.InFlight.Kind)
		}
		if p.busy(s) {
			r.Busy = "1"
		}
		rows = append(rows, r)
	}
	return rows
}

// busy reports whether a server is changing or needs somebody to look.
func (p *pageData) busy(s fleet.ServerStatus) bool {
	if settled := s.State == fleet.StateActive || s.State == fleet.StateOff || s.State == fleet.StateExcluded; !settled || s.InFlight != nil {
		return true
	}
	for _, name := range s.Alerts {
		if m := p.Asks[name]; m.Ask == rules.AskGrow || m.Ask == rules.AskDisable {
			return true
		}
	}
	return false
}

const (
	// busyShown is how many servers that change or need attention have a list of their
	// own. More are found in the list of all; rows.js has the same number.
	busyShown = 100
	// busySent is how many of them the page has twice. Its script lists the others,
	// which the page marks in the list of all.
	busySent = 25
)

// busyRows returns the first rows of the list of servers that change or need attention,
// none if there are too many, and how many there are.
func busyRows(rows []row) (busy []row, n int) {
	for _, r := range rows {
		if r.Busy != "" {
			r.prefix = "b"
			busy = append(busy, r)
		}
	}
	if n = len(busy); n > busyShown {
		return nil, n
	}
	return busy[:min(busySent, n)], n
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)

// datacenterLabels returns a short text for each datacenter: the first digits of
// a UUID if no other datacenter begins so, else the whole name.
func datacenterLabels(servers []fleet.ServerStatus) map[string]string {
	label, owner := map[string]string{}, map[string]string{}
	for _, s := range servers {
		if _, known := label[s.Datacenter]; known {
			continue
		}
		short := s.Datacenter
		if uuid.MatchString(short) {
			short = short[:8]
		}
		if other, taken := owner[short]; taken {
			label[other], short = other, s.Datacenter
		}
		owner[short], label[s.Datacenter] = s.Datacenter, short
	}
	return label
}
