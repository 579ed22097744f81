package rules

import "fmt"

// Band is the range in which a workload, a ratio from 0 to 1, should stay.
type Band struct {
	Min float64 `yaml:"min"` // below it, there is more capacity than needed
	Max float64 `yaml:"max"` // at or above it, there is too little capacity
}

// Thresholds are the bands of the two workloads. They apply to each server and
// to the average of the fleet.
type Thresholds struct {
	CPU    Band `yaml:"cpu"`
	Memory Band `yaml:"memory"`
}

// Validate returns what is wrong with the thresholds, each error beginning
// with its key's path.
func (t Thresholds) Validate() []error {
	return append(t.CPU.validate("thresholds.cpu"), t.Memory.validate("thresholds.memory")...)
}

func (b Band) validate(path string) []error {
	var errs []error
	check := func(ok bool, key string, value float64, allowed string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s.%s: %v: must be %s", path, key, value, allowed))
		}
	}
	check(b.Min > 0 && b.Min < 1, "min", b.Min, "above 0 and below 1")
	check(b.Max > 0 && b.Max < 1, "max", b.Max, "above 0 and below 1")
	check(!(b.Min >= b.Max), "min", b.Min, fmt.Sprintf("below %s.max, which is %v", path, b.Max))
	return errs
}

// LeastRoom is the share of a server's memory that always counts as room for people,
// however much idle memory the server has. With it, a server whose memory is nearly
// all in use has a high workload whoever uses it.
const LeastRoom = 0.2
