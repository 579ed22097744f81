// Package link carries TCP and UDP between two programs on this machine, over a
// connection that can be broken and mended: for the demo and for tests of what a
// broken network does.
package link

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Link carries TCP and UDP from a loopback address of its own to a target. It is
// up until it is cut or hangs.
type Link struct {
	target string
	tcp    net.Listener
	udp    *net.UDPConn
	wg     sync.WaitGroup

	mu   sync.Mutex
	down bool                    // nothing passes
	up   chan struct{}           // closed unless the link hangs
	open map[net.Conn]bool       // both ends of the TCP connections
	back map[string]*net.UDPConn // by sender: the way to the target and back
}

// New returns a link to target, a host and port on which something may listen
// later. Its errors are those of listening.
func New(target string) (*Link, error) {
	l := &Link{target: target, up: make(chan struct{}), open: map[net.Conn]bool{}, back: map[string]*net.UDPConn{}}
	close(l.up)
	var err error
	if l.tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listening for %s: %w", target, err)
	}
	at, _ := l.tcp.Addr().(*net.TCPAddr)
	if l.udp, err = net.ListenUDP("udp", &net.UDPAddr{IP: at.IP, Port: at.Port}); err != nil {
		return nil, errors.Join(fmt.Errorf("listening for %s: %w", target, err), l.tcp.Close())
	}
	l.wg.Go(l.accept)
	l.wg.Go(l.receive)
	return l, nil
}

// Addr returns the host and port at which the target is reached over the link.
func (l *Link) Addr() string { return l.tcp.Addr().String() }

// Cut ends all connections and refuses others until Mend, as a firewall that
// rejects or a program that has ended.
func (l *Link) Cut() { l.set(true, false) }

// Hang lets nothing through until Mend, as a network that loses every packet:
// connections stay open, and what was written to them arrives after Mend.
func (l *Link) Hang() { l.set(true, true) }

// Mend lets everything through again.
func (l *Link) Mend() { l.set(false, false) }

// Close ends all connections and the link.
func (l *Link) Close() error {
	err := errors.Join(l.tcp.Close(), l.udp.Close())
	l.Cut()
	l.wg.Wait()
	return err
}

func (l *Link) set(down, hang bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	if !hang {
		l.release()
	} else if l.passes() {
		l.up = make(chan struct{})
	}
	if down && !hang {
		l.closeAll()
	}
}

// passes reports whether TCP passes, or at once fails.
func (l *Link) passes() bool {
	select {
	case <-l.up:
		return true
	default:
		return false
	}
}

func (l *Link) release() {
	if !l.passes() {
		close(l.up)
	}
}

func (l *Link) closeAll() {
	for c := range l.open {
		c.Close()
	}
	for from, c := range l.back {
		c.Close()
		delete(l.back, from)
	}
}

// state returns whether nothing passes, and a channel that is closed unless
// senders are to wait.
func (l *Link) state() (down bool, up <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down, l.up
}

func (l *Link) accept() {
	for {
		from, err := l.tcp.Accept()
		if err != nil {
			return
		}
		l.wg.Go(func() { l.connect(from) })
	}
}

// connect carries a connection to the target once the link does not hang.
func (l *Link) connect(from net.Conn) {
	if !l.keep(from) {
		return
	}
	_, up := l.state()
	<-up
	to, err := net.DialTimeout("tcp", l.target, time.Second)
	if err != nil {
		l.drop(from)
		return
	}
	if l.keep(to) {
		l.wg.Go(func() { l.carry(to, from) })
	}
	l.carry(from, to)
}

// keep notes an open connection, or closes it where the link is cut.
func (l *Link) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down && l.passes() {
		c.Close()
		return false
	}
	l.open[c] = true
	return true
}

func (l *Link) drop(c net.Conn) {
	c.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// packet is the maximum size of what is carried at a time.
const packet = 64 << 10

// carry copies what from sends to the other end, until one of them is closed.
func (l *Link) carry(from, to net.Conn) {
	defer l.drop(from)
	defer l.drop(to)
	buffer := make([]byte, packet)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			_, up := l.state()
			<-up
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *Link) receive() {
	buffer := make([]byte, packet)
	for {
		n, from, err := l.udp.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		if c := l.wayOf(from); c != nil {
			_, _ = c.Write(buffer[:n])
		}
	}
}

// wayOf returns the socket whose answers go back to a sender, or nil while the
// link is down.
func (l *Link) wayOf(from *net.UDPAddr) *net.UDPConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil
	}
	if c := l.back[from.String()]; c != nil {
		return c
	}
	to, err := net.ResolveUDPAddr("udp", l.target)
	if err != nil {
		return nil
	}
	c, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil
	}
	l.back[from.String()] = c
	l.wg.Go(func() { l.answer(c, from) })
	return c
}

// answer sends back what the target answers.
func (l *Link) answer(c *net.UDPConn, to *net.UDPAddr) {
	buffer := make([]byte, packet)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			// A port that nothing listens on yet is no end.
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		if down, _ := l.state(); !down {
			_, _ = l.udp.WriteToUDP(buffer[:n], to)
		}
	}
}
