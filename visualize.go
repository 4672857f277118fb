package sheaf

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"sheaf/graph"
	"sheaf/internal/atomicfile"
	"sheaf/internal/config"
)

// Visualize draws the tasks of collections into a file: Graphviz text if its name ends in .dot, a picture if it ends in .svg,
// and both, with these endings, if it has none. Up to 200 tasks are drawn one by one, more by layer with their number.
//
// Pictures are made by the dot program where that is installed, otherwise by a layout of sheaf's own; the configuration's
// visualization.engine chooses. The file is there completely or not at all. Nothing is computed.
//
// Same as dask.visualize, without its other formats and colour options.
func Visualize(path string, cs ...Collection) error {
	gs, err := plan(Place{}, cs...)
	if err != nil {
		return err
	}
	var all graph.Graph
	for _, g := range gs {
		all.Outputs = append(all.Outputs, g.Outputs...)
	}
	switch ext := filepath.Ext(path); ext {
	case ".dot", ".gv":
		return drawTo(path, all, graph.DOT)
	case ".svg":
		return drawTo(path, all, drawSVG)
	case "":
		if err := drawTo(path+".dot", all, graph.DOT); err != nil {
			return err
		}
		return drawTo(path+".svg", all, drawSVG)
	default:
		return fmt.Errorf("sheaf: visualize: %s: the ending %s is not known; use .svg, .dot or none for both", path, ext)
	}
}

func drawSVG(w io.Writer, g graph.Graph) error {
	engine, err := config.VisualizationEngine.Get(context.Background())
	if err != nil {
		return err
	}
	return graph.SVGBy(engine, w, g)
}

// drawTo writes a drawing next to its place and then moves it there.
func drawTo(path string, g graph.Graph, draw func(io.Writer, graph.Graph) error) error {
	if err := atomicfile.Write(path, 0o644, func(w io.Writer) error { return draw(w, g) }); err != nil {
		return fmt.Errorf("sheaf: visualize: %w", err)
	}
	return nil
}
