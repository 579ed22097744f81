package fleet

import "fmt"

// Cores is a number of virtual processor cores.
type Cores int

// MiB is an amount of RAM in mebibytes. IONOS writes "MB" and means this.
type MiB int

// Size is what a server is billed for while it is switched on.
type Size struct {
	Cores Cores `yaml:"cores" json:"cores"`
	RAM   MiB   `yaml:"ram_mib" json:"ram_mib"`
}

// String returns the size as "4 cores, 8192 MiB".
func (s Size) String() string { return fmt.Sprintf("%d cores, %d MiB", s.Cores, s.RAM) }

// Add returns s and t together.
func (s Size) Add(t Size) Size { return Size{s.Cores + t.Cores, s.RAM + t.RAM} }

// Sub returns what s has beyond t; parts can be negative.
func (s Size) Sub(t Size) Size { return Size{s.Cores - t.Cores, s.RAM - t.RAM} }

// Max returns the greater of s and t in each part.
func (s Size) Max(t Size) Size { return Size{max(s.Cores, t.Cores), max(s.RAM, t.RAM)} }

// Fits reports whether s is within limit in both parts.
func (s Size) Fits(limit Size) bool { return s.Cores <= limit.Cores && s.RAM <= limit.RAM }
