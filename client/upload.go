package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sheaf"
	"sheaf/internal/codec"
)

const (
	filePrefix     = "sheaf.file/" // of the names of what is kept on the cluster about files
	inlineBytesMax = 1 << 20       // of a file that stays with the scheduler
	chunkBytes     = 16 << 20      // of a scattered part of a larger one
	chunksAhead    = 4             // that are on their way at a time
	fileBytesMax   = 8 << 30
)

func init() {
	codec.RegisterTypeOf[fileVersion]()
	codec.RegisterTypeOf[*filePlugin]()
}

// UploadFile gives all workers a copy of a file, those that are there and those that come later, under the last element of its path.
// [UploadedFile] tells tasks where it is. Uploading the same name again replaces it, and tasks that read the former one go on. It returns when all
// workers have it.
//
// Go code need not be uploaded: workers run this executable. A file has at most 8 GiB. One of up to 1 MiB stays with the scheduler, larger ones on
// the workers as scattered values, of which workers that come later get their copy: should all workers die that hold a part, they cannot, and
// [UploadedFile] says so there.
//
// Same as Client.upload_file, for data.
func (c *Client) UploadFile(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("client: UploadFile: %w", err)
	}
	defer func() { _ = f.Close() }()
	i, err := f.Stat()
	if err != nil {
		return fmt.Errorf("client: UploadFile: %w", err)
	}
	if !i.Mode().IsRegular() {
		return fmt.Errorf("client: UploadFile(%q): it is no regular file; a directory is uploaded by UploadDirectory", path)
	}
	if i.Size() > fileBytesMax {
		return tooLarge(path, i.Size())
	}
	return c.upload(ctx, fileVersion{Name: filepath.Base(path), Mode: i.Mode()}, f)
}

// UploadReader is [Client.UploadFile] for what r gives until its end, under a name.
func (c *Client) UploadReader(ctx context.Context, name string, r io.Reader) error {
	return c.upload(ctx, fileVersion{Name: name, Mode: 0o600}, r)
}

// UploadDirectory is [Client.UploadFile] for a directory with everything in it: regular files and directories.
//
// Same as distributed.UploadDirectory.
func (c *Client) UploadDirectory(ctx context.Context, path string) error {
	full, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("client: UploadDirectory: %w", err)
	}
	if i, err := os.Stat(full); err != nil || !i.IsDir() {
		return fmt.Errorf("client: UploadDirectory(%q): %w", path, errors.Join(err, errNoDirectory))
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(tarOf(w, full)) }()
	defer func() { _ = r.Close() }()
	return c.upload(ctx, fileVersion{Name: filepath.Base(full), Mode: fs.ModeDir | 0o700, Dir: true}, r)
}

var errNoDirectory = errors.New("want a directory")

func tooLarge(name string, n int64) error {
	return fmt.Errorf("client: uploading %q: it has %d bytes or more, and at most %d can be: put it where all workers can read it", name, n, int64(fileBytesMax))
}

