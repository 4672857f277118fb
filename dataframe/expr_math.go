//go:build cgo

package dataframe

// Abs is the distance from zero.
func (e Expr) Abs() Expr { return call("abs", e) }

// Sign is -1, 0 or 1.
func (e Expr) Sign() Expr { return call("sign", e) }

// Round rounds to so many decimals, halves to the even neighbour.
func (e Expr) Round(decimals int) Expr { return call("round", e, decimals) }

// Floor rounds down.
func (e Expr) Floor() Expr { return call("floor", e) }

// Ceil rounds up.
func (e Expr) Ceil() Expr { return call("ceil", e) }

// Trunc rounds towards zero.
func (e Expr) Trunc() Expr { return call("trunc", e) }

// Sqrt is the square root; NaN below zero.
func (e Expr) Sqrt() Expr { return call("sqrt", e) }

// Cbrt is the cube root.
func (e Expr) Cbrt() Expr { return call("cbrt", e) }

// Exp is the exponential function.
func (e Expr) Exp() Expr { return call("exp", e) }

// Expm1 is exp(e) - 1.
func (e Expr) Expm1() Expr { return call("expm1", e) }

// Log is the natural logarithm: -inf of zero, NaN below.
func (e Expr) Log() Expr { return call("log", e) }

// Log2 is the logarithm to base 2.
func (e Expr) Log2() Expr { return call("log2", e) }

// Log10 is the logarithm to base 10.
func (e Expr) Log10() Expr { return call("log10", e) }

// Log1p is log(1 + e).
func (e Expr) Log1p() Expr { return call("log1p", e) }

// Sin is the sine of radians.
func (e Expr) Sin() Expr { return call("sin", e) }

// Cos is the cosine of radians.
func (e Expr) Cos() Expr { return call("cos", e) }

// Tan is the tangent of radians.
func (e Expr) Tan() Expr { return call("tan", e) }

// Asin is the inverse of the sine, NaN outside of -1 to 1.
func (e Expr) Asin() Expr { return call("asin", e) }

// Acos is the inverse of the cosine, NaN outside of -1 to 1.
func (e Expr) Acos() Expr { return call("acos", e) }

// Atan is the inverse of the tangent.
func (e Expr) Atan() Expr { return call("atan", e) }

// Sinh is the hyperbolic sine.
func (e Expr) Sinh() Expr { return call("sinh", e) }

// Cosh is the hyperbolic cosine.
func (e Expr) Cosh() Expr { return call("cosh", e) }

// Tanh is the hyperbolic tangent.
func (e Expr) Tanh() Expr { return call("tanh", e) }

// Degrees converts radians to degrees.
func (e Expr) Degrees() Expr { return call("degrees", e) }

// Radians converts degrees to radians.
func (e Expr) Radians() Expr { return call("radians", e) }
