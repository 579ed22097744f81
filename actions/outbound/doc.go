// Package outbound has the common parts of the clients of other programs' HTTP APIs:
// connections that are kept alive and limited in number, verification of
// certificates, a limit on the size of answers, retries with exponential backoff
// and jitter, and metrics for every call. Redirects are never followed, so that
// credentials are sent only to the configured host.
package outbound
