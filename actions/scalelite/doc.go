// Package scalelite implements fleet.Balancer with Scalelite's own API. It needs
// Scalelite 1.5.1 or later, which has this API under /scalelite/api. The errors of an
// older version say so. Servers have tags since Scalelite 1.6.0.
package scalelite
