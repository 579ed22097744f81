package calibrate

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mat"
)

// term is one part of a sum to fit.
type term struct {
	key   string // in a world's file
	value func(w Window) float64
}

// Part is the fitted part of a term.
type Part struct {
	Key   string
	Value float64
	Error float64 // standard error, as if the windows were independent of each other
	// Untold says why the part cannot be told from the history; empty if it can.
	Untold string
}

// Fit is a sum that was fitted to windows.
type Fit struct {
	Parts    []Part
	Windows  int
	Residual float64 // root of the mean square of the errors
	R2       float64 // share of the variance that the sum explains, up to 1
}

// Shares of a term's variance that the terms before it must leave open. Below the first,
// the values of the term are those of the others; a term that does not vary at all has a
// variance below the second share of its square.
const (
	leastOwnVariance = 0.02
	leastVariance    = 1e-9
)

// fit fits the sum of the terms to the values y of the windows. The first term is the
// constant; of terms that vary only together, the first is kept.
func fit(windows []Window, terms []term, y func(Window) float64) Fit {
	m := momentsOf(windows, terms, y)
	kept, reasons := m.independent()
	parts, residual := m.leastSquares(kept)
	f := Fit{Windows: len(windows), Residual: math.Sqrt(residual / max(1, m.n))}
	if spread := m.yy - m.y[0]*m.y[0]/m.n; spread > 0 {
		f.R2 = 1 - residual/spread
	}
	for j, t := range terms {
		p := Part{Key: t.key, Untold: reasons[j]}
		if at, ok := parts[j]; ok {
			p.Value, p.Error = at.value, at.err
		}
		f.Parts = append(f.Parts, p)
	}
	return f
}

// moments are the sums of the products of all terms, and of terms and y: all that least
// squares need of any number of windows. Terms are divided by their scale.
type moments struct {
	n     float64
	x     *mat.SymDense
	y     []float64
	yy    float64
	scale []float64
}

func momentsOf(windows []Window, terms []term, y func(Window) float64) moments {
	k := len(terms)
	m := moments{n: float64(len(windows)), x: mat.NewSymDense(k, nil), y: make([]float64, k), scale: make([]float64, k)}
	for _, w := range windows {
		for j, t := range terms {
			m.scale[j] = max(m.scale[j], math.Abs(t.value(w)))
		}
	}
	row := make([]float64, k)
	for _, w := range windows {
		of := y(w)
		m.yy += of * of
		for j, t := range terms {
			if m.scale[j] > 0 {
				row[j] = t.value(w) / m.scale[j]
			}
			m.y[j] += row[j] * of
		}
		m.x.SymRankOne(m.x, 1, mat.NewVecDense(k, row))
	}
	return m
}

// independent returns the terms that can be told apart, and for each other one the
// reason why it cannot. With gonum's Cholesky decomposition, what the kept terms leave
// open of term j is x[j][j] − bᵀ·A⁻¹·b, for their products A and those with j, b.
func (m moments) independent() (kept []int, reasons []string) {
	reasons = make([]string, len(m.y))
	for j := range m.y {
		square := m.x.At(j, j)
		if j == 0 {
			kept = append(kept, j)
			continue
		}
		variance := square - m.x.At(0, j)*m.x.At(0, j)/m.n
		if variance <= leastVariance*square || square == 0 {
			reasons[j] = "it did not vary"
			continue
		}
		b := mat.NewVecDense(len(kept), nil)
		for i, k := range kept {
			b.SetVec(i, m.x.At(k, j))
		}
		var solved mat.VecDense
		if c, ok := m.cholesky(kept); ok && c.SolveVecTo(&solved, b) == nil && square-mat.Dot(b, &solved) >= leastOwnVariance*variance {
			kept = append(kept, j)
			continue
		}
		reasons[j] = "it varied only together with others"
	}
	return kept, reasons
}

// cholesky decomposes the products of the terms with these indices.
func (m moments) cholesky(of []int) (c mat.Cholesky, ok bool) {
	sub := mat.NewSymDense(len(of), nil)
	for i, a := range of {
		for j, b := range of[:i+1] {
			sub.SetSym(i, j, m.x.At(a, b))
		}
	}
	return c, c.Factorize(sub)
}

// estimate is the part of a term.
type estimate struct{ value, err float64 }

// leastSquares returns the parts of the kept terms that are nowhere negative and have the
// least sum of squares, and that sum. The optimum is the ordinary least squares of the
// terms whose parts are above 0 in it (Lawson, Hanson: Solving Least Squares Problems,
// chapter 23). There are few terms, so that all subsets are tried: gonum has no solver
// for non-negative least squares, and no other library that is kept has one.
func (m moments) leastSquares(kept []int) (best map[int]estimate, residual float64) {
	residual = math.Inf(1)
	for set := range uint(1) << len(kept) {
		of := make([]int, 0, bits.OnesCount(set))
		for i, j := range kept {
			if set&(1<<i) != 0 {
				of = append(of, j)
			}
		}
		if parts, left, ok := m.ordinary(of); ok && left < residual {
			best, residual = parts, left
		}
	}
	for _, j := range kept {
		if _, ok := best[j]; !ok {
			best[j] = estimate{} // at the limit
		}
	}
	return best, residual
}

// ordinary returns the ordinary least squares of some terms; ok is false if a part is
// negative.
func (m moments) ordinary(of []int) (parts map[int]estimate, residual float64, ok bool) {
	parts = map[int]estimate{}
	if len(of) == 0 {
		return parts, m.yy, true
	}
	b := mat.NewVecDense(len(of), nil)
	for i, j := range of {
		b.SetVec(i, m.y[j])
	}
	var solved mat.VecDense
	var inverse mat.SymDense
	c, ok := m.cholesky(of)
	if !ok || c.SolveVecTo(&solved, b) != nil || c.InverseTo(&inverse) != nil {
		return nil, 0, false
	}
	residual = max(0, m.yy-mat.Dot(b, &solved))
	variance := residual / max(1, m.n-float64(len(of)))
	for i, j := range of {
		if solved.AtVec(i) < 0 {
			return nil, 0, false
		}
		parts[j] = estimate{solved.AtVec(i) / m.scale[j], math.Sqrt(variance*inverse.At(i, i)) / m.scale[j]}
	}
	return parts, residual, true
}