// RemoveFile takes an uploaded file, or directory, away from all workers. A name that was not uploaded is [ErrNotFound].
func (c *Client) RemoveFile(ctx context.Context, name string) error {
	if c.closed.Load() {
		return fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if c.link == nil {
		if p, _ := c.files.look(name); p == nil {
			return fmt.Errorf("client: RemoveFile(%q): %w", name, ErrNotFound)
		}
		c.files.drop(name)
		return nil
	}
	return c.Lock(filePrefix+name).Do(ctx, func(ctx context.Context) error {
		ref := c.Variable[fileVersion](filePrefix + name)
		old, ok, err := ref.TryGet(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("client: RemoveFile(%q): %w", name, ErrNotFound)
		}
		err = errors.Join(ref.Delete(ctx), c.UnregisterPlugin(ctx, filePrefix+name), c.unpublishChunks(ctx, &old))
		if _, ran := c.Run[any](ctx, dropFile, name); ran != nil && !errors.Is(ran, sheaf.ErrNoWorkers) {
			err = errors.Join(err, ran)
		}
		return err
	})
}

func dropFile(ctx context.Context, name string) error {
	if x := filesOf(ctx); x != nil {
		x.drop(name)
	}
	return nil
}

func (c *Client) unpublishChunks(ctx context.Context, v *fileVersion) error {
	if v.Chunks == 0 {
		return nil
	}
	return c.UnpublishDataset(ctx, v.chunks())
}

// upload gives a file to all workers. Uploads of one name follow each other.
func (c *Client) upload(ctx context.Context, v fileVersion, r io.Reader) error {
	if c.closed.Load() {
		return fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if err := checkFileName(v.Name); err != nil {
		return fmt.Errorf("client: uploading a file: %w", err)
	}
	if c.link == nil {
		return c.uploadHere(v, r)
	}
	return c.Lock(filePrefix+v.Name).Do(ctx, func(ctx context.Context) error {
		ref := c.Variable[fileVersion](filePrefix + v.Name)
		old, ok, err := ref.TryGet(ctx)
		if err != nil {
			return err
		}
		v.Serial = max(old.Serial+1, uint64(time.Now().UnixNano())) // also after the name was removed
		p := &filePlugin{}
		if p.Inline, err = c.send(ctx, &v, r); err != nil {
			return fmt.Errorf("client: uploading %q: %w", v.Name, err)
		}
		p.Version = v
		if err := ref.Set(ctx, v); err != nil {
			return err
		}
		if err := c.RegisterPlugin(ctx, filePrefix+v.Name, p); err != nil {
			return err
		}
		if ok {
			return c.unpublishChunks(ctx, &old)
		}
		return nil
	})
}

// uploadHere puts a file in its place in this process.
func (c *Client) uploadHere(v fileVersion, r io.Reader) error {
	f, err := os.CreateTemp(c.files.parent, "sheaf-upload-") // its checksum is to be known before
	if err != nil {
		return fmt.Errorf("client: uploading %q: %w", v.Name, err)
	}
	defer func() { _ = f.Close(); _ = os.Remove(f.Name()) }()
	sum := sha256.New()
	if v.Bytes, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, fileBytesMax+1)); err != nil {
		return fmt.Errorf("client: uploading %q: %w", v.Name, err)
	}
	if v.Bytes > fileBytesMax {
		return tooLarge(v.Name, v.Bytes)
	}
	v.Sum, v.Serial = [sha256.Size]byte(sum.Sum(nil)), c.uploads.Add(1)
	return c.files.place(v, func(w io.Writer) error {
		_, err := f.Seek(0, io.SeekStart)
		if err == nil {
			_, err = io.Copy(w, f)
		}
		return err
	})
}

// send brings a file's bytes to the cluster, and completes what is known of it. A small file is returned instead.
func (c *Client) send(ctx context.Context, v *fileVersion, r io.Reader) (inline []byte, err error) {
	sum := sha256.New()
	var parts []*Future[[]byte]
	defer func() {
		for _, f := range parts {
			f.Release()
		}
	}()
	for {
		size := chunkBytes
		if len(parts) == 0 {
			size = inlineBytesMax + 1 // to see whether it is small
		}
		b := make([]byte, size)
		n, err := io.ReadFull(r, b)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		b = b[:n]
		v.Bytes += int64(n)
		_, _ = sum.Write(b)
		if len(parts) == 0 && err != nil {
			v.Sum = [sha256.Size]byte(sum.Sum(nil))
			return b, nil
		}
		if v.Bytes > fileBytesMax {
			return nil, tooLarge(v.Name, v.Bytes)
		}
		if n > 0 {
			parts = append(parts, c.Scatter(b))
		}
		if err != nil {
			break
		}
		if k := len(parts) - chunksAhead; k >= 0 {
			if _, _, err := c.Wait(ctx, parts[k:k+1]); err != nil {
				return nil, err
			}
		}
	}
	if _, _, err := c.Wait(ctx, parts); err != nil {
		return nil, err
	}
	v.Sum, v.Chunks = [sha256.Size]byte(sum.Sum(nil)), len(parts)
	return nil, c.PublishDataset(ctx, v.chunks(), parts, Override())
}

// filePlugin puts a file in its place on each worker.
type filePlugin struct {
	Version fileVersion
	Inline  []byte
}

// Setup is [WorkerPlugin].
func (p *filePlugin) Setup(ctx context.Context) error {
	x := filesOf(ctx)
	if x == nil {
		return errors.New("client: this worker takes no files")
	}
	return x.place(p.Version, func(w io.Writer) error {
		if p.Version.Chunks == 0 {
			_, err := io.Copy(w, bytes.NewReader(p.Inline))
			return err
		}
		return p.fetch(ctx, w)
	})
}

// fetch writes the scattered values.
func (p *filePlugin) fetch(ctx context.Context, w io.Writer) error {
	c, err := Current(ctx)
	if err != nil {
		return err
	}
	parts, err := c.GetDataset[[]*Future[[]byte]](ctx, p.Version.chunks())
	if err != nil {
		return err
	}
	defer func() {
		for _, f := range parts {
			f.Release()
		}
	}()
	for _, f := range parts {
		b, err := f.Result(ctx)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			return err
		}
		f.Release()
	}
	return nil
}

// Teardown is [WorkerPlugin]. The file stays: the plugin may only make room for the next version.
func (p *filePlugin) Teardown(context.Context) error { return nil }
