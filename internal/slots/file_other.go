//go:build unix && !linux

package slots

import "os"

func anonymous(size int64) (*os.File, error) { return unnamed(size) }
