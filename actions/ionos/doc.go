// Package ionos is the Cloud of the IONOS Cloud API v6.
//
// The provider's SDK encodes and decodes; everything about the connection is
// our own: one http.RoundTripper under the SDK authenticates, bounds the
// connections, keeps to the rate limit, repeats what may be repeated, and turns
// every answer that is not a success into an error that tells what to do.
package ionos
