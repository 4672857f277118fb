//go:build !((cgo || openblas) && (linux || darwin) && (amd64 || arm64))

package blas

import "errors"

// open loads nothing: without C, loading libraries would make a static program depend on the system's, so that it is only done
// with the build tag openblas.
func open(string) (*library, error) {
	return nil, errors.New("this program was built without cgo and without the tag openblas, or for a system where it cannot be loaded")
}
