package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// An Executable is a program and its name by content.
type Executable struct {
	Path string
	Hash string // SHA-256 in hexadecimal
}

// seen remembers the hashes of files that have not changed since.
var seen = struct {
	mu     sync.Mutex // guards the map
	hashes map[string]fingerprint
}{hashes: map[string]fingerprint{}}

// A fingerprint is a file's identity (device and inode where there are such), size and time of change, and the hash it had.
type fingerprint struct {
	info os.FileInfo
	size int64
	time time.Time
	hash string
}

// seenMax bounds what is remembered.
const seenMax = 256

// HashOf returns the SHA-256 of a file's content in hexadecimal. It reads the file, about 1 GB/s, unless it is the same file, of the
// same size and time of change, as last time.
func HashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("agent: hashing an executable: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("agent: hashing an executable: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("agent: hashing %s: not a file", path)
	}
	seen.mu.Lock()
	was, ok := seen.hashes[path]
	seen.mu.Unlock()
	if ok && os.SameFile(was.info, info) && was.size == info.Size() && was.time.Equal(info.ModTime()) {
		return was.hash, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("agent: hashing %s: %w", path, err)
	}
	hash := hex.EncodeToString(h.Sum(nil))
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if len(seen.hashes) >= seenMax {
		clear(seen.hashes)
	}
	seen.hashes[path] = fingerprint{info, info.Size(), info.ModTime(), hash}
	return hash, nil
}

// Self returns the executable of this process. Where the system allows it (Linux) that is the very file that is running, even if
// it has been deleted or replaced on disk since; the path is then one that only this process can run.
func Self() (Executable, error) {
	path, running, err := runningFile()
	if err != nil {
		return Executable{}, fmt.Errorf("agent: finding the running executable: %w", err)
	}
	hash, err := HashOf(running)
	if err != nil {
		return Executable{}, err
	}
	if same(path, running) {
		return Executable{path, hash}, nil
	}
	return Executable{running, hash}, nil
}

// runningFile returns the path of this process's executable, and the path by which its content can be reached for certain.
func runningFile() (path, running string, err error) {
	path, err = os.Executable()
	if _, statErr := os.Stat(selfExe); statErr == nil {
		if err != nil {
			path = selfExe
		}
		return path, selfExe, nil
	}
	return path, path, err
}

// selfExe is the running executable on Linux.
const selfExe = "/proc/self/exe"

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// ParseHash reads a SHA-256 in hexadecimal, of either case. Its text form, which [HashOf] returns, has lower case.
func ParseHash(text string) (sum [sha256.Size]byte, err error) {
	if len(text) != 2*len(sum) {
		return sum, noHash(text)
	}
	if _, err := hex.Decode(sum[:], []byte(text)); err != nil {
		return [sha256.Size]byte{}, noHash(text)
	}
	return sum, nil
}

func noHash(text string) error {
	return fmt.Errorf("%q is no SHA-256, want %d hexadecimal digits", text, 2*sha256.Size)
}

// fileName says whether a name is the text form of a hash, which is that of its file.
func fileName(name string) bool {
	sum, err := ParseHash(name)
	return err == nil && hex.EncodeToString(sum[:]) == name
}

// private says whether nobody but this user can write to a directory.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "open", Path: filepath.Clean(dir), Err: fmt.Errorf("not a directory")}
	}
	return ownedOnlyByUs(dir, info)
}
