package e2e

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// link carries UDP and TCP to an address on loopback, and can be cut.
type link struct {
	addr string // where to reach target through the link
	down atomic.Bool

	target string
	tcp    net.Listener
	udp    *net.UDPConn
	mu     sync.Mutex
	open   map[net.Conn]bool       // both ends of the TCP connections
	back   map[string]*net.UDPConn // by who sends: the way to target and back
}

// newLink returns a link to target that is up.
func newLink(t testing.TB, target string) *link {
	t.Helper()
	l := &link{addr: freeAddr(t), target: target, open: map[net.Conn]bool{}, back: map[string]*net.UDPConn{}}
	var err error
	if l.tcp, err = net.Listen("tcp", l.addr); err != nil {
		t.Fatal(err)
	}
	at, err := net.ResolveUDPAddr("udp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	if l.udp, err = net.ListenUDP("udp", at); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(l.accept)
	wg.Go(l.receive)
	t.Cleanup(func() {
		l.tcp.Close()
		l.udp.Close()
		l.closeAll()
		wg.Wait()
	})
	return l
}

// cut ends all connections and lets nothing through until the link is mended.
func (l *link) cut() {
	l.down.Store(true)
	l.closeAll()
}

func (l *link) mend() { l.down.Store(false) }

func (l *link) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
	for from, c := range l.back {
		c.Close()
		delete(l.back, from)
	}
}

func (l *link) accept() {
	for {
		from, err := l.tcp.Accept()
		if err != nil {
			return
		}
		to, err := net.DialTimeout("tcp", l.target, time.Second)
		if err != nil {
			from.Close()
			continue
		}
		l.mu.Lock()
		l.open[from], l.open[to] = true, true
		l.mu.Unlock()
		if l.down.Load() {
			l.closeAll()
		}
		go l.carry(from, to)
		go l.carry(to, from)
	}
}

func (l *link) carry(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	to.Close()
	l.mu.Lock()
	delete(l.open, from)
	l.mu.Unlock()
}

func (l *link) receive() {
	packet := make([]byte, 64<<10)
	for {
		n, from, err := l.udp.ReadFromUDP(packet)
		if err != nil {
			return
		}
		if c := l.wayOf(from); c != nil && !l.down.Load() {
			_, _ = c.Write(packet[:n])
		}
	}
}

// wayOf returns the socket whose answers go back to a sender.
func (l *link) wayOf(from *net.UDPAddr) *net.UDPConn {
	l.mu.Lock()
	defer l.mu.Unlock()
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
	go func() {
		packet := make([]byte, 64<<10)
		for {
			n, err := c.Read(packet)
			if err != nil {
				return
			}
			if !l.down.Load() {
				_, _ = l.udp.WriteToUDP(packet[:n], from)
			}
		}
	}()
	return c
}
