package graph_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"sheaf/graph"
	"sheaf/internal/graphtest"
)

// TestText reads testdata/*.txt; -rewrite writes what is got into the files.
func TestText(t *testing.T) {
	datadriven.Walk(t, "testdata/text", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			g, err := graphtest.Parse(d.Input)
			if err != nil {
				return "error: " + err.Error()
			}
			switch d.Cmd {
			case "text":
				return graph.Text(g)
			case "fuse":
				return fused(t, g)
			case "dot":
				return picture(t, g, graph.DOT)
			case "svg":
				return outline(t, picture(t, g, func(w io.Writer, g graph.Graph) error { return graph.SVGBy("builtin", w, g) }))
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

// fused returns the text after fusion, having checked that the values are the same.
func fused(t *testing.T, g graph.Graph) string {
	f := graph.Fuse(g)
	want, err := graphtest.Evaluate(g)
	if err != nil {
		t.Fatal(err)
	}
	got, err := graphtest.Evaluate(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("got %d values, want %d", len(got), len(want))
	}
	for k := range got {
		if got[k] != want[k] {
			t.Fatalf("value %d: got %v, want %v", k, got[k], want[k])
		}
	}
	return graph.Text(f)
}

func picture(t *testing.T, g graph.Graph, draw func(io.Writer, graph.Graph) error) string {
	var b bytes.Buffer
	if err := draw(&b, g); err != nil {
		return "error: " + err.Error()
	}
	return token.ReplaceAllString(b.String(), "-…")
}

// token is a layer's identity within a drawing, which would change the files whenever the hash does.
var token = regexp.MustCompile(`-[0-9a-f]{8}\b`)

// outline says what an SVG shows, without places: its titles' first lines and the number of arrows.
func outline(t *testing.T, svg string) string {
	var b strings.Builder
	arrows, inTitle := 0, false
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, svg)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			inTitle = tok.Name.Local == "text"
			for _, a := range tok.Attr {
				if a.Name.Local == "marker-end" {
					arrows++
				}
			}
		case xml.CharData:
			if inTitle {
				b.WriteString(string(tok) + "\n")
			}
			inTitle = false
		}
	}
	return b.String() + "arrows: " + string(rune('0'+arrows%10)) + "\n"
}
