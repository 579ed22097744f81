package sim

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Operator is a person at the controls of the cloud and the balancer. What
// they do counts as no call of the scaler's, meets no fault, and in the cloud
// comes true at once. Servers go by name, id, host, URL or address.
type Operator struct{ w *World }

// Operator returns the person.
func (w *World) Operator() Operator { return Operator{w} }

// SetState enables, cordons or disables a server in the balancer.
func (o Operator) SetState(name string, to fleet.BalancerState) error {
	return o.do(name, func(s *server) {
		for _, m := range s.members {
			m.set(to)
		}
	})
}

// Start switches a server on.
func (o Operator) Start(name string) error {
	return o.do(name, func(s *server) {
		if s.vm != vmRunning {
			o.w.boot(s)
		}
	})
}

// Stop switches a server off, with all that runs on it.
func (o Operator) Stop(name string) error {
	return o.do(name, func(s *server) {
		if s.vm != vmOff {
			o.w.halt(s, vmOff)
		}
	})
}

// Crash has the machine itself fail: neither on nor off until it is started.
func (o Operator) Crash(name string) error {
	return o.do(name, func(s *server) { o.w.halt(s, vmCrashed) })
}

// Resize gives a server another size, without a reboot.
func (o Operator) Resize(name string, to fleet.Size) error {
	return o.do(name, func(s *server) {
		o.w.settle(s)
		s.size = to
		s.plug()
	})
}

func (o Operator) do(name string, change func(*server)) error {
	o.w.mu.Lock()
	defer o.w.mu.Unlock()
	s, err := o.w.find(name)
	if err != nil {
		return err
	}
	change(s)
	return nil
}
