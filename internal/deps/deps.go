//go:build deps

// Package deps keeps modules in go.mod whose first use is being written.
package deps

import (
	_ "github.com/apache/arrow-go/v18/arrow/flight"
	_ "github.com/nats-io/nats-server/v2/server"
	_ "github.com/nats-io/nats.go"
	_ "github.com/nats-io/nkeys"
	_ "golang.org/x/sys/unix"
	_ "google.golang.org/grpc"
)
