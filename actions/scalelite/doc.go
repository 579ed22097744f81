// Package scalelite is the Balancer over Scalelite's own API. It works with
// Scalelite 1.5.1 or later, which has that API under /scalelite/api; an older one
// is told by its answers. Tags are read from Scalelite 1.6.0 on; before, no
// server has one.
package scalelite
