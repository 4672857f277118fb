package blas

//go:generate go run ./asmgen
