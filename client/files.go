package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sheaf"
	inside "sheaf/internal/task"
)

// Files are the uploaded files of a worker, or of a client in this process. Package cluster makes them for workers.
type Files struct {
	parent string
	turn   sync.Mutex // held while a file is put in its place

	mu      sync.Mutex // guards what follows
	dir     string     // empty until there is a file
	current map[string]*placed
	changed chan struct{} // closed when current changes
	closed  bool
}

// placed is the newest version of a file that has come.
type placed struct {
	version fileVersion
	path    string
	err     error  // why it is not there
	before  string // directory of the version before, whose readers may not be done
}

// fileVersion says which file of a name it is.
type fileVersion struct {
	Name   string
	Serial uint64 // a later upload of the same name has a higher one
	Sum    [sha256.Size]byte
	Bytes  int64
	Mode   fs.FileMode
	Dir    bool // the bytes are a directory in the form of tar
	Chunks int  // scattered values; 0 if the bytes are with the plugin
}

// chunks is the name under which a version's scattered values are published.
func (v *fileVersion) chunks() string { return fmt.Sprintf("%s%s/%d", filePrefix, v.Name, v.Serial) }

// NewFiles returns where a worker keeps the files that are uploaded to it: in a new directory in parent, made when the first one comes.
func NewFiles(parent string) *Files {
	return &Files{parent: parent, current: map[string]*placed{}, changed: make(chan struct{})}
}

// Close removes all files.
func (x *Files) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	if x.dir == "" {
		return nil
	}
	return os.RemoveAll(x.dir)
}

// filesPattern is the name of the directories; the process that has made one is in it.
const filesPattern = "sheaf-files-"

// home returns the directory, which it makes when there is none. Those that processes have left that were killed are removed.
func (x *Files) home() (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || x.dir != "" {
		return x.dir, closedError(x.closed)
	}
	parent := x.parent
	if parent == "" {
		parent = os.TempDir()
	}
	left, _ := os.ReadDir(parent)
	for _, d := range left {
		var pid int
		if _, err := fmt.Sscanf(d.Name(), filesPattern+"%d-", &pid); err == nil && dead(pid) {
			_ = os.RemoveAll(filepath.Join(parent, d.Name()))
		}
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", filesPattern, os.Getpid()))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	x.dir = dir
	return dir, err
}

func closedError(closed bool) error {
	if closed {
		return fmt.Errorf("the worker is %w", sheaf.ErrClosed)
	}
	return nil
}

// has reports whether a version, a later one, or one that is no other, is here.
func (x *Files) has(v *fileVersion) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.current[v.Name]
	if p == nil || p.err != nil {
		return false
	}
	if p.version.Serial < v.Serial && p.version.Sum == v.Sum && p.version.Dir == v.Dir && p.version.Mode == v.Mode {
		p.version = *v
	}
	return p.version.Serial >= v.Serial
}

