package archtest

import (
	"go/ast"
	"strings"
	"testing"
)

// pure lists the rooms that plan and decide: time, randomness and messages come in as arguments, effects go out as values.
var pure = []string{
	"internal/expr", "internal/lower", "internal/order", "internal/ready", "internal/scheduler", "internal/worker", "internal/wire", "internal/coord", "internal/link",
}

// worldly are the packages through which a program acts. Those below them are refused too.
var worldly = []string{"os", "net", "syscall", "io/ioutil", "log", "golang.org/x/sys", "math/rand"}

// clocks are the functions of package time that read or wait for the clock; durations and instants as values are fine.
var clocks = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true,
	"Tick": true, "NewTimer": true, "NewTicker": true,
}

// ownGenerator are the functions of math/rand/v2 that make a generator from a seed instead of using the global one.
var ownGenerator = map[string]bool{"New": true, "NewPCG": true, "NewChaCha8": true, "Rand": true, "Source": true, "PCG": true, "ChaCha8": true}

func TestPureRooms(t *testing.T) {
	for _, f := range source(t) {
		if !under(f.dir, pure...) {
			continue
		}
		for _, complaint := range impurities(f) {
			t.Error(complaint)
		}
	}
}

// impurities names every place at which the file touches the world.
func impurities(f sourceFile) (found []string) {
	for _, path := range f.imports() {
		if path != "math/rand/v2" && under(path, worldly...) {
			found = append(found, f.path+": a pure room imports "+path)
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, f.at(n)+": a pure room starts a goroutine")
		case *ast.SelectStmt, *ast.SendStmt:
			found = append(found, f.at(n)+": a pure room communicates over channels")
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok {
				break
			}
			switch {
			case pkg.Name == "time" && clocks[n.Sel.Name]:
				found = append(found, f.at(n)+": a pure room reads the clock with time."+n.Sel.Name)
			case pkg.Name == "rand" && !ownGenerator[n.Sel.Name]:
				found = append(found, f.at(n)+": a pure room uses the global generator with rand."+n.Sel.Name)
			}
		}
		return true
	})
	return found
}

// TestImpuritiesAreFound keeps the check itself honest.
func TestImpuritiesAreFound(t *testing.T) {
	const text = `package p
import ("net/http"; "time"; "math/rand/v2"; "os")
func f(ch chan int, d time.Duration) {
	go f(ch, d)
	_ = time.Now()
	_ = rand.IntN(3)
	_ = rand.New(rand.NewPCG(1, 2))
	ch <- 1
}`
	found := strings.Join(impurities(parseText(t, text)), "\n")
	for _, want := range []string{
		"imports net/http", "imports os", "p.go:4: a pure room starts", "p.go:5: a pure room reads", "p.go:6: a pure room uses", "p.go:8: a pure room communicates",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("got\n%s\nwant a complaint with %q", found, want)
		}
	}
	if n := strings.Count(found, "\n") + 1; n != 6 {
		t.Errorf("got %d complaints, want 6:\n%s", n, found)
	}
}
