package diagnostics

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"sheaf/internal/atomicfile"
)

//go:embed report.html
var reportPage string

// A Report is something that [WriteHTML] can show: a [Profiler] or a [ResourceProfiler].
type Report interface{ addTo(d *reportData) }

// WriteHTML writes what profilers recorded into one HTML file that needs nothing else: when and on which worker every task ran
// (to zoom and pan; a million tasks are fine), the time per function, and the use of processors and memory, on one time axis.
// The file is there completely or not at all.
//
// Same as dask.diagnostics.visualize, and much of distributed's performance_report.
func WriteHTML(path string, reports ...Report) error {
	if err := atomicfile.Write(path, 0o644, func(w io.Writer) error { return EncodeHTML(w, reports...) }); err != nil {
		return fmt.Errorf("diagnostics: write html: %w", err)
	}
	return nil
}

// EncodeHTML is [WriteHTML] to a writer.
func EncodeHTML(w io.Writer, reports ...Report) error {
	d := newReportData()
	for _, r := range reports {
		r.addTo(d)
	}
	data, err := d.encode()
	if err != nil {
		return err
	}
	before, after, ok := strings.Cut(reportPage, "/*DATA*/")
	if !ok {
		return errors.New("the page has no place for the data")
	}
	for _, part := range []string{before, string(data), after} {
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	return nil
}
