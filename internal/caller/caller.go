// Package caller finds the line of the user's program that called into sheaf, for error messages.
package caller

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Site returns "file.go:line" of the first caller outside of sheaf's own packages. It costs about a microsecond: call it
// when an error is made.
func Site() string {
	file, line := Frame()
	if file == "" {
		return "unknown"
	}
	return filepath.Base(file) + ":" + strconv.Itoa(line)
}

// Frame is [Site] with the whole path.
func Frame() (file string, line int) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Function != "" && !internal(f.Function, f.File) {
			return f.File, f.Line
		}
		if !more {
			return "", 0
		}
	}
}

// internal reports whether a function belongs to the library, whose programs and tests are users like others.
func internal(function, file string) bool {
	if strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "reflect.") {
		return true
	}
	if !strings.HasPrefix(function, "sheaf.") && !strings.HasPrefix(function, "sheaf/") {
		return false
	}
	for _, p := range []string{"sheaf/examples/", "sheaf/cmd/", "sheaf/bench", "sheaf/client/clienttest."} {
		if strings.HasPrefix(function, p) {
			return false
		}
	}
	return !strings.HasSuffix(file, "_test.go")
}
