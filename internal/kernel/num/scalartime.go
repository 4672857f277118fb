package num

// Times are int64 with a smallest value that means "not a time" and makes every result so.

func addTime[T int64only](x, y T) T {
	if x == nat || y == nat {
		return nat
	}
	return x + y
}

func subTime[T int64only](x, y T) T {
	if x == nat || y == nat {
		return nat
	}
	return x - y
}

func mulTime[T int64only](x, y T) T {
	if x == nat || y == nat {
		return nat
	}
	return x * y
}

func floorDivTime[T int64only](x, y T) T {
	if x == nat || y == nat || y == 0 {
		return nat
	}
	return floorDivInt(x, y)
}

func floorModTime[T int64only](x, y T) T {
	if x == nat || y == nat || y == 0 {
		return nat
	}
	return floorModInt(x, y)
}

func minTime[T int64only](x, y T) T { return min(x, y) } // NaT is the smallest

func maxTime[T int64only](x, y T) T {
	if x == nat || y == nat {
		return nat
	}
	return max(x, y)
}

func fminTime[T int64only](x, y T) T {
	switch {
	case x == nat:
		return y
	case y == nat:
		return x
	}
	return min(x, y)
}

func fmaxTime[T int64only](x, y T) T { return max(x, y) }

func absTime[T int64only](x T) T {
	if x == nat || x >= 0 {
		return x
	}
	return -x
}

func signTime[T int64only](x T) T {
	if x == nat {
		return nat
	}
	return signInt(x)
}
