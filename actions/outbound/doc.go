// Package outbound holds what all clients of foreign HTTP APIs share: checks of
// their addresses, connections that are kept alive and bounded, certificates
// that are verified, bodies that have a greatest size, waits that grow with
// jitter, and metrics of every call. Redirects are never followed, so that
// credentials stay with the host that they were given for.
package outbound
