package fleet

import "fmt"

// Cores is a number of virtual processor cores.
type Cores int

// MiB is an amount of RAM in mebibytes, which IONOS writes as "MB".
type MiB int

// Size is the cores and RAM of one server or of several together. A server is billed
// for its size while it is switched on.
type Size struct {
	Cores Cores `yaml:"cores" json:"cores"`
	RAM   MiB   `yaml:"ram_mib" json:"ram_mib"`
}

// String returns the size as "4 cores, 8192 MiB".
func (s Size) String() string { return fmt.Sprintf("%d cores, %d MiB", s.Cores, s.RAM) }

// Add returns the sum of s and t.
func (s Size) Add(t Size) Size { return Size{s.Cores + t.Cores, s.RAM + t.RAM} }

// Sub returns s minus t. Cores and RAM can be negative.
func (s Size) Sub(t Size) Size { return Size{s.Cores - t.Cores, s.RAM - t.RAM} }

// Times returns n times s.
func (s Size) Times(n int) Size { return Size{s.Cores * Cores(n), s.RAM * MiB(n)} }

// Max returns the larger cores and the larger RAM of s and t.
func (s Size) Max(t Size) Size { return Size{max(s.Cores, t.Cores), max(s.RAM, t.RAM)} }

// Fits reports whether neither cores nor RAM of s exceed limit.
func (s Size) Fits(limit Size) bool { return s.Cores <= limit.Cores && s.RAM <= limit.RAM }
