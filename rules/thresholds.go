package rules

// Band is the range in which a workload, a ratio from 0 to 1, should stay.
type Band struct {
	Min float64 `yaml:"min"` // below: more than is needed
	Max float64 `yaml:"max"` // at or above: too little
}

// Middle is as far from too little as from too much.
func (b Band) Middle() float64 { return (b.Min + b.Max) / 2 }

// Thresholds are the bands of the two workloads, for each server and for the
// fleet's average.
type Thresholds struct {
	CPU    Band `yaml:"cpu"`
	Memory Band `yaml:"memory"`
}
