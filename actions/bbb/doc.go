// Package bbb asks BigBlueButton servers for their meetings through their own API,
// which alone proves that a server is empty. Any reply that is not a complete and
// consistent answer of BigBlueButton is an error.
package bbb
