package rules

// Band is the range in which a workload, a ratio from 0 to 1, should stay.
type Band struct {
	Min float64 `yaml:"min"` // below: more than is needed
	Max float64 `yaml:"max"` // at or above: too little
}

// Thresholds are the bands of the two workloads, for each server and for the
// fleet's average.
type Thresholds struct {
	CPU    Band `yaml:"cpu"`
	Memory Band `yaml:"memory"`
}
