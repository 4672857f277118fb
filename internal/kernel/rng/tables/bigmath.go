package main

import "math/big"

// prec is the working precision in bits; the tables need 53.
const prec = 220

func bf(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }

func parse(s string) *big.Float {
	x, _, err := big.ParseFloat(s, 10, prec, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return x
}

func add(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(prec).Add(a, b) }
func sub(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(prec).Sub(a, b) }
func mul(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(prec).Mul(a, b) }
func div(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(prec).Quo(a, b) }
func sqrt(a *big.Float) *big.Float   { return new(big.Float).SetPrec(prec).Sqrt(a) }
func neg(a *big.Float) *big.Float    { return new(big.Float).SetPrec(prec).Neg(a) }

// exp returns e**x by halving the argument 40 times, the power series, and squaring back.
func exp(x *big.Float) *big.Float {
	const halvings = 40
	r := new(big.Float).SetPrec(prec+64).SetMantExp(x, -halvings)
	sum := new(big.Float).SetPrec(prec + 64).SetFloat64(1)
	term := new(big.Float).SetPrec(prec + 64).SetFloat64(1)
	for n := 1; n < 12; n++ {
		term.Mul(term, r)
		term.Quo(term, new(big.Float).SetPrec(prec+64).SetInt64(int64(n)))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum.SetPrec(prec)
}

// log returns the natural logarithm of x > 0 by Newton's iteration on exp.
func log(x *big.Float) *big.Float {
	y := bf(0)
	for range 9 { // from a distance below 6: linear first, then doubling of the digits
		e := exp(y)
		// Halley: y += 2 (x - e) / (x + e), cubic convergence.
		y = add(y, div(mul(bf(2), sub(x, e)), add(x, e)))
	}
	return y
}

// toFloat rounds to the nearest float64.
func toFloat(x *big.Float) float64 {
	f, _ := x.Float64()
	return f
}

// toFloat32 rounds to the nearest float32, once.
func toFloat32(x *big.Float) float32 {
	f, _ := x.Float32()
	return f
}
