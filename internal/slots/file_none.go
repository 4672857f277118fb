//go:build !unix && !windows

package slots

import (
	"errors"
	"os"
)

// There is no memory to share here.

func anonymous(int64) (*os.File, error) { return nil, errors.ErrUnsupported }

func mapShared(*os.File, int) ([]byte, func() error, error) { return nil, nil, errors.ErrUnsupported }
