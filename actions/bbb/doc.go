// Package bbb asks BigBlueButton servers what meetings run on them, by their
// own API: the only proof that a server is empty. Whatever is not a clear
// answer of BigBlueButton is an error.
package bbb
