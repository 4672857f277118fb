package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// play is the main function of a copy of this binary that is no worker.
func play(role string) int {
	fmt.Fprintln(os.Stderr, "no such role:", role)
	return 2
}

func isSpill(name string) bool { return strings.HasPrefix(filepath.Base(name), "sheaf-spill-") }
