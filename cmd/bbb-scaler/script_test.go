package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bbb-scaler": func() { os.Exit(exitCode()) }})
}

// TestScripts runs the command lines of testdata/script on a simulated fleet of
// four servers, two of them running.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			simulated := newFleet(t, 4, 2)
			e.Setenv("URL", "http://"+freeAddress(t))
			e.Setenv("BBB_SCALER_URL", e.Getenv("URL"))
			e.Setenv("ADDR", e.Getenv("URL")[len("http://"):])
			return os.WriteFile(filepath.Join(e.WorkDir, "bbb-scaler.yml"), []byte(simulated.config()), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": ready, "shows": shows, "waits": waits, "append": appendTo,
		},
	})
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ready waits until the daemon is ready.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	for range 600 {
		if resp, err := http.Get(ts.Getenv("URL") + "/-/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("the daemon is not ready")
}

// waits waits until the daemon serves requests, whatever it answers.
func waits(ts *testscript.TestScript, _ bool, _ []string) {
	for range 600 {
		if resp, err := http.Get(ts.Getenv("URL")); err == nil {
			resp.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("the daemon does not answer")
}

// appendTo FILE FROM appends a file to another one, indented as a YAML mapping.
func appendTo(ts *testscript.TestScript, _ bool, args []string) {
	file, text := ts.MkAbs(args[0]), ts.ReadFile(args[0])+"  "+ts.ReadFile(args[1])
	ts.Check(os.WriteFile(file, []byte(text), 0o600))
}

// shows TEXT waits until the daemon's view of the fleet contains it.
func shows(ts *testscript.TestScript, _ bool, args []string) {
	for range 600 {
		if resp, err := http.Get(ts.Getenv("URL") + "/api/v1/fleet"); err == nil {
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if strings.Contains(string(text), args[0]) {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("the fleet does not show %s", args[0])
}
