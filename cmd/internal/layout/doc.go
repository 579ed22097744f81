// Package layout holds the rules on what lies where in this module and which
// package may import which; its test checks them with go list.
//
// Lower packages know nothing of those above: rules stands alone, rules/generate
// and actions are built on rules and not on each other, the implementations of
// what actions needs are built on actions, and only programs put them together.
package layout
