// Package atomicfile writes files that are there completely or not at all.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const bufferBytes = 64 << 10

// Write writes a file under a hidden name beside path, and gives it the mode and its name when all went well, in the place of one that is there.
// Otherwise nothing remains. What write writes is buffered.
func Write(path string, mode fs.FileMode, write func(w io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // its mode is 0600
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, bufferBytes)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Chmod(mode)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
