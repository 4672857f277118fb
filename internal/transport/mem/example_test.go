package mem_test

import (
	"fmt"

	"sheaf/internal/transport/mem"
)

func ExampleHub() {
	hub := mem.NewHub(mem.Config{})
	got := make(chan string)
	scheduler, _ := hub.Join("scheduler", func(from string, frame []byte) { got <- from + " says " + string(frame) })
	worker, _ := hub.Join("worker", func(string, []byte) {})
	defer func() { _, _ = scheduler.Close(), worker.Close() }()
	if err := worker.Send("scheduler", []byte("hello")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-got)
	// Output: worker says hello
}

func ExampleConfig() {
	hub := mem.NewHub(mem.Config{MaxFrame: 100})
	e, _ := hub.Join("a", func(string, []byte) {})
	defer func() { _ = e.Close() }()
	fmt.Println(e.Send("b", make([]byte, 101)))
	// Output: transport: frame is too large: 101 bytes, at most 100
}

func ExampleFaults() {
	hub := mem.NewHub(mem.Config{})
	hub.Set("a", "b", mem.Faults{Cut: true}) // a one-way partition
	a, _ := hub.Join("a", func(string, []byte) {})
	defer func() { _ = a.Close() }()
	fmt.Println(a.Send("b", []byte("never arrives")))
	// Output: <nil>
}
