package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"sheaf/internal/codec"
)

func Example() {
	type account struct {
		Name    string
		balance float64 // unexported fields travel too
		friends []*account
	}
	alice := &account{Name: "Alice", balance: 10}
	alice.friends = []*account{alice}

	data, err := codec.Marshal(alice)
	if err != nil {
		fmt.Println(err)
	}
	v, err := codec.Unmarshal(data)
	back := v.(*account)
	fmt.Println(back.Name, back.balance, back.friends[0] == back, err)

	_, err = codec.Marshal(map[string]any{"callback": make(chan int)})
	fmt.Println(err)
	// Output:
	// Alice 10 true <nil>
	// codec: map[string]interface {}["callback"].(chan int): cannot encode chan int: type has no encoding
}

func ExampleEncoder() {
	var file bytes.Buffer
	frame := codec.NewFrameWriter(&file)
	e := codec.NewEncoder(frame)
	for i := range 3 {
		if err := codec.EncodeTo(e, []int{i, i * i}); err != nil {
			fmt.Println(err)
		}
	}
	if err := frame.Close(); err != nil {
		fmt.Println(err)
	}

	d := codec.NewDecoder(codec.NewFrameReader(&file))
	for {
		v, err := codec.DecodeFrom[[]int](d)
		if errors.Is(err, io.EOF) {
			break
		}
		fmt.Println(v, err)
	}
	// Output:
	// [0 0] <nil>
	// [1 1] <nil>
	// [2 4] <nil>
}
