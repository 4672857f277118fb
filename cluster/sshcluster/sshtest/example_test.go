package sshtest_test

import (
	"fmt"
	"os"
	"strings"

	"sheaf/cluster/sshcluster/sshtest"
)

func ExampleServer() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, err := sshtest.New(dir, "127.0.0.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	known, err := os.ReadFile(server.Known)
	fmt.Println(strings.HasPrefix(server.Host(), "127.0.0.1:"), strings.Contains(string(known), "ssh-ed25519"), err)
	// Output: true true <nil>
}
