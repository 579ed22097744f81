package receiver

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"
)

// A client that sends its notification byte by byte, or not at all, is cut off
// and holds no connection for ever.
func TestASlowClientIsCutOff(t *testing.T) {
	for name, sent := range map[string]string{
		"in its header": "POST /webhook HTTP/1.1\r\nHost: x\r\n",
		"in its body":   "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			cfg := Defaults()
			cfg.ReadTimeout = 50 * time.Millisecond
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := Server(cfg, New(cfg, deps(m)), slog.New(slog.DiscardHandler))
			go s.Serve(l)
			defer s.Close()
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, sent)
			if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(conn); err != nil {
				t.Errorf("the connection was not closed: %v", err)
			}
			if len(m.table) != 0 {
				t.Error("something was taken over")
			}
		})
	}
}

func TestEveryConnectionHasLimits(t *testing.T) {
	if got := Server(Defaults(), nil, slog.New(slog.DiscardHandler)); got.MaxHeaderBytes <= 0 || got.MaxHeaderBytes > 64<<10 ||
		got.ReadHeaderTimeout <= 0 || got.ReadTimeout <= 0 || got.WriteTimeout <= 0 || got.IdleTimeout <= 0 {
		t.Errorf("a limit is missing: %+v", got)
	}
}
