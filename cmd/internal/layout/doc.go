// Package layout holds the rules for the packages of this module and their imports;
// its test checks them with go list.
//
// A package imports only packages below it. Package rules imports none of this
// module; rules/generate and actions import rules but not each other; the
// implementations of the interfaces of actions import actions; only the commands
// import all of them.
package layout
