// Package ionos implements fleet.Cloud with the IONOS Cloud API v6.
//
// The provider's SDK encodes requests and decodes answers. An http.RoundTripper of this
// package under the SDK does the rest: it authenticates, limits the number of
// connections, keeps to the rate limit, repeats calls that may be repeated, and turns
// every answer other than a success into an error that says what to do.
package ionos
