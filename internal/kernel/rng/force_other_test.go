//go:build !amd64 || purego

package rng

func forcePortable() func() { return func() {} }
