package client_test

import (
	"testing"

	"go.uber.org/goleak"

	"sheaf/client"
	"sheaf/client/clienttest"
)

func TestCoordLocal(t *testing.T) {
	defer goleak.VerifyNone(t)
	clienttest.RunCoord(t, func(t *testing.T, workers int) *client.Client {
		c, err := client.Local(t.Context(), client.Workers(workers))
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
