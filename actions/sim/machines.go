package sim

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Machine is a server as the cloud's API describes it.
type Machine struct {
	fleet.CloudServer
	VMState  string // RUNNING, SHUTOFF, SUSPENDED, CRASHED
	VolumeID string // of the boot volume
	NICID    string
	Modified time.Time
}

// Machines returns the servers of a datacenter; it counts as one call of the
// cloud. Errors are *CloudError.
func (w *World) Machines(dc string) ([]Machine, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.dcs[dc]
	if e := w.enter("servers", nil, d); e != nil {
		return nil, e
	}
	if d == nil {
		return nil, refuse(http.StatusNotFound, "Resource does not exist")
	}
	n := len(d.servers)
	if f := w.strike(ListShrinks, "servers", nil, d); f != nil {
		n -= int(f.Share*float64(n) + 0.5)
	}
	machines := make([]Machine, max(0, n))
	for i := range machines {
		machines[i] = w.machine(d.servers[i])
	}
	return machines, nil
}

// Machine returns one server; it counts as one call of the cloud. Errors are
// *CloudError.
func (w *World) Machine(ref fleet.ServerRef) (Machine, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.lookup(ref)
	if e := w.enter("server", s, w.dcs[ref.Datacenter]); e != nil {
		return Machine{}, e
	}
	if s == nil {
		return Machine{}, refuse(http.StatusNotFound, "Resource does not exist")
	}
	return w.machine(s), nil
}

// lookup returns the server that ref names, or nil.
func (w *World) lookup(ref fleet.ServerRef) *server {
	s := w.byName[ref.ID]
	if s == nil || s.id != ref.ID || s.dc.id != ref.Datacenter {
		return nil
	}
	return s
}

// machine returns s as the cloud's API describes it.
func (w *World) machine(s *server) Machine {
	m := Machine{
		CloudServer: fleet.CloudServer{
			ServerRef: fleet.ServerRef{Datacenter: s.dc.id, ID: s.id, Template: s.spec.Template}, Name: s.name, Size: s.size,
			Power: s.power(), Busy: s.pending > 0, HotPlug: s.spec.HotPlug,
		},
		VMState: string(s.vm), VolumeID: s.volume, NICID: s.nic, Modified: w.cfg.Start.Add(s.modified),
	}
	if s.vm == vmOff && s.spec.Template == Cube {
		m.VMState = "SUSPENDED"
	}
	if s.addr.IsValid() {
		m.Addrs = []netip.Addr{s.addr}
	}
	if s.spec.Private.IsValid() {
		m.Addrs = append(m.Addrs, s.spec.Private)
	}
	return m
}

// setAddr changes the address of s, also in byName. An invalid address means none.
func (w *World) setAddr(s *server, addr netip.Addr) {
	delete(w.byName, s.addr.String())
	s.addr = addr
	if addr.IsValid() {
		w.byName[addr.String()] = s
	}
}

// cloudServers returns machines as fleet.CloudServers.
func cloudServers(machines []Machine) []fleet.CloudServer {
	servers := make([]fleet.CloudServer, len(machines))
	for i, m := range machines {
		servers[i] = m.CloudServer
	}
	return servers
}
