package array

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// staged is a file or directory that is written under a temporary name beside its own and gets that only when it is
// complete, so that a run that fails or is cancelled leaves nothing and readers never see a part.
type staged struct {
	op        string // for errors
	path      string
	temp      string
	overwrite bool
	dir       bool
	// replaceable reports why what exists must not be overwritten; nil: anything may.
	replaceable func(path string) error
}

func newStaged(op, path string, dir, overwrite bool) (*staged, error) {
	if path == "" {
		return nil, wrong(ErrValue, "the path is empty")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := "." + filepath.Base(abs) + "." + strconv.FormatUint(rand.Uint64(), 36)
	return &staged{op: op, path: abs, temp: filepath.Join(filepath.Dir(abs), name), overwrite: overwrite, dir: dir}, nil
}

// begin makes the directory under the temporary name, and reports what stands in the way before work is done.
func (s *staged) begin() error {
	if err := s.free(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o755); err != nil {
		return fmt.Errorf("array: %s: %w", s.op, err)
	}
	if !s.dir {
		return nil
	}
	if err := os.Mkdir(s.temp, 0o755); err != nil {
		return fmt.Errorf("array: %s: cannot write in %s: %w", s.op, filepath.Dir(s.path), err)
	}
	return nil
}

// free reports whether the name may be taken.
func (s *staged) free() error {
	info, err := os.Lstat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("array: %s: %w", s.op, err)
	case s.overwrite && info.IsDir() != s.dir:
		return wrong(fs.ErrExist, "array: %s: %s exists and is of another kind; it is not overwritten", s.op, s.path)
	case s.overwrite && s.replaceable != nil:
		return s.replaceable(s.path)
	case s.overwrite:
		return nil
	}
	return wrong(fs.ErrExist, "array: %s: %s exists; say array.Overwrite() to replace it", s.op, s.path)
}

// end gives what was written its name, or removes it if err is not nil, and returns the error of the run.
func (s *staged) end(_ context.Context, err error) error {
	if err == nil {
		err = s.publish()
	}
	if err != nil {
		return errors.Join(err, s.discard())
	}
	return nil
}

func (s *staged) publish() error {
	if err := s.free(); err != nil { // somebody else may have been faster
		return err
	}
	old := ""
	if _, err := os.Lstat(s.path); err == nil && s.dir {
		old = s.temp + ".old"
		if err := os.Rename(s.path, old); err != nil {
			return fmt.Errorf("array: %s: %w", s.op, err)
		}
	}
	if err := os.Rename(s.temp, s.path); err != nil {
		err = fmt.Errorf("array: %s: %w", s.op, err)
		if old != "" {
			err = errors.Join(err, os.Rename(old, s.path))
		}
		return err
	}
	if old != "" {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("array: %s: what was replaced is still there: %w", s.op, err)
		}
	}
	return nil
}

// discard removes what was written. A task that was told to stop may still be finishing a file.
func (s *staged) discard() error {
	var err error
	for range 20 {
		if err = os.RemoveAll(s.temp); err == nil {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("array: %s: %w", s.op, err)
}
