package main

import (
	"io"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// worldNames lists the shipped worlds.
func worldNames() string { return strings.Join(world.Names(), ", ") }

// printWorld writes the file of a shipped world.
func printWorld(to io.Writer, name string) error {
	text, err := world.Text(name)
	if err != nil {
		return err
	}
	_, err = to.Write(text)
	return err
}
