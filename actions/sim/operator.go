package sim

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Operator makes the changes of a person in the consoles of the cloud and the balancer.
// They do not count as calls or steps, no Fault applies to them, and those in the cloud
// take effect immediately. A server is named by its name, id, host, URL or address.
type Operator struct{ w *World }

// Operator returns the Operator of w.
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

// Stop switches a server off. Its meetings are interrupted.
func (o Operator) Stop(name string) error {
	return o.do(name, func(s *server) {
		if s.vm != vmOff {
			o.w.halt(s, vmOff)
		}
	})
}

// Crash makes the machine fail. Its state is CRASHED, neither on nor off, until it is
// started.
func (o Operator) Crash(name string) error {
	return o.do(name, func(s *server) { o.w.halt(s, vmCrashed) })
}

// Resize changes a server's size without a reboot.
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
