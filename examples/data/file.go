package data

import (
	"bufio"
	"errors"
	"os"
)

// file is a buffered file that is written once from start to end.
type file struct {
	*bufio.Writer
	f *os.File
}

func createFile(path string) (*file, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &file{bufio.NewWriterSize(f, 1<<18), f}, nil
}

// close writes what is buffered and closes the file.
func (f *file) close() error { return errors.Join(f.Flush(), f.f.Close()) }
