package nats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrNoObject means that the store does not have an object.
var ErrNoObject = errors.New("nats: object is not in the store")

// ErrObject means that what the store returned is not what its name says.
var ErrObject = errors.New("nats: object is damaged")

// Objects is a store of immutable files named by their SHA-256, such as executables. It lives in JetStream.
type Objects struct {
	e     *Endpoint
	store jetstream.ObjectStore
}

// An ObjectsConfig says how the store is made when it does not exist.
type ObjectsConfig struct {
	BytesMax int64         // of all objects, 16 GiB by default
	Replicas int           // 1 by default; on a cluster of servers 3 survive the loss of one
	MaxAge   time.Duration // after which an object is forgotten; 0 means never
}

// OpenObjects opens the store of the endpoint's cluster. With conf it is made if it does not exist, which only an endpoint in the
// server's process, or one with the permissions for it, can do.
func OpenObjects(ctx context.Context, e *Endpoint, conf *ObjectsConfig) (*Objects, error) {
	js, err := jetstream.New(e.nc)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	bucket := bucketName(e.conf.Cluster)
	store, err := js.ObjectStore(ctx, bucket)
	if conf != nil && errors.Is(err, jetstream.ErrBucketNotFound) {
		store, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: bucket, Description: "executables of sheaf", MaxBytes: positive(conf.BytesMax, 16<<30), Replicas: max(conf.Replicas, 1), TTL: conf.MaxAge,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("nats: object store %s: %w", bucket, explain(err))
	}
	return &Objects{e, store}, nil
}

func positive(n, otherwise int64) int64 {
	if n > 0 {
		return n
	}
	return otherwise
}

// requestTimeout is the time for one request to JetStream.
const requestTimeout = 10 * time.Second

// withDeadline gives a context the deadline that JetStream's calls want.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, 10*time.Minute)
}

// Has reports whether the store has an object.
func (o *Objects) Has(ctx context.Context, sum [32]byte) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err := o.store.GetInfo(ctx, hex.EncodeToString(sum[:]))
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("nats: %w", explain(err))
	}
	return true, nil
}

// Put stores what r has under its SHA-256, which the caller has computed; it is an error when it is another. An object that is there
// already is not read.
func (o *Objects) Put(ctx context.Context, sum [32]byte, r io.Reader) error {
	if has, err := o.Has(ctx, sum); has || err != nil {
		return err
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer o.e.denied.add("$O.", stop)() // otherwise it would wait for ever
	name := hex.EncodeToString(sum[:])
	check := &summed{r: r, h: sha256.New(), want: sum}
	if _, err := o.store.Put(ctx, jetstream.ObjectMeta{Name: name}, check); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("nats: store object %s: %w", name, explain(err))
	}
	return nil
}

// PutFile stores a file and returns its SHA-256.
func (o *Objects) PutFile(ctx context.Context, path string) (sum [32]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, fmt.Errorf("nats: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, fmt.Errorf("nats: %w", err)
	}
	h.Sum(sum[:0])
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return sum, fmt.Errorf("nats: %w", err)
	}
	return sum, o.Put(ctx, sum, f)
}

// Get returns an object. The last Read fails with [ErrObject] unless the bytes are those of the sum, so nothing must be made of them
// before the end.
func (o *Objects) Get(ctx context.Context, sum [32]byte) (io.ReadCloser, error) {
	name := hex.EncodeToString(sum[:])
	object, err := o.store.Get(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoObject, name)
	}
	if err != nil {
		return nil, fmt.Errorf("nats: object %s: %w", name, explain(err))
	}
	return struct {
		io.Reader
		io.Closer
	}{&summed{r: object, h: sha256.New(), want: sum}, object}, nil
}

// GetFile writes an object to a file that can be executed. Nothing stands under the name unless all of it is there and right; a file
// that is there already is taken for it if its bytes are.
func (o *Objects) GetFile(ctx context.Context, sum [32]byte, path string) (err error) {
	if have, err := sumFile(path); err == nil && have == sum {
		return nil
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	r, err := o.Get(ctx, sum)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	f, err := os.CreateTemp(filepath.Dir(path), ".object-*")
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := io.Copy(f, r); err != nil {
		return fmt.Errorf("nats: object %x: %w", sum, err)
	}
	if err := errors.Join(f.Chmod(0o755), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	return nil
}

func sumFile(path string) (sum [32]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// summed fails at the end of r if its bytes do not have the sum.
type summed struct {
	r    io.Reader
	h    hash.Hash
	want [32]byte
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.h.Write(p[:n])
	if err == io.EOF {
		if got := [32]byte(s.h.Sum(nil)); got != s.want {
			return n, fmt.Errorf("%w: its SHA-256 is %x, not %x", ErrObject, got, s.want)
		}
	}
	return n, err
}
