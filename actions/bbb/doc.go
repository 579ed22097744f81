// Package bbb implements fleet.Meetings: it reads the running meetings from the API of
// each BigBlueButton server. Only this proves that a server is empty. Any reply that is
// not a complete and consistent answer of BigBlueButton is an error.
package bbb
