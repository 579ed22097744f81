// Package scalelite is the Balancer over Scalelite's own API, which exists
// since Scalelite 1.5.1 under /scalelite/api.
package scalelite
