// Package schedulerfile is how those who share a file system with a scheduler find it: it writes where it is, and they read it.
package schedulerfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"sheaf/internal/atomicfile"
)

// A File is what a scheduler says of itself.
type File struct {
	URL       string    `json:"url"`
	Dashboard string    `json:"dashboard,omitempty"`
	Cluster   string    `json:"cluster"`
	Token     string    `json:"token,omitempty"` // so only the user can read the file
	Host      string    `json:"host"`
	PID       int       `json:"pid"`
	Started   time.Time `json:"started"`

	path string // from which it was read
}

// String says who has written the file.
func (f *File) String() string {
	return fmt.Sprintf("process %d on %s, at %s", f.PID, f.Host, f.Started.Local().Format(time.DateTime))
}

// Explain adds to an error of who connects where the address is from: a file may be older than its scheduler's end. A nil file, of an address that
// is from none, adds nothing.
func (f *File) Explain(err error) error {
	if f == nil || err == nil {
		return err
	}
	return fmt.Errorf("%w (%s is from %s, written by %v)", err, f.URL, f.path, f)
}

// Write writes the file for the user's eyes only, in the place of one that is there. Who reads it sees all of it or nothing.
func (f *File) Write(path string) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(path, 0o600, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// Remove removes the file, unless it is another scheduler's by now.
func (f *File) Remove(path string) error {
	now, err := parse(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (now.PID != f.PID || now.Host != f.Host || !now.Started.Equal(f.Started)) {
		return nil
	}
	return os.Remove(path)
}

// Path returns the path in an address "file:PATH".
func Path(address string) (path string, ok bool) {
	path, ok = strings.CutPrefix(address, "file:")
	return strings.TrimPrefix(path, "//"), ok
}

// Read reads a file, and waits until it is there or ctx ends.
func Read(ctx context.Context, path string) (*File, error) {
	const often = 50 * time.Millisecond
	for {
		f, err := parse(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("no scheduler has written %s: %w", path, context.Cause(ctx))
		case <-time.After(often):
		}
	}
}

// fileMax is more than a scheduler writes.
const fileMax = 64 << 10

func parse(path string) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > fileMax:
		return nil, fmt.Errorf("%s is no scheduler's file", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path}
	if err := json.Unmarshal(b, f); err != nil || f.URL == "" {
		return nil, fmt.Errorf("%s is no scheduler's file: it has no URL in JSON", path)
	}
	return f, nil
}
