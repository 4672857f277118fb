package nats

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"sheaf/internal/transport"
	"sheaf/internal/transport/transporttest"
)

// member joins as a peer for the length of the test.
func member(t *testing.T, conf Config) *Endpoint {
	t.Helper()
	e, err := Dial(t.Context(), conf, func(string, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestLog(t *testing.T) {
	transporttest.RunLog(t, func(t *testing.T) func() (transport.Log, error) {
		s := start(t, ServerConfig{Listen: "none", StoreDir: t.TempDir()})
		e := member(t, Config{Server: s, Name: "scheduler"})
		return func() (transport.Log, error) {
			l, err := OpenLog(t.Context(), e, LogConfig{Name: "main"})
			if err != nil {
				return nil, err
			}
			return l, nil
		}
	})
}

// TestLogSurvivesTheServer checks that the records are there when the server starts again.
func TestLogSurvivesTheServer(t *testing.T) {
	dir := t.TempDir()
	for life := range 3 {
		s, err := StartServer(t.Context(), ServerConfig{Listen: "none", StoreDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		e := member(t, Config{Server: s, Name: "scheduler"})
		l, err := OpenLog(t.Context(), e, LogConfig{Name: "main"})
		if err != nil || l.Next() != uint64(life+1) {
			t.Fatalf("life %d: next is %v, %v", life, l, err)
		}
		if _, err := l.Append(t.Context(), [][]byte{{byte(life)}}); err != nil {
			t.Fatal(err)
		}
		_ = e.Close()
		s.Close()
	}
}

// TestLogFaults: a second writer fences the first; what is missing or changed is noticed.
func TestLogFaults(t *testing.T) {
	s := start(t, ServerConfig{Listen: "none", StoreDir: t.TempDir()})
	e := member(t, Config{Server: s, Name: "scheduler"})
	open := func() *Log {
		t.Helper()
		l, err := OpenLog(t.Context(), e, LogConfig{Name: "main"})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	old := open()
	put := func(l *Log, text string) error {
		_, err := l.Append(t.Context(), [][]byte{[]byte(text)})
		return err
	}
	for range 5 {
		if err := put(old, "x"); err != nil {
			t.Fatal(err)
		}
	}
	successor := open()
	if err := put(successor, "y"); err != nil {
		t.Fatal(err)
	}
	if err := put(old, "z"); !errors.Is(err, ErrFenced) || !errors.Is(put(old, "z"), ErrFenced) {
		t.Errorf("got %v, want ErrFenced for ever", err)
	}
	replay := func() error { return open().Replay(t.Context(), 1, func(uint64, []byte) error { return nil }) }
	if err := replay(); err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(e.nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), successor.name)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if err := replay(); !errors.Is(err, transport.ErrLogGap) {
		t.Errorf("a deleted message: got %v, want ErrLogGap", err)
	}
	if _, err := js.Publish(t.Context(), successor.subject, []byte("SLG1 but damaged, long enough to have a header")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLog(t.Context(), e, LogConfig{Name: "main"}); !errors.Is(err, transport.ErrLogDamaged) {
		t.Errorf("a foreign message at the end: got %v, want ErrLogDamaged", err)
	}
}

func TestObjects(t *testing.T) {
	s := start(t, ServerConfig{StoreDir: t.TempDir(), Users: []User{
		{Peers: "client-*", Token: "c", PutObjects: true}, {Peers: "agent-*", Token: "a"},
	}})
	ctx := t.Context()
	urls := []string{s.URL()}
	if _, err := OpenObjects(ctx, member(t, Config{URLs: urls, Name: "agent-1", Token: "a"}), nil); err == nil {
		t.Error("a store that was not made could be opened")
	}
	if _, err := OpenObjects(ctx, member(t, Config{Server: s, Name: "scheduler"}), &ObjectsConfig{}); err != nil {
		t.Fatal(err)
	}
	client, err := OpenObjects(ctx, member(t, Config{URLs: urls, Name: "client-1", Token: "c"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	agent, err := OpenObjects(ctx, member(t, Config{URLs: urls, Name: "agent-2", Token: "a"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("executable "), 300_000)
	sum := sha256.Sum256(data)
	if has, err := agent.Has(ctx, sum); has || err != nil {
		t.Errorf("before: got %v, %v", has, err)
	}
	if _, err := agent.Get(ctx, sum); !errors.Is(err, ErrNoObject) {
		t.Errorf("before: got %v, want ErrNoObject", err)
	}
	dir := t.TempDir()
	exe := filepath.Join(dir, "exe")
	if err := os.WriteFile(exe, data, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again costs nothing
		if got, err := client.PutFile(ctx, exe); err != nil || got != sum {
			t.Fatalf("got %x, %v", got, err)
		}
	}
	fetched := filepath.Join(dir, "fetched")
	for range 2 {
		if err := agent.GetFile(ctx, sum, fetched); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(fetched)
	got, err2 := os.ReadFile(fetched)
	if err != nil || err2 != nil || !bytes.Equal(got, data) || info.Mode().Perm() != 0o755 {
		t.Errorf("got %d bytes with mode %v, %v %v", len(got), info.Mode(), err, err2)
	}
	// What is not what its name says is refused on the way in, and noticed on the way out.
	if err := client.Put(ctx, sha256.Sum256([]byte("other")), bytes.NewReader(data)); !errors.Is(err, ErrObject) {
		t.Errorf("put under a wrong name: got %v, want ErrObject", err)
	}
	other := sha256.Sum256([]byte("other"))
	if _, err := client.store.PutBytes(ctx, hex.EncodeToString(other[:]), []byte("forged")); err != nil {
		t.Fatal(err)
	}
	r, err := agent.Get(ctx, other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, ErrObject) {
		t.Errorf("a forged object: got %v, want ErrObject", err)
	}
	_ = r.Close()
	if err := agent.GetFile(ctx, other, filepath.Join(dir, "forged")); !errors.Is(err, ErrObject) {
		t.Errorf("a forged object: got %v, want ErrObject", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("got files %v, %v, want two", files, err)
	}
	// An agent may not write.
	text := []byte("evil")
	if err := agent.Put(ctx, sha256.Sum256(text), bytes.NewReader(text)); !errors.Is(err, transport.ErrAuth) {
		t.Errorf("an agent stored an executable, or %v", err)
	}
}