// place writes a version, whose bytes read gives, and makes it the current one of its name. Who has opened the one before, or is about to, can go
// on; the one before that is removed.
func (x *Files) place(v fileVersion, read func(w io.Writer) error) error {
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.has(&v) {
		return nil
	}
	dir, err := x.home()
	path := ""
	if err == nil {
		dir = filepath.Join(dir, fmt.Sprintf("%d-%s", v.Serial, rand.Text()[:8]))
		path, err = writeVersion(dir, &v, read)
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		err = fmt.Errorf("client: the uploaded file %q: %w", v.Name, err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.current[v.Name]
	if err != nil && old != nil && old.err == nil {
		return err // the version before stays
	}
	p := &placed{version: v, path: path, err: err}
	if old != nil && old.err == nil {
		p.before = filepath.Dir(old.path)
		if old.before != "" {
			_ = os.RemoveAll(old.before)
		}
	}
	x.current[v.Name] = p
	close(x.changed)
	x.changed = make(chan struct{})
	return err
}

// writeVersion writes a version into a new directory and returns its path there. Nothing has the name before all of it is there.
func writeVersion(dir string, v *fileVersion, read func(w io.Writer) error) (string, error) {
	if err := checkFileName(v.Name); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	part := filepath.Join(dir, ".part")
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = read(io.MultiWriter(f, sum))
	n, _ := f.Seek(0, io.SeekCurrent) // how many bytes came
	switch {
	case err != nil:
	case n != v.Bytes || [sha256.Size]byte(sum.Sum(nil)) != v.Sum:
		err = fmt.Errorf("%d bytes came, which are not the %d that were sent: the checksums differ", n, v.Bytes)
	case v.Dir:
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			err = untar(f, part+"dir")
		}
	default:
		err = f.Chmod(v.Mode.Perm()&0o755 | 0o400)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	path := filepath.Join(dir, v.Name)
	if v.Dir {
		_ = os.Remove(part)
		part += "dir"
	}
	return path, os.Rename(part, path)
}

// drop removes the file of a name.
func (x *Files) drop(name string) {
	x.turn.Lock()
	defer x.turn.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.current[name]
	delete(x.current, name)
	if p != nil && p.path != "" {
		_ = os.RemoveAll(filepath.Dir(p.path))
	}
	if p != nil && p.before != "" {
		_ = os.RemoveAll(p.before)
	}
}

// look returns the file of a name, nil if there is none, and a channel that is closed when that changes.
func (x *Files) look(name string) (*placed, <-chan struct{}) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.current[name], x.changed
}

// checkFileName refuses names that are a path, or mean something to a file system.
func checkFileName(name string) error {
	switch {
	case name == "" || name == "." || name == ".." || len(name) > 200:
		return fmt.Errorf("the name %q: want one to 200 bytes, and not . or ..", name)
	case strings.ContainsAny(name, "/\\:\x00") || name[0] == '.' || !filepath.IsLocal(name):
		return fmt.Errorf("the name %q: want a plain name without / \\ and :, that does not begin with a dot", name)
	}
	return nil
}

// filesOf returns the files of the worker whose context it is, nil outside of workers.
func filesOf(ctx context.Context) *Files {
	switch e := sheaf.ExecutorOf(ctx).(type) {
	case *Client:
		return e.files
	case *deferred:
		return e.files
	}
	return nil
}

// uploadWait is how long a worker that has just joined is given until the files are there that were uploaded before.
const uploadWait = 2 * time.Minute

// UploadedFile returns the path of a file, or directory, that was given to all workers by [Client.UploadFile], [Client.UploadReader] or
// [Client.UploadDirectory], on the worker whose context is given: that of a task, of a function of [Client.Run], or of a [WorkerPlugin]. A
// name that was not uploaded is [ErrNotFound].
//
// The path stays good until the same name has been uploaded twice more. Do not write there.
func UploadedFile(ctx context.Context, name string) (string, error) {
	x := filesOf(ctx)
	if x == nil {
		return "", fmt.Errorf("client: UploadedFile(%q): %w", name, inside.ErrOutside)
	}
	var late <-chan time.Time
	for {
		p, changed := x.look(name)
		if p != nil {
			return p.path, p.err
		}
		if late == nil {
			if err := uploaded(ctx, name); err != nil {
				return "", err
			}
			late = time.After(uploadWait)
		}
		resume := inside.Block(ctx)
		select {
		case <-changed:
			resume()
		case <-ctx.Done():
			resume()
			return "", context.Cause(ctx)
		case <-late:
			resume()
			return "", fmt.Errorf("client: UploadedFile(%q): it did not come to this worker within %v", name, uploadWait)
		}
	}
}

// uploaded returns an error if a name was not uploaded.
func uploaded(ctx context.Context, name string) error {
	c, err := Current(ctx)
	if err != nil {
		return err
	}
	ok := false
	if c.link != nil {
		if ok, err = c.Variable[fileVersion](filePrefix + name).IsSet(ctx); err != nil {
			return err
		}
	}
	if !ok {
		return fmt.Errorf("client: UploadedFile(%q): no such file was uploaded: %w", name, ErrNotFound)
	}
	return nil
}
