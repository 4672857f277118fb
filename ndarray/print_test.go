package ndarray_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// loadGolden reads a compressed JSON file of testdata.
func loadGolden(t testing.TB, name string, into any) {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// npy decodes an array from a base64 .npy file.
func npy(t testing.TB, text string) *ndarray.Array {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ndarray.ReadNpy(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPrintGolden(t *testing.T) {
	var cases []struct{ Npy, Str, Repr string }
	loadGolden(t, "print.json.gz", &cases)
	if len(cases) < 170 {
		t.Fatalf("only %d cases", len(cases))
	}
	for i, c := range cases {
		a := npy(t, c.Npy)
		if got := a.String(); got != c.Str {
			t.Errorf("case %d, str of %v%v: got\n%s\nwant\n%s", i, a.DType(), a.Shape(), got, c.Str)
		}
		if got := a.Repr(); got != c.Repr {
			t.Errorf("case %d, repr of %v%v: got\n%s\nwant\n%s", i, a.DType(), a.Shape(), got, c.Repr)
		}
	}
}

func TestPrintOptions(t *testing.T) {
	a, err := ndarray.From([]float64{1.0 / 3, 2e-5})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		opts ndarray.PrintOptions
		want string
	}{
		{ndarray.PrintOptions{Precision: 3}, "[3.333e-01 2.000e-05]"},
		{ndarray.PrintOptions{Precision: 3, Suppress: true}, "[0.333 0.   ]"},
		{ndarray.PrintOptions{Precision: -1, Suppress: true}, "[0. 0.]"},
		{ndarray.PrintOptions{Threshold: 1, EdgeItems: 1}, "[3.33333333e-01 2.00000000e-05]"},
	} {
		if got := a.Text(c.opts); got != c.want {
			t.Errorf("%+v: got %s want %s", c.opts, got, c.want)
		}
	}
}

func ExampleArray() {
	x, err := ndarray.FromSlice([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(x)
	fmt.Println(x.T().Repr())
	col, err := x.Index(ndarray.All, -1)
	fmt.Println(col, err)
	_, err = x.Reshape(4, 2)
	fmt.Println(err)
	// Output:
	// [[1. 2. 3.]
	//  [4. 5. 6.]]
	// array([[1., 4.],
	//        [2., 5.],
	//        [3., 6.]])
	// [3. 6.] <nil>
	// ndarray: reshape (2, 3): 6 elements do not fit shape (4, 2)
}

func ExamplePrintOptions() {
	x, _ := ndarray.Full(dtype.Float64, 2.0/3, 2)
	fmt.Println(x.Text(ndarray.PrintOptions{Precision: 2}))
	// Output: [0.67 0.67]
}
