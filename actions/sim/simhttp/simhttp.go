// Package simhttp helps to serve all servers of a sim.World on shared listeners: it
// identifies the server that a request is for, and closes connections like a server that
// is switched off.
//
// On Linux every address of 127.0.0.0/8 is the machine itself. Loopback gives each
// server such an address, so that a listener on 0.0.0.0 with one port serves all
// BigBlueButton servers, and one with another port all node exporters. ByLocalAddr
// distinguishes the servers by the address that the client dialled:
//
//	world := sim.New(sim.Config{Servers: 24, Each: simhttp.Loopback(9000)})
//	http.Serve(onPort9000, bbbtest.New(bbbtest.Config{World: world}))
//	http.Serve(onPort9100, exportertest.Node(exportertest.Config{World: world}))
package simhttp

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Addr returns the loopback address of the ith server, counted from 1: 127.0.1.1
// and the following, 250 in each /24.
func Addr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 0, byte(1 + (i-1)/250), byte((i-1)%250 + 1)})
}

// PrivateAddr returns a second loopback address of the ith server, counted from 1:
// 127.1.1.1 and the following.
func PrivateAddr(i int) netip.Addr {
	b := Addr(i).As4()
	return netip.AddrFrom4([4]byte{b[0], 1, b[2], b[3]})
}

// Loopback returns a sim.Config.Each that gives every server its loopback
// address, and its BigBlueButton API a URL there on a port.
func Loopback(port int) func(i int, s *sim.ServerSpec) {
	return func(i int, s *sim.ServerSpec) {
		s.Addr = Addr(i)
		s.URL = fmt.Sprintf("http://%s:%d/bigbluebutton/api", s.Addr, port)
	}
}

// Identify returns the server that a request is for, by any name that
// sim.World.Server accepts.
type Identify func(r *http.Request) string

// ByLocalAddr identifies the server by the address that the client dialled.
func ByLocalAddr(r *http.Request) string {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return ""
	}
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return ""
	}
	return ap.Addr().Unmap().String()
}

// ByHost identifies the server by the host in the request's Host header.
func ByHost(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}

// ByPath identifies the server by the first element of the path, its name.
func ByPath(r *http.Request) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return name
}

// HangUp closes the connection without an answer, as happens when a server is
// switched off while a client holds a connection to it.
func HangUp(rw http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
		conn.Close()
		return
	}
	rw.WriteHeader(http.StatusBadGateway) // HTTP/2 connections cannot be hijacked; a proxy would answer 502
}
