package lower

import (
	"fmt"
	"strconv"
	"strings"
)

// Text writes a plan with one line per task, in the order in which one worker would run them:
//
//	0 x(0)
//	1 x(1)
//	2 sum <- 0 1 => output 0
//
// A task that is the next link of a linear chain, run in the same breath as its input, has an arrow with two shafts: "<=".
func Text(p *Plan) string {
	wanted := map[int32][]string{}
	for o, tasks := range p.Outputs {
		for _, i := range tasks {
			if w := wanted[i]; len(w) == 0 || w[len(w)-1] != strconv.Itoa(o) {
				wanted[i] = append(w, strconv.Itoa(o))
			}
		}
	}
	var b strings.Builder
	for i := range int32(p.N) {
		fmt.Fprintf(&b, "%d %s", i, taskText(p, i))
		for k, d := range p.Deps(i) {
			switch {
			case k == 0 && p.Next[d] == i:
				b.WriteString(" <= ")
			case k == 0:
				b.WriteString(" <- ")
			default:
				b.WriteByte(' ')
			}
			b.WriteString(strconv.Itoa(int(d)))
		}
		if w := wanted[i]; w != nil {
			b.WriteString(" => output " + strings.Join(w, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// taskText names a task by its layer and coordinates, without the token.
func taskText(p *Plan, i int32) string {
	k := p.Key(i)
	return k.Name + strings.TrimPrefix(k.String(), k.Name+"-"+k.Token.Short())
}
