package main

import (
	"fmt"
	"strings"
)

// check returns a problem for every named thing that does not exist and for every row with only one half filled.
func check(tables []*table, s *source) (problems []string) {
	for _, t := range tables {
		seen := map[string]string{}
		for _, r := range t.rows {
			where := fmt.Sprintf("%s:%d: %s", t.path, r.line, r.name)
			say := func(format string, args ...any) {
				problems = append(problems, where+": "+fmt.Sprintf(format, args...))
			}
			if first, ok := seen[r.name]; ok {
				say("named twice, first at %s", first)
			}
			seen[r.name] = where
			if len(r.tier) != 1 || r.tier < "1" || r.tier > "4" {
				say("tier is %q, want 1 to 4", r.tier)
			}
			switch {
			case r.impl != "" && r.test == "":
				say("%s has no test", r.impl)
			case r.impl == "" && r.test != "":
				say("%s tests nothing that is named", r.test)
			}
			for id := range items(r.impl) {
				if err := s.find(id); err != nil {
					say("%v", err)
				}
			}
			for id := range items(r.test) {
				if err := s.findTest(id); err != nil {
					say("%v", err)
				}
			}
		}
	}
	return problems
}

// items walks over a comma-separated list.
func items(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(list, ",") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

// find looks for package.Name or package.Type.Member.
func (s *source) find(id string) error {
	p, rest, err := s.split(id)
	if err != nil {
		return err
	}
	typ, member, ok := strings.Cut(rest, ".")
	switch {
	case !p.names[typ]:
		return fmt.Errorf("%s: the package declares no %s", id, typ)
	case ok && !s.hasMember(p, typ, member, 0):
		return fmt.Errorf("%s: %s has no method or field %s", id, typ, member)
	}
	return nil
}

// findTest looks for package.TestName; a subtest after a slash is taken on trust.
func (s *source) findTest(id string) error {
	p, name, err := s.split(id)
	if err != nil {
		return err
	}
	name, _, _ = strings.Cut(name, "/")
	if !p.tests[name] {
		return fmt.Errorf("%s: the package has no test %s", id, name)
	}
	return nil
}

// split separates the package, a directory or a name that is unique in the module, from what it declares.
func (s *source) split(id string) (*declared, string, error) {
	head := 0 // dots in directories come before the last slash, and the ones of subtests after it
	if name, _, ok := strings.Cut(id, "/Test"); ok {
		head = strings.LastIndexByte(name, '/') + 1
	} else if path, _, ok := strings.Cut(id, "."); ok {
		head = strings.LastIndexByte(path, '/') + 1
	}
	dot := strings.IndexByte(id[head:], '.')
	if dot < 0 {
		return nil, "", fmt.Errorf("%s: want package.Name or package.Type.Method", id)
	}
	pkg, rest := id[:head+dot], id[head+dot+1:]
	if p, ok := s.packages[pkg]; ok {
		return p, rest, nil
	}
	switch dirs := s.byName[pkg]; len(dirs) {
	case 0:
		return nil, "", fmt.Errorf("%s: no package %s", id, pkg)
	case 1:
		return s.packages[dirs[0]], rest, nil
	default:
		return nil, "", fmt.Errorf("%s: package %s may be %s; write the directory", id, pkg, strings.Join(dirs, " or "))
	}
}

// hasMember looks in the type and in what it embeds.
func (s *source) hasMember(p *declared, typ, member string, depth int) bool {
	if p.members[typ][member] {
		return true
	}
	if depth > 8 { // types may embed each other through pointers
		return false
	}
	for _, e := range p.embeds[typ] {
		q, name := p, e
		if pkg, rest, ok := strings.Cut(e, "."); ok {
			dirs := s.byName[pkg]
			if len(dirs) != 1 {
				continue
			}
			q, name = s.packages[dirs[0]], rest
		}
		if s.hasMember(q, name, member, depth+1) {
			return true
		}
	}
	return false
}
