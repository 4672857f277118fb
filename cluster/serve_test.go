package cluster

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// FuzzMemberDocument: whatever comes first on standard input, a program says what is wrong with it, or knows what to be.
func FuzzMemberDocument(f *testing.F) {
	for _, s := range []string{
		"", "\n", "{}\n", "null\n", `{"Version":1,"Name":"a","Agent":{}}` + "\n", `{"Version":1,"Name":"a","Scheduler":{},"Agent":{}}` + "\n",
		`{"Version":2,"Name":"a","Agent":{}}` + "\n", `{"Version":1,"Name":"../a","Scheduler":{"Listen":"0.0.0.0:1"}}` + "\n", `{"Version":1}`, "[1]\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := readMember(bufio.NewReader(bytes.NewReader(b)))
		if (d == nil) == (err == nil) {
			t.Fatalf("got %+v, %v", d, err)
		}
		if d != nil && (strings.ContainsAny(d.Name, "/.") || (d.Agent == nil) == (d.Scheduler == nil)) {
			t.Errorf("got %+v", d)
		}
	})
}

// TestMemberDocumentIsBounded: a line without an end is not read for ever.
func TestMemberDocumentIsBounded(t *testing.T) {
	r := &endless{}
	if _, err := readMember(bufio.NewReader(r)); err == nil || r.read > 2*memberBytesMax {
		t.Errorf("got %v after %d bytes", err, r.read)
	}
}

type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	e.read += len(b)
	return len(b), nil
}

// TestMemberAnswers: mistakes are in the answer, and who is gone is noticed.
func TestMemberAnswers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for want, doc := range map[string]string{
		"speaks version 1":   `{"Version":7}`,
		"two heartbeats":     `{"Version":1,"Name":"s","Scheduler":{"Heartbeat":2000000000,"Lost":1000000000}}`,
		"AgentConfig.URL":    `{"Version":1,"Name":"a","Agent":{}}`,
		"either a scheduler": `{"Version":1,"Name":"a"}`,
	} {
		var out bytes.Buffer
		in, hold := io.Pipe()
		go func() { _, _ = io.WriteString(hold, doc+"\n") }()
		err := beMember(ctx, in, &out)
		_ = in.Close()
		if text := out.String(); err == nil || !strings.Contains(text, memberMark) || !strings.Contains(text, want) {
			t.Errorf("got %q, %v, want %q", text, err, want)
		}
	}
	var out bytes.Buffer
	silent, quiet := io.Pipe()
	defer func() { _ = quiet.Close() }()
	go func() {
		_, _ = io.WriteString(quiet, `{"Version":1,"Name":"s","Scheduler":{"NoLog":true},"Lost":300000000}`+"\n")
	}()
	began := time.Now()
	if err := beMember(ctx, silent, &out); err != nil || time.Since(began) < 300*time.Millisecond || time.Since(began) > 20*time.Second || !strings.Contains(out.String(), `"URL":"nats://127`) {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestEachLine(t *testing.T) {
	var got []string
	long := strings.Repeat("x", 100<<10)
	eachLine(strings.NewReader("a\r\n\n"+long+"\nend"), func(line string) { got = append(got, line) })
	if len(got) != 5 || got[0] != "a" || got[1] != "" || got[2]+got[3] != long || got[4] != "end" {
		t.Errorf("got %d lines", len(got))
	}
}
