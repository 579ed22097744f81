// Package client calls the daemon's HTTP API. It is the only client of that API:
// the commands status, explain, pause, resume and release, the live demo, and
// simulate record all use it.
//
// It shares the paths and request types of package receiver/api with the
// receiver, and decodes responses into the types of package actions/fleet
// that the daemon encodes. It does not import the receiver, so that a program that
// only calls a daemon does not include an HTTP server framework.
//
// Requests are not retried. Redirects are not followed, so that credentials are
// sent to the configured address only. Texts in responses (alert annotations,
// pause reasons, error messages) come from other systems; package
// cmd/internal/terminal makes them safe to print.
package client
