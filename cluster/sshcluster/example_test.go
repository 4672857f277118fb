//go:build unix

package sshcluster_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"sheaf/cluster/sshcluster"
	"sheaf/cluster/sshcluster/sshtest"
)

// Two hosts; here they are this machine. The program calls cluster.Init at the top of main (here TestMain does), and is copied to them.
func ExampleStart() {
	ctx := context.Background()
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
	c, err := sshcluster.Start(ctx, sshcluster.Config{
		Hosts: []string{server.Host(), server.Host()}, KeyFiles: []string{server.KeyFile}, KnownHosts: []string{server.Known},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	k, err := c.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer k.Close()
	fmt.Println(k.Submit[int](twice, 21).Result(ctx))
	// Output: 42 <nil>
}

func ExampleConfig() {
	_, err := sshcluster.Start(context.Background(), sshcluster.Config{
		Hosts: []string{"scheduler", "admin@node1:2222", "node2"}, InsecureHostKeys: true,
	})
	fmt.Println(strings.Contains(err.Error(), "InsecureHostKeys is for this machine alone"))
	// Output: true
}
