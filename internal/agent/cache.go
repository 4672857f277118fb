package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrHash says that an executable does not have the content it was named for.
var ErrHash = errors.New("the content does not have the hash it was asked for by")

const (
	partPrefix = "part-"
	partAge    = time.Hour // an unfinished file as old was left by a process that died
	usedSuffix = ".used"   // an empty file whose time is that of the last use
)

// A Cache keeps executables in a directory by the hash of their content. Several goroutines, and several processes, may use a
// directory at once: files appear whole, by renaming, and are checked before they are first used.
type Cache struct {
	dir        string
	bytesLimit int64

	mu   sync.Mutex // guards what follows
	busy map[string]*sync.Mutex
	held map[string]int // users of a file in this process
}

// OpenCache opens a directory, making it if it is not there. What nobody uses is removed, the longest unused first, when all
// is more than bytesLimit (4 GiB if that is not positive). The directory must be this user's and writable by nobody else:
// what is in it gets executed.
func OpenCache(dir string, bytesLimit int64) (*Cache, error) {
	if bytesLimit <= 0 {
		bytesLimit = 4 << 30
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("agent: the cache of executables: %w", err)
	}
	if err := private(dir); err != nil {
		return nil, fmt.Errorf("agent: the cache of executables: %w", err)
	}
	return &Cache{dir: dir, bytesLimit: bytesLimit, busy: map[string]*sync.Mutex{}, held: map[string]int{}}, nil
}

// shared has the caches of this process by directory: what one agent uses another one must not remove.
var shared = struct {
	mu     sync.Mutex // guards the map
	caches map[string]*Cache
}{caches: map[string]*Cache{}}

// sharedCache opens the cache of a directory, once in this process.
func sharedCache(dir string, bytesLimit int64) (*Cache, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("agent: the cache of executables: %w", err)
	}
	shared.mu.Lock()
	defer shared.mu.Unlock()
	c := shared.caches[dir]
	if _, err := os.Stat(dir); c != nil && err == nil {
		return c, nil
	}
	if c, err = OpenCache(dir, bytesLimit); err != nil {
		return nil, err
	}
	shared.caches[dir] = c
	return c, nil
}

// A Fetch returns the content of an executable of a hash.
type Fetch func(ctx context.Context, hash string) (io.ReadCloser, error)

// Get returns the path of the executable of a hash, fetching it if it is not there, and what to call when it is no longer used.
// It fails with [ErrHash] when what was fetched is something else.
func (c *Cache) Get(ctx context.Context, hash string, fetch Fetch) (path string, release func(), err error) {
	if !fileName(hash) {
		return "", nil, fmt.Errorf("agent: %w", noHash(hash))
	}
	c.mu.Lock()
	lock := c.busy[hash]
	if lock == nil {
		lock = &sync.Mutex{}
		c.busy[hash] = lock
	}
	c.held[hash]++
	c.mu.Unlock()
	release = sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.held[hash]--; c.held[hash] <= 0 {
			delete(c.held, hash)
		}
	})

	lock.Lock()
	defer lock.Unlock()
	path = filepath.Join(c.dir, hash)
	if got, err := HashOf(path); err == nil && got != hash {
		os.Remove(path) // a disk's error, or somebody's doing
	}
	if _, err := os.Stat(path); err != nil {
		if err := c.fetch(ctx, hash, path, fetch); err != nil {
			release()
			return "", nil, fmt.Errorf("agent: fetching executable %.12s…: %w", hash, err)
		}
	}
	c.touch(path)
	c.clean()
	return path, release, nil
}

// fetch writes an executable under another name and renames it when it is whole and right.
func (c *Cache) fetch(ctx context.Context, hash, path string, fetch Fetch) (err error) {
	if fetch == nil {
		return errors.New("it is not in the cache and there is nowhere to fetch it from")
	}
	src, err := fetch(ctx, hash)
	if err != nil {
		return err
	}
	defer src.Close()
	f, err := os.CreateTemp(c.dir, partPrefix+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, h), src); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != hash {
		return fmt.Errorf("%w: got %.12s…", ErrHash, got)
	}
	if err := f.Chmod(0o700); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// touch notes that a file was used. The file's own time stays, so that its hash need not be computed again.
func (c *Cache) touch(path string) {
	now := time.Now()
	if os.Chtimes(path+usedSuffix, now, now) != nil {
		if f, err := os.OpenFile(path+usedSuffix, os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			f.Close()
		}
	}
}

// clean removes what is too much, and what was never finished. A process that runs keeps its file even when the name is gone.
func (c *Cache) clean() {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	type file struct {
		hash  string
		bytes int64
		used  time.Time
	}
	var files []file
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		switch {
		case strings.HasPrefix(e.Name(), partPrefix) && time.Since(info.ModTime()) > partAge:
			os.Remove(filepath.Join(c.dir, e.Name()))
		case fileName(e.Name()):
			f := file{e.Name(), info.Size(), info.ModTime()}
			if used, err := os.Stat(filepath.Join(c.dir, e.Name()+usedSuffix)); err == nil {
				f.used = used.ModTime()
			}
			files = append(files, f)
			total += f.bytes
		}
	}
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range files {
		if total <= c.bytesLimit {
			return
		}
		if c.held[f.hash] > 0 {
			continue
		}
		if err := os.Remove(filepath.Join(c.dir, f.hash)); err == nil || errors.Is(err, fs.ErrNotExist) {
			os.Remove(filepath.Join(c.dir, f.hash+usedSuffix))
			total -= f.bytes
		}
	}
}
