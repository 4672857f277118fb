package tlsconf_test

import (
	"fmt"
	"os"
	"path/filepath"

	"sheaf/internal/transport/tlsconf"
)

func ExampleGenerate() {
	dir, err := os.MkdirTemp("", "tls")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files, err := tlsconf.Generate(dir, "scheduler.example", "10.0.0.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = files.Server() // for the scheduler
	fmt.Println(err)
	_, err = tlsconf.Files{CA: filepath.Join(dir, "ca.pem")}.Client() // for those who connect
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
}
