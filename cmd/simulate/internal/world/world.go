// Package world reads the worlds of the simulation: files that say what servers hold
// and what people cause on them, how long the cloud takes and how it fails, how the
// balancer polls, and what servers cost.
package world

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// World is what the simulation assumes about everything but the meetings.
type World struct {
	Name     string // of the shipped world, or the path of the file
	About    string // one line for people
	Load     sim.LoadModel
	Cloud    sim.CloudConfig
	Balancer sim.BalancerConfig
	Prices   sim.Prices
	Faults   []string // as --fault takes them
}

// Default is the name of the world that is used if none is named.
const Default = "typical"

//go:embed worlds/*.yml
var shipped embed.FS

// Names returns the names of the shipped worlds, sorted.
func Names() []string {
	files, _ := fs.Glob(shipped, "worlds/*.yml") // the pattern is well-formed
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".yml")
	}
	return files
}

// Text returns the file of a shipped world. The error lists the names that exist.
func Text(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, refuse.Value("--world", name, "be one of %s, or a file that ends with .yml", strings.Join(Names(), ", "))
	}
	return shipped.ReadFile("worlds/" + name + ".yml")
}

// Read returns the shipped world of that name, or the world in the file of that path,
// which ends with .yml or .yaml. The error names the file, and each wrong key with what
// is allowed.
func Read(name string) (World, error) {
	if !isFile(name) {
		text, err := Text(name)
		if err != nil {
			return World{}, err
		}
		return parse(name, text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return World{}, fmt.Errorf("--world: %w", err)
	}
	return parse(name, text)
}

func isFile(name string) bool {
	return strings.ContainsAny(name, `/\`) || slices.Contains([]string{".yml", ".yaml"}, path.Ext(name))
}

// parse returns the world in a text.
func parse(name string, text []byte) (World, error) {
	f, errs := decode(text)
	if errs = append(errs, f.validate()...); len(errs) > 0 {
		return World{}, fmt.Errorf("world %s: %w", name, errors.Join(errs...))
	}
	w := f.world()
	w.Name = name
	return w, nil
}

// decode returns the values in a text. Keys that are not in it have the values of the
// shipped world that it extends, and these those of the default world.
func decode(text []byte) (file, []error) {
	var f, of file
	_ = config.Decode(text, &of) // its errors are those of the last layer
	layers := []string{Default}
	if of.Extends != "" {
		layers = append(layers, of.Extends)
	}
	for _, name := range layers {
		if !slices.Contains(Names(), name) {
			return f, []error{refuse.Value("extends", name, "be one of %s", strings.Join(Names(), ", "))}
		}
		base, _ := shipped.ReadFile("worlds/" + name + ".yml") // Names has it
		if errs := config.Decode(base, &f); errs != nil {
			return f, errs
		}
	}
	return f, config.Decode(text, &f)
}
