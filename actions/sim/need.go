package sim

// size is cores and GiB of RAM, in parts of them.
type size struct{ cores, ram float64 }

// noteNeed adds what s would have cost in the hours if it had the size that its people
// need now, and if it had the largest of these since its start: at least its ServerSpec's
// size, and at most the size that it has. A need is the workload divided by
// Config.Overload.
func (w *World) noteNeed(s *server, hours float64, load Workload) {
	has := size{float64(s.size.Cores), float64(s.size.RAM) / 1024}
	least := size{float64(s.spec.Size.Cores), float64(s.spec.Size.RAM) / 1024}
	need := size{
		min(has.cores, max(least.cores, has.cores*load.CPU/w.cfg.Overload.CPU)),
		min(has.ram, max(least.ram, has.ram*load.Memory/w.cfg.Overload.Memory)),
	}
	s.most = size{min(has.cores, max(s.most.cores, need.cores)), min(has.ram, max(s.most.ram, need.ram))}
	w.figures.CostAtNeed += hours * w.cfg.Prices.Of(need.cores, need.ram)
	w.figures.CostAtPeak += hours * w.cfg.Prices.Of(s.most.cores, s.most.ram)
}
